"""One module per page of ``docs/reference``; each has ``page() -> str`` and reads the code, never a list of its own."""
