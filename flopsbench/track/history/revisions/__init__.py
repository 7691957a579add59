"""Measures past commits of a project: to fill its history, and to find the commit that changed a level."""
