"""Measures the ceiling of a CPU: how fast its cores multiply and add when memory plays no part."""
