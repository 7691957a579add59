"""Holds the first part: what a GPU, its libraries and its sensors do, a topic per module."""
