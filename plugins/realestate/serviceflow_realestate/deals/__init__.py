"""Deal arithmetic: pure, exact, rounded once. Money in fen, percents in hundredths of a percent, areas in 1/100 m²."""
