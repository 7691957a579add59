"""Describes the machine and runs git: the only folder that opens files below /proc and /sys, or starts git."""
