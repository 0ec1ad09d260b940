"""A boarding house for pets: a small trade that uses every part of the flow model."""
