"""Bounds what a worker may do to its parent: the processes it leaves, the time it takes, the words it says."""
