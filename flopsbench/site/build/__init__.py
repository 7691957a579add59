"""Builds the folder of the static site incrementally, with several processes, and serves it."""
