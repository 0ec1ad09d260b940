"""Documents: numbered, versioned snapshots of facts, shown as self-contained HTML that prints.

Source: capabilities.md rows 68 and 69.
"""
