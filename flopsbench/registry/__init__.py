"""Keeps the shared registry of Results: where its files lie, how one is contributed, and how all are validated."""
