"""Reads what the kernel tells: its settings, its counters, and the NVIDIA boards and drivers that it knows."""
