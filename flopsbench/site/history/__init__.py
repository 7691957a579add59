"""Renders a history as static pages: ``flopsbench track page``."""
