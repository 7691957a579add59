"""Finds what makes this machine noisy, and the commands that would change it; it only reads."""
