"""A securities branch: segmentation, service, suitability, partners. Source: brokerage.md."""
