"""Reads sensors and counters beside the timed blocks, the CPU's and a GPU's, and tells why there is no GPU to read."""
