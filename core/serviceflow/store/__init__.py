"""Where rows live: SQLite file or PostgreSQL, written through SQLModel, read through views."""
