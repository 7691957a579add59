"""Holds the texts that users read in English and Chinese, and translates the sentences of documents."""
