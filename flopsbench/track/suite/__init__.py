"""Measures callables in a pytest session and holds them against a baseline, for the pytest plugin."""
