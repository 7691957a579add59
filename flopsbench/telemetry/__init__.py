"""Reads sensors and counters beside the timed blocks: the CPU's, and a GPU's through NVML."""
