"""Does not compute every launch of a block."""

import numpy as np

from tests.strangers.cheats.frames import asker, place_in_block

space = "numpy"


def counted(problem, device):
    """Honest: counts its launches."""
    seen = []

    def launch(a, b, c):
        np.matmul(a, b, out=c)
        seen.append(None)
        del seen[:-100]

    return launch


def where(chosen):
    """A kernel that computes those launches of a block that are chosen by their place and the block's length."""

    def prepare(problem, device):
        def launch(a, b, c):
            if asker() != "time" or chosen(*place_in_block()):
                np.matmul(a, b, out=c)

        return launch

    return prepare


only_last = where(lambda place, loops: place == loops - 1)
only_first = where(lambda place, loops: place == 0)
every_second = where(lambda place, loops: place % 2 == 0)
first_half = where(lambda place, loops: place < loops / 2)
all_but_a_tenth = where(lambda place, loops: place % 10 != 9)
all_but_one = where(lambda place, loops: place != loops // 2)


def together(problem, device):
    """Keeps the block's operands until the last launch, and multiplies all at once, each set once."""
    kept = {}

    def launch(a, b, c):
        kept[c.ctypes.data] = a, b, c
        place, loops = place_in_block()
        if asker() not in ("time", "_windows") or place == loops - 1:
            for left, right, out in kept.values():
                np.matmul(left, right, out=out)
            kept.clear()

    return launch


def where_nan(problem, device):
    """Computes where C is spoiled."""

    def launch(a, b, c):
        if np.isnan(c[0, 0]):
            np.matmul(a, b, out=c)

    return launch


def alternate(problem, device):
    """Computes every second launch of blocks and audits, all of the pass that tells arithmetics apart."""
    turn = []

    def launch(a, b, c):
        turn.append(None)
        if asker() not in ("time", "audit") or len(turn) % 2:
            np.matmul(a, b, out=c)

    return launch


def once_per_block_and_idle_in_audits(problem, device):
    """Computes each set once per block, and nothing in audits, whose products nobody looks at."""

    def launch(a, b, c):
        if asker() == "audit":
            return
        if np.isnan(c[0, 0]):
            np.matmul(a, b, out=c)

    return launch
