"""New-home property sales (售楼)."""
