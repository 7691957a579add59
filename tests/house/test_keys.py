"""Tests rule 6, keys: ids, keys, shapes and titles of cases are built and parsed in result/keys.py only."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.house.sources import modules, place, tree

HOMES = {"result/keys.py", "problem.py"}  # shapes are parsed from --size, and written for it, in problem.py
CUTTERS = HOMES | {"device.py"}  # which makes a device's id, and finds its kind in it
CUTTING = {"split", "rsplit", "partition", "rpartition"}
# What is cut at the same characters and is no key and no id of a device, by the module and what is cut.
OTHERS = {
    ("backends/installed.py", "target"): "the entry point of a backend",
    ("ceiling/target.py", "line"): "a line of /proc/cpuinfo",
    ("host/cgroup.py", "line"): "a line of /proc/self/cgroup",
    ("registry/pull_request.py", "name"): "a repository of GitHub",
    ("runs/plan.py", "name"): "what --device takes, which may be all or auto",
    ("site/build/build.py", "path"): "the path of a file",
    ("site/build/folder.py", "name"): "the path of a page",
}
SHAPE = re.compile(r"\{m\}[x×]\{n\}[x×]\{k\}|\}³")
KEY = re.compile(r"\{op\}/|\{dtype\}/\{|\{device\} \{case\}")


def cuts(module: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield what a module cuts at a slash or a colon, and the line of it."""
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CUTTING:
            at = node.args[0] if node.args else None
            if isinstance(at, ast.Constant) and at.value in ("/", ":"):
                yield ast.unparse(node.func.value), f"line {node.lineno}: {ast.unparse(node)}"


def built(module: ast.Module) -> Iterator[str]:
    """Yield each text that a module puts together as a shape, a key or an id is."""
    for node in ast.walk(module):
        if isinstance(node, ast.JoinedStr):
            form = "".join(part.value if isinstance(part, ast.Constant) else _named(part) for part in node.values)
            if SHAPE.search(form) or KEY.search(form):
                yield f"line {node.lineno}: {ast.unparse(node)}"
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "'/'.join" and ".dtype" in ast.unparse(node):
            yield f"line {node.lineno}: {ast.unparse(node)}"


def _named(part: ast.expr) -> str:
    """Return the last name of what is filled in: "{m}" for {case.m}."""
    return "{" + ast.unparse(part.value).rpartition(".")[2] + "}" if isinstance(part, ast.FormattedValue) else ""


def test_keys_and_ids_are_cut_in_one_module() -> None:
    found = {
        (place(path), what): line for path in modules() if place(path) not in CUTTERS for what, line in cuts(tree(path))
    }
    assert not found.keys() - OTHERS.keys(), "call kind_name of device.py, split_id or parse_case_key of result/keys.py"
    assert not OTHERS.keys() - found.keys(), "no longer cut: take it off the list"


def test_keys_ids_and_shapes_are_built_in_one_module() -> None:
    found = {place(path): lines for path in modules() if (lines := list(built(tree(path))))}
    assert found.keys() <= HOMES, "call case_key, case_id, problem_id or short_shape of result/keys.py, or shape_text"
    assert found.keys() == HOMES, "nothing is seen"


@pytest.mark.parametrize(
    "planted",
    ['case.device.partition(":")[0]', 'key.split("/")', 'device.id.rsplit(":", 1)', 'id.partition("/")'],
)
def test_a_key_that_is_cut_is_seen(planted: str) -> None:
    assert len(list(cuts(ast.parse(planted)))) == 1


@pytest.mark.parametrize(
    "planted",
    [
        'f"{case.m}x{case.n}x{case.k}"',
        'f"{m}×{n}×{k} on it"',
        'f"{case.m}³"',
        'f"{case.op}/{case.dtype}/{shape}"',
        'f"{case.dtype}/{case.layout}"',
        'f"{case.device} {case.case}"',
        '"/".join((case.op, case.dtype))',
    ],
)
def test_a_key_or_a_shape_that_is_built_is_seen(planted: str) -> None:
    assert len(list(built(ast.parse(planted)))) == 1


@pytest.mark.parametrize("allowed", ['f"{device}: {name}"', 'text.split(",")', 'f"{case.dtype} {case.backend}"'])
def test_what_is_no_key_is_let_be(allowed: str) -> None:
    assert not [*cuts(ast.parse(allowed)), *built(ast.parse(allowed))]
