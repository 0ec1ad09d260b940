"""Production, checks, rework and handing the pieces over, counted one by one."""
