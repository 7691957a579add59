"""Compares a project's own code on two sides: its tests, one of its callables, or a whole program, by turns."""
