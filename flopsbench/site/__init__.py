"""Builds the registry as a static site: Entries become boards and histories, these become pages in two languages."""
