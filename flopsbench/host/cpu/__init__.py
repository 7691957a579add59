"""Finds out what a measurement needs to know of the processor: its cores, its name, what it is as a device."""
