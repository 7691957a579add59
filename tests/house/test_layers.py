"""Tests who may import whom. The picture of the layers stands in CONTRIBUTING.md, printed by this test."""

from __future__ import annotations

import ast
import re

import pytest

from tests.house.sources import DOORS, PACKAGE, ROOT, modules, place, room, tree

# A room imports only from rows above its own. A folder stands for everything in it.
LAYERS = (
    ("errors", "text", "device", "stats"),
    ("units", "dtype", "peaks"),
    ("words", "problem"),
    ("result",),  # below problem, whose layouts its types name
    ("scale", "backend", "host"),
    ("analysis", "telemetry"),
    ("backends",),
    ("ceiling", "proof"),
    ("measure", "doctor"),
    ("runs", "validate"),
    ("track", "registry"),
    ("render",),
    ("site",),
    ("cli", "pytest_plugin"),
)
ROW = {name: row for row, names in enumerate(LAYERS, 1) for name in names}
CONTRIBUTING = ROOT / "CONTRIBUTING.md"
PICTURE = re.compile(
    r"(<!-- layers: printed by tests/house/test_layers\.py -->\n)(.*?)(<!-- end of layers -->)", re.DOTALL
)


def shown(name: str) -> str:
    return f"{name}/" if (PACKAGE / name).is_dir() else name


def picture() -> str:
    """Return the layers as CONTRIBUTING.md shows them."""
    rows = [f"    {row:2}  {'  '.join(map(shown, names))}\n" for row, names in enumerate(LAYERS, 1)]
    return "".join(["\n", *rows, "\n"])


def imported_rooms(module: ast.Module) -> set[str]:
    rooms: set[str] = set()
    for node in ast.walk(module):
        if isinstance(node, ast.ImportFrom) and node.module == "flopsbench":
            rooms |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("flopsbench."):
            rooms.add(str(node.module).split(".")[1])
        elif isinstance(node, ast.Import):
            rooms |= {alias.name.split(".")[1] for alias in node.names if alias.name.startswith("flopsbench.")}
    return rooms - {"kernels"}  # sources, not code


def not_above(own: str, module: ast.Module) -> set[str]:
    """Return the rooms that a module of the room ``own`` imports and may not."""
    return {other for other in imported_rooms(module) if other != own and ROW[other] >= ROW[own]}


INNER = [path for path in modules() if room(path) not in DOORS]


def test_a_module_imports_only_from_rows_above_its_own() -> None:
    below = {place(path): found for path in INNER if (found := not_above(room(path), tree(path)))}
    assert not below, "move what it needs to a row above both, or hand it over as an argument"


def test_an_import_from_below_is_seen() -> None:
    assert not_above("units", ast.parse("from flopsbench.cli.run import run\nimport flopsbench.site.build")) == {
        "cli",
        "site",
    }
    assert not_above("cli", ast.parse("from flopsbench import units\nfrom flopsbench.kernels import cuda")) == set()


def test_every_room_has_a_row_and_every_row_a_room() -> None:
    assert {room(path) for path in INNER} == set(ROW), "add the new room to LAYERS, in the highest row it can stand in"


def test_contributing_shows_the_layers() -> None:
    text = CONTRIBUTING.read_text()
    found = PICTURE.search(text)
    assert found, f"{CONTRIBUTING.name} has lost the marks between which the layers are printed"
    if found[2] != picture():
        CONTRIBUTING.write_text(text[: found.start(2)] + picture() + text[found.end(2) :])
        pytest.fail("the picture of the layers in CONTRIBUTING.md was stale: it is printed anew, commit it")
