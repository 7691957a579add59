"""Measures one case in a worker process: prepares it, decides when to stop, and times its blocks."""
