"""The house rules: who may import whom, what importing costs, and that nothing is left out of the package."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "flopsbench"

# Import only from rows above your own. A folder stands for everything in it.
LAYERS = (
    {"errors", "printable"},
    {"units", "dtype", "device", "stats", "band", "cgroup", "clock"},
    {"problem", "machine", "peaks", "result", "kernel_source", "ceiling", "privacy"},
    {"backend", "scale", "telemetry"},
    {"backends", "check", "document", "sampling", "limits", "summary", "grade", "environment"}
    | {"protocol", "instruments"},
    {"sampler", "profile", "plan", "advice", "placed", "store"},
    {"measure", "assemble", "inventory", "worker_process"},
    {"worker", "runner"},
    {"track", "registry"},
    {"render"},
    {"cli", "pytest_plugin"},
)
ROW = {room: row for row, rooms in enumerate(LAYERS) for room in rooms}
FACES = {"__init__", "__main__"}  # the package's own doors

MODULES = sorted(path for path in PACKAGE.rglob("*.py"))
ARRAY_LIBRARIES = {"numpy", "torch", "cupy", "llvmlite"}


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_rooms(path: Path) -> set[str]:
    rooms = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module == "flopsbench":
            rooms |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("flopsbench."):
            rooms.add(str(node.module).split(".")[1])
    return rooms


@pytest.mark.parametrize("path", [path for path in MODULES if room(path) not in FACES], ids=lambda path: path.stem)
def test_a_module_imports_only_from_rows_above_its_own(path: Path) -> None:
    own = room(path)
    below = {other for other in imported_rooms(path) if other != own and ROW[other] >= ROW[own]}
    assert not below, f"{own} (row {ROW[own] + 1}) imports {below}"


def test_every_room_has_a_row() -> None:
    assert {room(path) for path in MODULES} - FACES == set(ROW)


def modules_after(code: str) -> set[str]:
    program = f"import sys\n{code}\nprint(*sys.modules)"
    return set(
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    )


@pytest.mark.parametrize(
    "code",
    [
        "import flopsbench",
        "from flopsbench import run, load",
        "import flopsbench.cli",
        "from flopsbench.result.codec import load, encode, json_schema",
        "from flopsbench.render.terminal.result import report",
        "from flopsbench.site.build.build import build",
    ],
)
def test_no_array_library_is_loaded_for(code: str) -> None:
    assert not modules_after(code) & ARRAY_LIBRARIES


def test_that_check_can_fail() -> None:
    assert "numpy" in modules_after("import flopsbench.proof.prove")


def test_the_command_line_starts_without_what_it_may_not_need() -> None:
    assert not modules_after("import flopsbench.cli") & {"msgspec", "psutil", "flopsbench.result", "threadpoolctl"}


def test_every_folder_of_python_is_a_listed_package() -> None:
    listed = set(tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"])
    folders = [path.parent for top in ("flopsbench", "kernels") for path in (ROOT / top).rglob("__init__.py")]
    names = {".".join(folder.relative_to(ROOT).parts) for folder in folders}
    assert listed == {name if name.startswith("flopsbench") else f"flopsbench.{name}" for name in names}


def test_only_the_command_line_prints_or_exits() -> None:
    for path in MODULES:
        if room(path) in {"cli", "__main__"}:
            continue
        called = {
            ast.unparse(node.func) for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)
        }
        assert not called & {"print", "sys.exit", "exit", "os._exit"}, path
