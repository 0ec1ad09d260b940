"""Research: who writes what, notes that a second person has read, pushes to subscribers. Source: brokerage.md 5.14."""
