"""Holds the texts that users read in English and Chinese, and the sentences that are said in both."""
