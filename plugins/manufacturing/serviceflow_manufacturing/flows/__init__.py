"""The ten flows of the factory. Source: manufacturing.md section 4."""
