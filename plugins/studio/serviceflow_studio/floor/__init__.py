"""One attendance on the shooting floor, station by station. Source: studio.md section 4.3."""
