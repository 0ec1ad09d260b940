"""The nine flows of the branch. Source: brokerage.md section 4."""
