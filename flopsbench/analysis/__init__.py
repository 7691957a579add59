"""Computes from the blocks of a Result what its reader sees: rates, limits, grades, headlines and advice."""
