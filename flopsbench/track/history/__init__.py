"""Keeps a history of Results and finds where the level of a case changed: ``flopsbench track``."""
