"""From the deposit to a shoot date: the pack, the urging register, offers, payments, cancelling."""
