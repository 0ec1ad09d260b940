"""How trades join the house: hook specs, finding, guarded loading, asking in fixed order."""
