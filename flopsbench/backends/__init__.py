"""Holds the built-in backends: the array libraries whose GEMM is measured."""
