"""Dividing clients by rules: fields, rule files, dated runs and why a client stands where he does."""
