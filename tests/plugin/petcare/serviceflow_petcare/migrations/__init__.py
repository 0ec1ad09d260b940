"""Revisions of the trade's tables."""
