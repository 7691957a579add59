"""Is it slower than before? Two things compared, a history watched, and what this machine can tell at all."""
