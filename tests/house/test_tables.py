"""Tests rule 11, tables: nobody asks which operation or which kind of device it has before it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from flopsbench.device import KINDS
from flopsbench.problem import OPS
from tests.house.sources import modules, place, tree
from tests.house.test_rules import text_constants

HOMES = ("device.py", "problem.py")
# What an array library, NVML, Linux and other formats call by these names is theirs to know.
OTHERS = {
    "backends/": "what torch and CuPy call their devices, and the kind that a backend is for",
    "host/cgroup.py": "a controller of cgroups",
    "host/cpu/cores.py": "a folder of /sys",
    "host/cpu/names.py": "a key of /proc/cpuinfo",
    "host/kernel/counters.py": "a line of /proc/stat",
    "telemetry/gpu.py": "the kind that NVML knows",
    "track/export.py": "a field of pytest-benchmark",
}
NAMED = re.compile(rf"(?:{'|'.join((*OPS, *KINDS))})(?:[:/].*)?")
ROWS = re.compile(rf"(?:\w+\.)*(?:{'|'.join((*OPS, *KINDS)).upper()})(?:\.name)?")  # CPU, device.CUDA.name


def questions(module: ast.Module) -> Iterator[str]:
    """Yield what a module asks of one operation or one kind: their names as texts, and comparisons with their rows."""
    for node in ast.walk(module):
        asked: list[ast.expr | None] = []
        if isinstance(node, ast.Compare):
            asked = [node.left, *node.comparators]
        elif isinstance(node, ast.MatchValue):
            asked = [node.value]
        elif isinstance(node, ast.Dict):
            asked = [*node.keys]
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("startswith", "endswith", ".get")):
            asked = [*node.args]
        elif isinstance(node, ast.Subscript):
            asked = [node.slice]
        parts = [part for one in asked if one for part in (one.elts if hasattr(one, "elts") else [one])]
        yield from (f"line {part.lineno}: {ast.unparse(node)}" for part in parts if ROWS.fullmatch(ast.unparse(part)))
    yield from (repr(text) for text in text_constants(module) if NAMED.fullmatch(text))


def test_no_module_asks_for_one_operation_or_one_kind() -> None:
    found = [
        f"{place(path)}, {told}"
        for path in modules()
        if not place(path).startswith((*HOMES, *OTHERS))
        for told in questions(tree(path))
    ]
    assert not found, "\n".join(["put what differs into the row of OPS or KINDS, and read it there", *found])


@pytest.mark.parametrize(
    "planted",
    [
        'device.kind == "cpu"',
        '"cuda" != kind',
        'case.op in ("gemm", x)',
        'case.device == "cpu"',
        'case.device in {"cpu", x}',
        'case.device in ["cuda:0"]',
        'BOUNDS = {"cpu": 4e12}',
        'case.device.startswith("cuda")',
        'case.device.startswith(("cuda:", x))',
        'key.removeprefix("gemm/")',
        'match device.kind:\n    case "cpu": f()',
        "match device.kind:\n    case CPU.name: f()",
        "device.kind == CPU.name",
        "device.CUDA.name != kind",
        "op in (GEMM.name, x)",
        "op in {GEMM.name}",
        "kind_of(device) is CPU",
        "x = {CUDA.name: 1}[kind]",
        "KINDS[CPU.name].edges",
        "case.device.startswith(CUDA.name)",
        'KINDS["cuda"]',
        'f(kind="cuda")',
    ],
)
def test_a_planted_question_is_found(planted: str) -> None:
    assert list(questions(ast.parse(planted)))


@pytest.mark.parametrize(
    "allowed",
    [
        "Device(kind=CPU.name)",
        'x = host.cpu == "cpus"',
        'f"{cpu}"',
        "CPU_MODEL == x",
        "result.host.cpu.model == x",
        "x in OPS",
    ],
)
def test_what_asks_for_no_row_is_let_be(allowed: str) -> None:
    assert not list(questions(ast.parse(allowed)))


def test_who_calls_something_else_so_does() -> None:
    idle = [
        where
        for where in (*HOMES, *OTHERS)
        if not any(list(questions(tree(path))) for path in modules() if place(path).startswith(where))
    ]
    assert not idle, "no longer named: take it off the list"
