"""What goes wrong, told on standard error under the program's name."""

from __future__ import annotations

import sys

from flopsbench.printable import printable


def complain(sentence: object) -> None:
    """Print it; nothing that a file or its name holds reaches the terminal as a command."""
    print("flopsbench:", "\n".join(map(printable, str(sentence).splitlines())), file=sys.stderr)
