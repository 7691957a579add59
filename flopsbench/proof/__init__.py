"""Proves, after timing, that the product is right and was computed in the precision that its name claims."""
