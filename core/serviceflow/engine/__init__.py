"""What moves an order: one action in one transaction, its effects, limits, sign-offs, operations."""
