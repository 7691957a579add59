"""Tests rule 10: who prints or exits, and that every exception from ruff and mypy carries its reason."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.house.sources import ROOT, modules, place, room, tree

# --- only the command line prints or exits

PRINTING = re.compile(
    r"print|pprint|exit|quit|sys\.exit|os\._exit|os\.abort|typer\.s?echo|click\.s?echo|(.*\.)?Console|.*\.print"
)
ENDING = re.compile(r"SystemExit|typer\.(Exit|Abort)|click\.exceptions\.Exit")
STREAM = re.compile(r"sys\.(__)?std(out|err)(__)?")
IMPORTED = {"stdout", "stderr", "exit", "print", "echo", "secho", "Exit"}
MAY = {"cli", "__main__"}
MAY_END = {
    "host/parent.py": "a copy of a process ends when its trial is over, before anything else of it runs twice",
    "runs/bounds/guard.py": "it is a process of its own, and ends as the worker ended",
}


def printing(module: ast.Module, may_end: bool = False) -> Iterator[str]:
    """Yield what a module prints or exits by."""
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and PRINTING.fullmatch(told := ast.unparse(node.func)):
            if may_end and told == "os._exit":
                continue
            yield f"line {node.lineno}: {ast.unparse(node.func)}"
        elif isinstance(node, ast.Attribute) and STREAM.fullmatch(ast.unparse(node)):
            yield f"line {node.lineno}: {ast.unparse(node)}"
        elif isinstance(node, ast.ImportFrom) and node.module in ("sys", "rich", "typer"):
            taken = IMPORTED & {alias.name for alias in node.names}
            yield from (f"line {node.lineno}: {name} of {node.module}" for name in sorted(taken))
        elif isinstance(node, ast.Raise) and node.exc and not may_end:
            raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
            if ENDING.fullmatch(name := ast.unparse(raised)):
                yield f"line {node.lineno}: raise {name}"


def test_only_the_command_line_prints_or_exits() -> None:
    inner = [path for path in modules() if room(path) not in MAY]
    found = {place(path): told for path in inner if (told := list(printing(tree(path), place(path) in MAY_END)))}
    assert not found, "return or raise what is to be told: cli/ prints it"


@pytest.mark.parametrize(
    "planted",
    [
        "print(1)",
        "import sys\nsys.exit(1)",
        "raise SystemExit",
        "raise SystemExit(2) from None",
        "raise typer.Exit(1)",
        "import sys\nsys.stdout.write(text)",
        "import sys\nout = sys.stderr",
        "from sys import stdout",
        "from rich import print",
        "console.print(table)",
        "console = Console()",
        "typer.echo(text)",
    ],
)
def test_what_prints_or_exits_is_seen(planted: str) -> None:
    assert len(list(printing(ast.parse(planted)))) == 1


def test_a_process_of_its_own_may_end_but_not_print() -> None:
    assert not list(printing(ast.parse("raise SystemExit"), may_end=True))
    assert list(printing(ast.parse("print(1)"), may_end=True))
    assert not list(printing(ast.parse("os._exit(0)"), may_end=True))
    ends = {where: re.search(r"SystemExit|os\._exit", (ROOT / "flopsbench" / where).read_text()) for where in MAY_END}
    assert all(ends.values()), "take it out of MAY_END"


# --- exceptions from the linters carry their reason

CODES = r"(?::\s*[A-Z]+\d+(?:[,\s]+[A-Z]+\d+)*)?"
EXCEPTION = re.compile(
    rf"#\s*(?:(?:ruff|flake8):\s*)?noqa\b{CODES}|#\s*type:\s*ignore\b(?:\[[\w, -]+\])?|#\s*mypy:\s*[\w-]+(?:=[^#]*)?"
)
PYTHON = [path for top in ("flopsbench", "kernels", "tests", ".ci") for path in sorted((ROOT / top).rglob("*.py"))]
PYPROJECT = ROOT / "pyproject.toml"
# Where pyproject.toml makes exceptions: the table, and the keys in it (all of them where none is named).
EXCEPTING = {"tool.ruff.lint": {"ignore"}, "tool.ruff.lint.per-file-ignores": set(), "tool.mypy.overrides": {"module"}}


def without_reason(text: str) -> list[str]:
    """Return the exceptions from ruff and mypy behind which no reason stands; another exception is no reason."""
    found = ((match, line) for line in text.splitlines() if (match := EXCEPTION.search(line)))
    return [match[0] for match, line in found if not re.search(r"[a-z]{3}", EXCEPTION.sub("", line[match.start() :]))]


def unexplained(pyproject: str) -> list[str]:
    """Return the lines of pyproject.toml that make an exception and have no comment, on the line or above it."""
    table, before, bare = "", "", []
    for line in pyproject.splitlines():
        if found := re.fullmatch(r"\[+([\w.-]+)\]+", line.strip()):
            table = found[1]
        key = line.partition("=")[0].strip()
        excepts = table in EXCEPTING and "=" in line and key in (EXCEPTING[table] or {key})
        if excepts and not re.search(r"#.*[a-z]{3}", line) and not before.startswith("# "):
            bare.append(line)
        before = line.strip()
    return bare


def test_every_exception_from_a_linter_carries_its_reason() -> None:
    bare = {str(path.relative_to(ROOT)): lines for path in PYTHON if (lines := without_reason(path.read_text()))}
    assert not bare, "write the reason behind it: # " + "noqa: F401  # re-exported"


def test_every_exception_in_pyproject_carries_its_reason() -> None:
    bare = unexplained(PYPROJECT.read_text())
    assert not bare, "write the reason behind it, or on the line above, as a comment"


@pytest.mark.parametrize(
    "bare",
    [
        "noqa",
        "noqa: F401",
        "noqa: F401, E402",
        "type: ignore",
        "type: ignore[misc]",
        "type: ignore[misc]  # " + "noqa",
        "noqa: F401  # x",
        "ruff: noqa",
        "ruff: noqa: F401",
        "mypy: ignore-errors",
        'mypy: disable-error-code="misc"',
    ],
)
def test_a_bare_exception_is_seen(bare: str) -> None:
    assert len(without_reason(f"x = 1  # {bare}\ny = 2\n")) == 1
    told = f"x = 1  # {bare}  # the stubs lack it\n"
    assert not without_reason(told)


def test_a_bare_exception_in_pyproject_is_seen() -> None:
    bare = '[tool.ruff.lint.per-file-ignores]\n"cli/*" = ["T20"]\n[[tool.mypy.overrides]]\nmodule = ["cupy.*"]\n'
    assert unexplained(bare) == ['"cli/*" = ["T20"]', 'module = ["cupy.*"]']
    told = bare.replace('["T20"]', '["T20"]  # it prints').replace("module", "# no types\nmodule")
    assert not unexplained(told)
