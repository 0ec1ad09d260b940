"""Fixtures of all tests; the shared ones come from `serviceflow.testing.fixtures`."""

pytest_plugins = ["serviceflow.testing.fixtures"]
