"""Holds the sourced figures about chips: datasheet peaks, operations per clock, first architectures."""
