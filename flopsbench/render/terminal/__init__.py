"""Prints each screen of the command line as rich text, one module per screen."""
