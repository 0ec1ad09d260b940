"""Shoot dates: booking, moving, losing them; the session itself is in `floor`."""
