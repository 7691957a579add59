"""Runs the command line, for the program ``flopsbench`` and for ``python -m flopsbench``."""

import sys


def main() -> None:
    """Run the command of ``sys.argv``; an interruption while it is still being loaded is told as any other."""
    try:
        from flopsbench.cli import main as run

        run()
    except KeyboardInterrupt:
        if sys.stderr:
            sys.stderr.write("flopsbench: interrupted\n")
        sys.exit(130)


if __name__ == "__main__":
    main()
