"""Draws charts as plain text, as SVG and, where matplotlib is installed, as pictures."""
