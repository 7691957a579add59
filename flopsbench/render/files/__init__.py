"""Writes comparisons and findings in the formats of other programs: Markdown, JUnit XML, annotations of GitHub."""
