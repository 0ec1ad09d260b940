"""After the last piece: letters, complaints, referrals. Source: studio.md sections 4.2, 4.4, 4.5."""
