"""Sprouts: a trade for serviceflow."""
