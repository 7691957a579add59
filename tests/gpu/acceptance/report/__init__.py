"""Holds what is written and read of a report: its lines, its guesses, its summary."""
