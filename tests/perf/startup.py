"""How long ``flopsbench --help`` takes beside ``python -c "import typer"``: at most 3 x is asked for.

python -m tests.perf.startup [--rounds 20]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from statistics import median

COMMANDS = {
    "import typer": [sys.executable, "-c", "import typer"],
    "flopsbench --help": [sys.executable, "-m", "flopsbench", "--help"],
}


def seconds(command: list[str]) -> float:
    """Wall time of one fresh process."""
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - start


def main() -> None:
    """Interleave the two and print both medians and the median ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    rounds = [{name: seconds(command) for name, command in COMMANDS.items()} for _ in range(parser.parse_args().rounds)]
    for name in COMMANDS:
        print(f"{name}: {median(each[name] for each in rounds):.3f} s")
    ratio = median(each["flopsbench --help"] / each["import typer"] for each in rounds)
    print(f"ratio: {ratio:.2f}")


if __name__ == "__main__":
    main()
