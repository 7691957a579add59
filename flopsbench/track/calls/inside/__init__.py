"""Runs in the process of one side, where the project is imported: its tests and callables are measured there."""
