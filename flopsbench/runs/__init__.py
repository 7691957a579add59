"""Runs a request from the options to the Result: plans the cases, starts workers and gathers what they report."""
