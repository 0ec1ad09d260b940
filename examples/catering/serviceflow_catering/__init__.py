"""Restaurants: from the booking over the table to the guest who comes again."""
