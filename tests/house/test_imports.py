"""Tests what importing costs, who prints, and that nothing is left out of the package."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib

import pytest

from tests.house.sources import ROOT, modules, place, room, tree

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
        "import flopsbench.cli",
        "from flopsbench.result.codec import encode, json_schema",
        "from flopsbench.render.terminal.result import report",
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
    assert "numpy" in modules_after("import flopsbench.proof.prove")


@pytest.mark.process
def test_the_command_line_starts_without_what_it_may_not_need() -> None:
    loaded = modules_after("import flopsbench.cli")
    assert not loaded & {"msgspec", "psutil", "flopsbench.result.types", "threadpoolctl"}


def test_no_folder_bears_the_name_of_a_function_of_the_package() -> None:
    taken = {"run", "load"} & {path.name for path in (ROOT / "flopsbench").iterdir()}
    assert not taken, f"importing a folder flopsbench.{taken} would replace the function of that name"


def test_every_folder_of_python_is_a_listed_package() -> None:
    listed = set(tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"])
    folders = [path.parent for top in ("flopsbench", "kernels") for path in (ROOT / top).rglob("__init__.py")]
    names = {".".join(folder.relative_to(ROOT).parts) for folder in folders}
    expected = {name if name.startswith("flopsbench") else f"flopsbench.{name}" for name in names}
    assert listed == expected, "list the folder under [tool.setuptools] packages in pyproject.toml"


def calls(module: ast.Module) -> set[str]:
    return {ast.unparse(node.func) for node in ast.walk(module) if isinstance(node, ast.Call)}


PRINTING = {"print", "sys.exit", "exit", "os._exit"}


def test_only_the_command_line_prints_or_exits() -> None:
    inner = [path for path in modules() if room(path) not in {"cli", "__main__"}]
    found = {place(path): printing for path in inner if (printing := calls(tree(path)) & PRINTING)}
    assert not found, "return or raise what is to be told: cli/ prints it"


def test_a_print_is_seen() -> None:
    assert calls(ast.parse("import sys\ndef f():\n    sys.exit(print(1))")) & PRINTING == {"print", "sys.exit"}


# --- exceptions from the linters carry their reason

EXCEPTION = re.compile(r"#\s*(?:noqa\b(?::\s*[A-Z0-9, ]+)?|type:\s*ignore\b(?:\[[\w, -]+\])?)(?P<reason>.*)")


def without_reason(text: str) -> list[str]:
    """Return the exceptions from ruff and mypy behind which no reason stands."""
    found = (EXCEPTION.search(line) for line in text.splitlines())
    return [match[0] for match in found if match and not re.search(r"[a-z]{3}", match["reason"])]


PYTHON = [path for top in ("flopsbench", "kernels", "tests", ".ci") for path in sorted((ROOT / top).rglob("*.py"))]


def test_every_exception_from_a_linter_carries_its_reason() -> None:
    bare = {str(path.relative_to(ROOT)): lines for path in PYTHON if (lines := without_reason(path.read_text()))}
    assert not bare, "write the reason behind it: # noqa: F401  # re-exported"


def test_a_bare_exception_is_seen() -> None:
    bare, told = "x = 1  # " + "noqa: F401", "x = 1  # " + "type: ignore[misc]  # the stubs lack it"
    assert without_reason(f"{bare}\n{told}\n") == ["# " + "noqa: F401"]
