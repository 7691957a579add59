"""Checks whether one document is sound; the code of a finding begins with the name of the module that yields it."""
