"""Compares rates with earlier ones: two Results, two sides of an A/B, a history, a test suite, and the noise of all."""
