"""Campaigns with a way back for the client and a control group. Source: brokerage.md section 5.7."""
