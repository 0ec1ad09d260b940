"""A flow as plain data: its model, the check on load, its drawing."""
