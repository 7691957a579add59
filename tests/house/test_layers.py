"""Tests who may import whom. The picture of the layers stands in CONTRIBUTING.md, printed by this test."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import Mock

import pytest

from tests.house.sources import DOORS, PACKAGE, ROOT, modules, place, room, tree

# A room imports only from rows above its own. A folder stands for everything in it.
LAYERS = (
    ("errors", "text", "device", "stats", "clocks"),
    ("units",),
    ("words",),
    ("dtype", "peaks"),
    ("problem",),
    ("result",),  # below problem, whose layouts its types name
    ("scale", "backend", "host"),
    ("analysis", "telemetry"),
    ("backends",),
    ("ceiling", "proof"),
    ("measure", "doctor"),
    ("validate",),
    ("runs",),
    ("track", "registry"),
    ("explore",),
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


HOME = {"run": "runs", "load": "result"}  # what the package hands out, and the room that it is taken from
ELSEWHERE = {"kernels"}  # sources, not code


def imported_rooms(module: ast.Module) -> set[str]:
    """Return the rooms that a module imports, also by ``import_module`` of a name that stands there."""
    names = set(imported_names(module))
    rooms = {name.split(".")[1] for name in names if name.startswith("flopsbench.")}
    return {HOME.get(room, room) for room in rooms} - ELSEWHERE


def imported_names(module: ast.Module) -> Iterator[str]:
    """Yield the dotted names that a module imports."""
    for node in ast.walk(module):
        if isinstance(node, ast.ImportFrom) and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("import_module", "__import__")):
            yield from (str(name.value) for name in node.args[:1] if isinstance(name, ast.Constant))


def relative_imports(module: ast.Module) -> list[int]:
    """Return the lines of imports that begin with a point."""
    return [node.lineno for node in ast.walk(module) if isinstance(node, ast.ImportFrom) and node.level]


def not_above(own: str, module: ast.Module) -> set[str]:
    """Return the rooms that a module of the room ``own`` imports and may not; one without a row is above nobody."""
    return {other for other in imported_rooms(module) if other != own and ROW.get(other, len(LAYERS)) >= ROW[own]}


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


@pytest.mark.parametrize(
    "planted",
    [
        "from flopsbench import run",
        "from flopsbench.runs import run",
        "def f():\n    import flopsbench.runs.run as r",
        'importlib.import_module("flopsbench.runs.run")',
        'import_module("flopsbench.runs")',
        '__import__("flopsbench.runs")',
    ],
)
def test_an_import_of_a_run_is_seen_in_every_form(planted: str) -> None:
    assert not_above("units", ast.parse(planted)) == {"runs"}


def test_a_room_that_nobody_knows_is_told_of() -> None:
    assert not_above("cli", ast.parse("from flopsbench import nobody")) == {"nobody"}


def test_no_import_is_relative() -> None:
    found = {place(path): lines for path in modules() if (lines := relative_imports(tree(path)))}
    assert not found, "write the whole name, from flopsbench.track import verdicts: it shows whose layer it is"


def test_a_relative_import_is_seen() -> None:
    assert relative_imports(ast.parse("from . import units\nfrom ..cli import run\nimport flopsbench.units")) == [1, 2]


def test_every_room_has_a_row_and_every_row_a_room() -> None:
    assert {room(path) for path in INNER} == set(ROW), "add the new room to LAYERS, in a row below all that it imports"


def renew(contributing: Path) -> str | None:
    """Print the layers anew where they are stale, and return what is then to be told."""
    text = contributing.read_text()
    found = PICTURE.search(text)
    if not found:
        return f"{contributing.name} has lost the marks between which the layers are printed"
    if found[2] == picture():
        return None
    try:
        contributing.write_text(text[: found.start(2)] + picture() + text[found.end(2) :])
    except OSError:
        return f"the picture of the layers in {contributing.name} is stale: run this test where it can be written"
    return f"the picture of the layers in {contributing.name} was stale: it is printed anew, commit it"


def test_contributing_shows_the_layers() -> None:
    told = renew(CONTRIBUTING)
    assert not told, told


def test_a_stale_picture_is_renewed_where_that_is_possible(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    contributing = tmp_path / "CONTRIBUTING.md"
    stale = PICTURE.sub(r"\1old\n\3", CONTRIBUTING.read_text())
    contributing.write_text(stale)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_text", Mock(side_effect=PermissionError))
        assert "is stale: run this test where it can be written" in str(renew(contributing))
    assert contributing.read_text() == stale
    assert "commit it" in str(renew(contributing))
    assert renew(contributing) is None
    contributing.write_text("no marks")
    assert "has lost the marks" in str(renew(contributing))
