"""Defines the document of a run, the Result: its types, bytes, names, place in a folder and consistency."""
