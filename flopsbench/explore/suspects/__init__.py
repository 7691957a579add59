"""Suspects what may hold a case down, by what is known of it: each file one kind of cause, and the change to try."""
