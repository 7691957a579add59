"""Collects from the Results of the registry what each page of the site shows."""
