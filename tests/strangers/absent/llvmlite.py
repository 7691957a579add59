"""Stands for a library that is not installed: the machine's ceiling, which takes time, is then not measured."""

raise ImportError("no llvmlite here")
