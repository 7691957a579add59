"""The face of a backend: whoever writes one imports from one module, and no name of it goes unnoticed."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import flopsbench.backend
from flopsbench.backend import Amount, DType, Elapsed, Prepared, Work
from tests import strangers
from tests.house.sources import ROOT

FACE = {
    *re.findall(
        r"\w+",
        """
    Amount Backend Ceiling Clock Compute CupyEventClock DTYPES DType Device Elapsed FlopsbenchError Formats GEMM
    HostClock KINDS Kernel Kind Launch Launcher OPS Op Prepared Problem Room Space Telemetry TorchEventClock Unsupported
    Work
""",
    )
}
BORROWS = {"flopsbench.backends.numpy.arrays"}  # a space of its own, in numpy's memory
ALSO = dict.fromkeys(("distant", "exact", "glass", "paced", "streams"), BORROWS)
ALSO["forgers"] = {"flopsbench.measure", "flopsbench.result.types"}  # what it forges
ALSO |= {"hangs": {"flopsbench.measure", *BORROWS}, "worst": {"flopsbench.measure"}}  # whose functions they replace
ALSO["repeats"] = {"flopsbench.backends.numpy"}  # it wraps a backend


def imported_from(source: str) -> set[str]:
    """Return the modules of flopsbench that a source imports names from."""
    nodes = ast.walk(ast.parse(source))
    return {node.module for node in nodes if isinstance(node, ast.ImportFrom) and str(node.module).startswith("flops")}


def test_the_face_is_what_it_was() -> None:
    """A name that goes breaks other people's backends; one that comes is a promise."""
    assert set(flopsbench.backend.__all__) == FACE
    assert [name for name in FACE if not hasattr(flopsbench.backend, name)] == []


@pytest.mark.parametrize("path", sorted(strangers.FOLDER.glob("[!_]*.py")), ids=lambda path: path.stem)
def test_strangers_need_nothing_but_the_face(path: Path) -> None:
    assert imported_from(path.read_text()) - ALSO.get(path.stem, set()) <= {"flopsbench.backend"}


def test_what_contributors_are_shown_is_in_the_face() -> None:
    chapter = (ROOT / "CONTRIBUTING.md").read_text().partition("## Add a backend")[2].partition("\n## ")[0]
    shown = {"Prepared", "Space", "Unsupported", "HostClock", "TorchEventClock", "CupyEventClock"}
    assert shown <= FACE
    assert [name for name in shown if name not in chapter] == []


def test_work_keeps_its_output_unless_it_says_how_to_spoil_it() -> None:
    launched: list[int] = []
    work = Work(launch=lambda: launched.append(1), clock=Never(), amount=Amount(3, "B/s", 3))
    work.launch()
    work.spoil()
    assert launched == [1]


class Never:
    """A clock that nobody reads."""

    def time(self, launch: object, loops: int) -> Elapsed:
        raise AssertionError


def test_a_kernel_that_says_nothing_of_itself_claims_the_usual() -> None:
    prepared = Prepared(print)
    assert (prepared.library, prepared.math, prepared.accumulate, prepared.threads) == ("", "", None, None)
    assert prepared.notes == ()


def test_a_dtype_of_the_face_is_a_row_of_the_table() -> None:
    assert DType("fp64", 8, 8, "fp64").unit == "FLOP/s"
