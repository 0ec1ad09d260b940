"""Reminders: what was planned is released, handed over once, and explained, whatever happens to the machine."""
