"""Holds what commands of flopsbench and pytest measure: rates, turns of two sides, a Result for the registry."""
