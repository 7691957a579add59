"""Turns Results, Comparisons, findings and histories into output: terminal text, files, charts and HTML."""
