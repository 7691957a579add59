"""Files below /proc and /sys, and git, are opened in flopsbench/host alone; a planted violation is found."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import flopsbench

PACKAGE = Path(flopsbench.__file__).parent
HOST = PACKAGE / "host"
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if HOST not in path.parents)

KERNEL_PATH = re.compile(r"/(proc|sys)(/\S*)?")  # a sentence that begins with such a path has spaces
PROGRAM = re.compile(r"(\S*/)?git")
COMMAND = re.compile(r"(\S*/)?git(\s|$)")
READERS = {"read_text", "read_integer"}
STARTS_PROGRAMS = re.compile(r"(subprocess|asyncio)\.\w+|os\.(system|popen|exec\w+|spawn\w+|posix_spawnp?)")
WHAT_TO_DO = (
    "Only flopsbench/host opens files below /proc and /sys, or starts git. Add a function there that returns what you "
    "need (kernel_settings, kernel_counters, cpu, power, virtual), or call host.git.git(arguments, folder), and "
    "import it here."
)


def strays(source: str) -> list[str]:
    """What a module does that belongs into flopsbench/host, with the line of each."""
    tree = ast.parse(source)
    docstrings = {id(text) for text in _docstrings(tree)}
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in docstrings and _begins(node, KERNEL_PATH, whole=True):
            found.append(f"line {node.lineno}: the path {node.value}")
        elif isinstance(node, ast.List | ast.Tuple) and node.elts and _begins(node.elts[0], PROGRAM, whole=True):
            found.append(f"line {node.lineno}: a command that begins with git")
        elif isinstance(node, ast.Call) and STARTS_PROGRAMS.fullmatch(ast.unparse(node.func)):
            found += [f"line {node.lineno}: git started" for each in node.args if _begins(each, COMMAND)]
        elif isinstance(node, ast.ImportFrom) and node.module == "flopsbench.host.trees":
            taken = sorted(READERS & {alias.name for alias in node.names})
            found += [f"line {node.lineno}: {name}, which reads those files" for name in taken]
        elif isinstance(node, ast.Attribute) and ast.unparse(node.value) in ("places", "Places()", "HERE"):
            found.append(f"line {node.lineno}: a file of {ast.unparse(node)}")
    return found


def _docstrings(tree: ast.Module) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if isinstance(first, ast.Expr):
                yield first.value


def _begins(node: ast.expr, pattern: re.Pattern[str], whole: bool = False) -> bool:
    if isinstance(node, ast.JoinedStr):
        return bool(node.values) and _begins(node.values[0], pattern, whole)
    if not (isinstance(node, ast.Constant) and isinstance(node.value, str)):
        return False
    return bool(pattern.fullmatch(node.value) if whole else pattern.match(node.value))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_only_host_opens_the_kernels_files_and_starts_git(path: Path) -> None:
    found = strays(path.read_text())
    assert not found, f"{path.relative_to(PACKAGE.parent)}: {'; '.join(found)}. {WHAT_TO_DO}"


@pytest.mark.parametrize(
    "planted",
    [
        'from pathlib import Path\nload = Path("/proc/loadavg").read_text()',
        'open("/sys/class/powercap/intel-rapl:0/energy_uj")',
        'open(f"/proc/{pid}/stat")',
        'ROOT = "/proc"',
        "places.proc.joinpath('stat').read_text()",
        "from flopsbench.host.trees import HERE\nfile = HERE.cpuinfo",
        "from flopsbench.host.trees import Places, read_text",
        'import subprocess\nsubprocess.run(["git", "status"])',
        'import subprocess\nsubprocess.run(("/usr/bin/git", "status"))',
        'COMMAND = ["git", "-C", top]',
        'import subprocess\nsubprocess.check_output("git status", shell=True)',
        'import os\nos.system(f"git -C {top} status")',
        'import os\nos.execvp("git", arguments)',
    ],
)
def test_a_planted_violation_is_found(planted: str) -> None:
    (found,) = strays(f'"""A module."""\n{planted}\n')
    assert re.match(r"line \d+: ", found)


@pytest.mark.parametrize(
    "allowed",
    [
        '"""/proc/stat"""',
        'def f():\n    """/sys/fs/cgroup"""',
        'reason = "/proc/stat tells nothing"',
        'KEYS = ("python", "git")',
        'told = f"git={revision}: no such commit"',
        'steps = [f"git pushes the branch {branch}"]',
        "from flopsbench.host.git import git\ngit(['status'], top)",
        "from flopsbench.host.trees import Places, format_cpus",
    ],
)
def test_what_only_speaks_of_them_is_allowed(allowed: str) -> None:
    assert strays(allowed) == []
