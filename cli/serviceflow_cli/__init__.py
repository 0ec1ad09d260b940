"""The command ``flow``. `main` runs a line, `lazy` finds its command, `session` opens the shop, `out` prints."""
