"""The shared registry: is a document sound, how is one contributed, and the pages that show them all."""
