"""Tests rule 11, tables: nobody asks which operation or which kind of device it has before it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from flopsbench.device import KINDS
from flopsbench.problem import OPS
from tests.house.sources import modules, place, tree


def comparisons(module: ast.Module) -> Iterator[ast.Compare]:
    """Yield each comparison with the name of an operation or of a kind of device."""
    for node in ast.walk(module):
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            parts = [part for side in sides for part in (side.elts if isinstance(side, ast.Tuple) else [side])]
            if any(isinstance(part, ast.Constant) and part.value in (*OPS, *KINDS) for part in parts):
                yield node


# What an array library, NVML and the counters of Linux call by these names is theirs to know.
MAY_ASK = ("backends/", "telemetry/gpu.py", "host/kernel_counters.py")


def test_no_module_asks_for_one_operation_or_one_kind() -> None:
    found = [
        f"{place(path)}, line {node.lineno}: {ast.unparse(node)}"
        for path in modules()
        if not place(path).startswith(MAY_ASK)
        for node in comparisons(tree(path))
    ]
    assert not found, "\n".join(["put what differs into the row of OPS or KINDS, and read it there", *found])


@pytest.mark.parametrize(
    "planted", ['device.kind == "cpu"', '"cuda" != kind', 'case.op in ("gemm", x)', 'case.device == "cpu"']
)
def test_a_planted_question_is_found(planted: str) -> None:
    assert list(comparisons(ast.parse(planted)))
