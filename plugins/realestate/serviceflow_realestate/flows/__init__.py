"""The eighteen flows. Source: realestate.md section 4."""
