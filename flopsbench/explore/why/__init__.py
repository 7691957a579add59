"""Finds by experiment why a case is slow: what may hold it down is changed, beside processes in which nothing is."""
