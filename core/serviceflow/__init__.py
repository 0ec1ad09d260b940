"""Customers of any trade, carried through the steps of a service. Plugins import `serviceflow.api`."""

__version__ = "0.1.0"
