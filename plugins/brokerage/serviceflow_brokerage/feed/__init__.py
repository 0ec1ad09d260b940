"""Files of the back office: read, checked, loaded as batches, taken back. Source: brokerage.md section 5.13."""
