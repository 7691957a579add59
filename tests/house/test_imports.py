"""Tests what importing costs, and that nothing is left out of the package."""

from __future__ import annotations

import subprocess
import sys
import tomllib

import pytest

from tests.house.sources import ROOT, modules, place

ARRAY_LIBRARIES = {"numpy", "torch", "cupy", "llvmlite"}


def modules_after(code: str) -> set[str]:
    """Return the modules that a fresh interpreter has loaded after running ``code``."""
    program = f"import sys\n{code}\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.process
@pytest.mark.parametrize(
    "code",
    [
        "import flopsbench",
        "from flopsbench import run, load",
        "from flopsbench.runs.judging import JudgeProcess",
        "import flopsbench.cli",
        "from flopsbench.result.codec import encode, json_schema",
        "from flopsbench.render.terminal.result.whole import report",
        "from flopsbench.validate.document import validate_document",
        "from flopsbench.registry.validate import validate",
        "from flopsbench.track.compare import compare",
        "from flopsbench.site.build.build import build",
    ],
)
def test_no_array_library_is_loaded_for(code: str) -> None:
    assert not modules_after(code) & ARRAY_LIBRARIES


@pytest.mark.process
def test_that_an_array_library_would_be_seen() -> None:
    assert "numpy" in modules_after("import flopsbench.proof.freivalds")


@pytest.mark.process
def test_the_command_line_starts_without_what_it_may_not_need() -> None:
    loaded = modules_after("import flopsbench.cli")
    assert not loaded & {"msgspec", "psutil", "flopsbench.result.types", "threadpoolctl"}


def test_psutil_is_asked_in_one_place() -> None:
    """It raises another error on every machine that lacks something."""
    asking = {place(path) for path in modules() if "import psutil" in path.read_text()}
    assert asking == {"host/system.py", "host/parent.py"}, "ask host/system.py, where no reading is ever fatal"


def test_no_folder_bears_the_name_of_a_function_of_the_package() -> None:
    taken = {"run", "load"} & {path.name for path in (ROOT / "flopsbench").iterdir()}
    assert not taken, f"importing a folder flopsbench.{taken} would replace the function of that name"


def test_every_folder_of_python_is_a_listed_package() -> None:
    listed = set(tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"])
    folders = [path.parent for top in ("flopsbench", "kernels") for path in (ROOT / top).rglob("__init__.py")]
    names = {".".join(folder.relative_to(ROOT).parts) for folder in folders}
    expected = {name if name.startswith("flopsbench") else f"flopsbench.{name}" for name in names}
    assert listed == expected, "list the folder under [tool.setuptools] packages in pyproject.toml"
