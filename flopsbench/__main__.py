"""Runs the command line for ``python -m flopsbench``."""

from flopsbench.cli import main

if __name__ == "__main__":
    main()
