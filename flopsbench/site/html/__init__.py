"""Renders the pages of the site, and its downloads, from the models and the templates."""
