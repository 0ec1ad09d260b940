"""From the door to the deposit, and winning back those who left. Source: studio.md section 4.2."""
