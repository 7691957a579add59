"""Files below /proc and /sys, and git, are opened in flopsbench/host alone; a planted violation is found."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.sources import PACKAGE, modules, place, tree

MODULES = [path for path in modules() if not place(path).startswith("host/")]

KERNEL_PATH = re.compile(r"/(proc|sys)(/\S*)?")  # a sentence that begins with such a path has spaces
BELOW_ROOT = re.compile(r"/?(proc|sys)(/\S*)?")
PROGRAM = re.compile(r"(\S*/)?git")
COMMAND = re.compile(r"(\S*/)?git(\s|$)")
STARTS_PROGRAMS = re.compile(
    r"asyncio\.create_subprocess_\w+|psutil\.Popen|os\.(system|popen|fork\w*|exec\w+|spawn\w+|posix_spawnp?)"
)
# Modules that start processes by other names; who imports one of them is named in STARTERS or in CREWS.
STARTING = re.compile(
    r"(subprocess|pty|multiprocessing|posix|_posixsubprocess|concurrent\.futures\.(process|ProcessPoolExecutor))(\..+)?"
)
CREW = re.compile(r"multiprocessing|concurrent\.futures")
TREES = "flopsbench.host.trees"
FROM_TREES = {"HERE", "Places", "format_cpus"}  # what is handed to functions of host/, and what opens nothing
# Who may import subprocess outside host/, and for what; git is started by none of them.
STARTERS = {
    "registry/signature.py": "ssh-keygen, which asks a person for the passphrase of a key",
    "runs/judging.py": "the judge, which is to have nothing in common with the worker",
    "runs/bounds/hold.py": "the worker, in which every measurement runs",
    "track/ab/commit.py": "pip, which installs a commit on its own",
    "track/calls/command.py": "the program of a project that is compared with itself",
    "track/history/revisions/gemm.py": "a whole run under the interpreter of a commit",
    "track/ab/side.py": "the interpreter of a side, to see whether flopsbench can start there",
}
# Who may spread its own work over processes of Python, and for what.
CREWS = {"site/build/pool.py": "pages are rendered by all CPUs"}
WHAT_TO_DO = (
    "Only flopsbench/host opens files below /proc and /sys, or starts git. Add a function there that returns what you "
    "need (kernel.settings, .counters, .nvidia, cpu, power, virtual), or ask a repository apart (host.git.apart), and "
    "import it here. A module that must start another program is named in STARTERS or CREWS, with its reason."
)


def strays(tree: ast.Module, where: str = "units.py") -> list[str]:
    """What a module does that belongs into flopsbench/host, with the line of each."""
    docstrings = {id(text) for text in _docstrings(tree)}
    trees = _names_of_trees(tree)
    aliases = {
        alias.asname or alias.name: alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    found = []
    for node in ast.walk(tree):
        if id(node) in docstrings:
            continue
        line = f"line {getattr(node, 'lineno', 0)}"
        if _is_kernel_path(node):
            found.append(f"{line}: the path {ast.unparse(node)}")
        elif isinstance(node, ast.List | ast.Tuple) and node.elts and _begins(node.elts[0], PROGRAM, whole=True):
            found.append(f"{line}: a command that begins with git")
        elif isinstance(node, ast.Call) and ast.unparse(node.func).startswith("subprocess."):
            found += [f"{line}: git started" for each in node.args if _begins(each, COMMAND)]
        elif isinstance(node, ast.Attribute) and STARTS_PROGRAMS.fullmatch(_dotted(node, aliases)):
            found.append(f"{line}: {ast.unparse(node)}, which starts a program")
        elif hidden := _hidden_start(node, where, aliases):
            found.append(f"{line}: {hidden}, which hides what is started")
        elif isinstance(node, ast.Attribute) and ast.unparse(node.value) in trees:
            found.append(f"{line}: a file of {ast.unparse(node)}")
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found += [f"{line}: an import of {name}" for name in _imported(node) if _is_strange(name, where)]
    return found


def _imported(node: ast.Import | ast.ImportFrom) -> list[str]:
    """The dotted names that a statement imports: "subprocess.run", "flopsbench.host.trees.Places"."""
    home = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
    return [f"{home}{alias.name}" for alias in node.names]


def _is_strange(name: str, where: str) -> bool:
    """Whether an import brings what only flopsbench/host may use."""
    if STARTING.fullmatch(name):
        return where not in (CREWS if CREW.match(name) else STARTERS)
    return (
        STARTS_PROGRAMS.fullmatch(name) is not None
        or name == TREES
        or (name.startswith(f"{TREES}.") and name.removeprefix(f"{TREES}.") not in FROM_TREES)
    )


def _dotted(node: ast.Attribute, aliases: dict[str, str]) -> str:
    """An attribute by the name of its module, "os.system" also where os was imported as o."""
    module = ast.unparse(node.value)
    return f"{aliases.get(module, module)}.{node.attr}"


def _hidden_start(node: ast.AST, where: str, aliases: dict[str, str]) -> str | None:
    """What reaches a starter of programs by its name as a text: __import__("pty"), getattr(os, "popen")."""
    if isinstance(node, ast.Name | ast.Attribute) and ast.unparse(node).endswith("__import__"):
        return "__import__"
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and _is_strange(node.value, where):
        return f"the module {node.value}"
    if isinstance(node, ast.Call) and ast.unparse(node.func) == "getattr" and len(node.args) > 1:
        module = ast.unparse(node.args[0])
        name = f"{aliases.get(module, module)}.{_text(node.args[1])}"
        return name if STARTS_PROGRAMS.fullmatch(name) else None
    return None


def _names_of_trees(tree: ast.Module) -> set[str]:
    """The names by which a module that imports Places holds the kernel's trees; their attributes are files."""
    aliases = {
        alias.asname or alias.name: alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == TREES
        for alias in node.names
    }
    kinds = {own for own, name in aliases.items() if name == "Places"}
    arguments = (node for node in ast.walk(tree) if isinstance(node, ast.arg) and node.annotation)
    given = {each.arg for each in arguments if kinds & set(re.findall(r"\w+", ast.unparse(each.annotation)))}
    here = {own for own, name in aliases.items() if name == "HERE"}
    return given | here | {f"{kind}()" for kind in kinds} | ({"places"} if kinds else set())


def _is_kernel_path(node: ast.AST) -> bool:
    """Whether an expression is such a path: "/proc", b"/proc", "/" + "proc", Path("/", "proc"), Path("/") / "proc"."""
    if isinstance(node, ast.Constant):
        return bool(KERNEL_PATH.fullmatch(_text(node)))
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        parts = _text(node.left), _text(node.right)
        return bool(all(parts) and KERNEL_PATH.fullmatch("".join(parts)) and not any(map(KERNEL_PATH.fullmatch, parts)))
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        return bool(BELOW_ROOT.fullmatch(_text(node.right)) and ast.unparse(node.left).endswith("('/')"))
    if isinstance(node, ast.Call) and len(node.args) > 1:
        return _text(node.args[0]) == "/" and bool(BELOW_ROOT.fullmatch(_text(node.args[1])))
    return False


def _text(node: ast.AST) -> str:
    """A string's or bytes' text, also of a sum of strings; empty for anything else."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _text(node.left) + _text(node.right)
    if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes):
        return node.value if isinstance(node.value, str) else node.value.decode("latin-1")
    return ""


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


@pytest.mark.parametrize("path", MODULES, ids=place)
def test_only_host_opens_the_kernels_files_and_starts_git(path: Path) -> None:
    found = strays(tree(path), place(path))
    assert not found, f"{place(path)}: {'; '.join(found)}. {WHAT_TO_DO}"


@pytest.mark.parametrize(
    "planted",
    [
        'from pathlib import Path\nload = Path("/proc/loadavg").read_text()',
        'open("/sys/class/powercap/intel-rapl:0/energy_uj")',
        'open(f"/proc/{pid}/stat")',
        'ROOT = "/proc"',
        "from flopsbench.host.trees import Places\nplaces.proc.joinpath('stat').read_text()",
        "from flopsbench.host.trees import Places as P\ndef f(at: P | None):\n    return at.sys",
        "from flopsbench.host.trees import Places\nfile = Places().cpuinfo",
        "from flopsbench.host.trees import HERE as h\nfile = h.cpuinfo",
        "from flopsbench.host import trees",
        "import flopsbench.host.trees",
        "from flopsbench.host.trees import parse_cpus",
        'Path("/", "proc")',
        'os.path.join("/", "sys", "class")',
        'Path("/") / "proc" / "stat"',
        'open(b"/proc/stat")',
        'open("/" + "proc")',
        'open("/pr" + "oc/" + name)',
        "import subprocess",
        "import subprocess as s",
        "from subprocess import run",
        "import asyncio\nasyncio.create_subprocess_exec(program)",
        "import os\nos.fork()",
        "from flopsbench.host.trees import HERE\nfile = HERE.cpuinfo",
        "from flopsbench.host.trees import Places, read_text",
        'COMMAND = ["git", "-C", top]',
        'import os\nos.system(f"git -C {top} status")',
        'import os\nos.execvp("git", arguments)',
    ],
)
def test_a_planted_violation_is_found(planted: str) -> None:
    (found,) = strays(ast.parse(f'"""A module."""\n{planted}\n'))
    assert re.match(r"line \d+: ", found)


@pytest.mark.parametrize(
    "planted",
    [
        'import subprocess\nsubprocess.run(["git", "status"])',
        'import subprocess\nsubprocess.run(("/usr/bin/git", "status"))',
        'import subprocess\nsubprocess.check_output("git status", shell=True)',
    ],
)
def test_git_is_found_in_a_module_that_starts_another_program(planted: str) -> None:
    assert len(strays(ast.parse(planted), "runs/bounds/hold.py")) == 1
    assert len(strays(ast.parse(planted), "units.py")) == 2  # the import, too


@pytest.mark.parametrize(
    "planted",
    [
        '__import__("subprocess").run(command)',
        '__import__("sub" + "process")',
        "import builtins\nload = builtins.__import__",
        'importlib.import_module("subprocess")',
        'from importlib import import_module as load\nload("multiprocessing.pool")',
        'sys.modules["subprocess"].run(command)',
        "import os as o\no.popen(command)",
        "from os import system",
        "from os import execv as become",
        'getattr(os, "popen")(command)',
        "import multiprocessing",
        "from multiprocessing import get_context",
        "from concurrent.futures import ProcessPoolExecutor",
        "import psutil\npsutil.Popen(command)",
        "import concurrent.futures.process",
        "import posix",
    ],
)
def test_a_start_that_hides_is_found(planted: str) -> None:
    assert strays(ast.parse(planted))


def test_a_crew_starts_no_other_program() -> None:
    assert not strays(ast.parse("from multiprocessing import get_context"), "site/build/pool.py")
    assert strays(ast.parse("import subprocess"), "site/build/pool.py")
    assert strays(ast.parse("import os\nos.popen(command)"), "site/build/pool.py")
    assert all(CREW.search((PACKAGE / where).read_text()) for where in CREWS), "take it out of CREWS"


def test_every_module_that_may_start_a_program_does() -> None:
    idle = {where for where in STARTERS if "import subprocess\n" not in (PACKAGE / where).read_text()}
    assert not idle, "take it out of STARTERS"


@pytest.mark.parametrize(
    "allowed",
    [
        '"""/proc/stat"""',
        'def f():\n    """/sys/fs/cgroup"""',
        'reason = "/proc/stat tells nothing"',
        'KEYS = ("python", "git")',
        'told = f"git={revision}: no such commit"',
        'steps = [f"git pushes the branch {branch}"]',
        "from flopsbench.host.git.program import git\ngit(['status'], top, {})",
        "from flopsbench.host.trees import Places, format_cpus",
        "places.first.second",  # places on a board
        'share = part / "proc"',
        "from concurrent.futures import ThreadPoolExecutor",
        'importlib.import_module("pynvml")',
        'getattr(os, "environ")',
        'told = "subprocess of a worker"',
    ],
)
def test_what_only_speaks_of_them_is_allowed(allowed: str) -> None:
    assert strays(ast.parse(allowed)) == []
