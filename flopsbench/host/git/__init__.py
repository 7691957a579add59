"""Asks git about a checkout without running anything of it, and brings a commit into one."""
