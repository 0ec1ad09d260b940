"""What `flow show` shows: one module per kind of thing."""
