"""Viewing and selecting: three passes, extras, the signed production list and its three hours."""
