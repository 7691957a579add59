"""Fuzz the validator, guided by coverage: no bytes may make it raise, hang or say what is unsafe to print.

It starts from honest documents, the golden ones and the hostile corpus. Half of the new inputs are libFuzzer's own; the
other half have one place of the JSON changed and get the id that belongs to them, to be let past the first checks.
What it finds is left in the folder, and the exit code is not 0.

python -m tests.perf.fuzz_validate [SECONDS] [--folder FOLDER]     # needs the extra "fuzz"
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from pathlib import Path
from typing import Any

import atheris
import msgspec

with atheris.instrument_imports(include=["flopsbench"]):
    from tests.registry.tree import signed, tree_of
    from tests.validate.hostile import WRONG, document, honest_bytes, small_bytes
    from tests.validate.hostile_bytes import WRONG_BYTES
    from tests.validate.test_fuzz import check, nodes

LONGEST = 200_000  # bytes of an input: what is wrong is wrong in a small document, too
GOLDEN = Path(__file__).parents[1] / "golden"


def seeds() -> list[bytes]:
    """Documents to start from."""
    every = [small_bytes(), honest_bytes(), *(path.read_bytes() for path in GOLDEN.glob("*.json"))]
    every += [document(wrong) for wrong in WRONG]
    every += [wrong.change(small_bytes()) for wrong in WRONG_BYTES]
    return [each for each in every if len(each) <= LONGEST]


def mutate(data: bytes, longest: int, seed: int) -> bytes:
    """Another input made of one: its bytes changed, or its content changed and signed."""
    draw = random.Random(seed)
    if draw.random() < 0.5:
        return atheris.Mutate(data, longest)
    try:
        tree = tree_of(data)
        parent, at = draw.choice(nodes(tree))
        parent[at] = _other(draw, parent[at])
        return signed(tree)[:longest]
    except (ValueError, TypeError, AttributeError, IndexError, RecursionError, OverflowError, msgspec.MsgspecError):
        return atheris.Mutate(data, longest)


def _other(draw: random.Random, value: Any) -> Any:
    """A value for the place of that one, most often of its own type."""
    tree = tree_of(small_bytes())
    kept = [parent[at] for parent, at in nodes(tree)]
    alike = [each for each in kept if type(each) is type(value)]
    absurd = [0, -1, 1, 2**63, 1e300, 5e-324, 0.5, "", "<b>", "../", "javascript:", "é" * 300, None, True, [], {}]
    return draw.choice([draw.choice(alike or kept), draw.choice(kept), draw.choice(absurd)])


def main() -> None:
    """Fuzz for so many seconds; libFuzzer ends the process."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("seconds", type=int, nargs="?", default=60)
    parser.add_argument("--folder", type=Path, help="where inputs and findings are kept (default: a new one)")
    asked = parser.parse_args()
    folder = asked.folder or Path(tempfile.mkdtemp(prefix="flopsbench-fuzz-"))
    inputs = folder / "inputs"
    inputs.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds()):
        (inputs / f"seed-{number}").write_bytes(seed)
    print(f"fuzzing for {asked.seconds} s in {folder}", flush=True)
    limits = [f"-max_total_time={asked.seconds}", f"-max_len={LONGEST}", "-timeout=10", "-rss_limit_mb=1024"]
    options = [*limits, f"-artifact_prefix={folder}/", "-verbosity=0", "-print_final_stats=1"]
    atheris.Setup([sys.argv[0], *options, str(inputs)], check, custom_mutator=mutate)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
