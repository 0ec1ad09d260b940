"""Beauty salons: sessions, packages of sessions, and what a skin may get."""
