"""Reads what the Linux kernel tells of its settings, and what it counts."""
