"""Compares two sides on one machine by pairs of processes that take turns: ``flopsbench ab``."""
