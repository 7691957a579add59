"""Settles, on the day a GPU is there, what flopsbench only guesses about GPUs: `python -m tests.gpu.acceptance`."""
