"""Explores a machine beyond one run: why a rate is low, by experiment."""
