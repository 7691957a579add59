"""Tests the rules that keep the house good; each failure says what to do. CONTRIBUTING.md lists them."""

from __future__ import annotations

import ast
import re
import symtable
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from flopsbench.problem import OPS
from flopsbench.track import defaults
from tests.house.sources import DOORS, PACKAGE, ROOT, definitions, modules, place, room, tree

MOST, FEWEST = 12, 2
WIDER = {"cli"}  # one module per command
ONE_HOME = ("check", "read", "run", "write", "make")
T = TypeVar("T")


def of_every_module(look: Callable[[ast.Module], Iterable[T]], but: str = "-") -> dict[str, list[T]]:
    """Return what ``look`` finds in each module where it finds anything, but for places that begin with ``but``."""
    found = {place(path): list(look(tree(path))) for path in modules() if not place(path).startswith(but)}
    return {where: things for where, things in found.items() if things}


# --- rule 1: the width of a folder


def rooms_of(folder: Path) -> list[str]:
    """Return what a folder holds: its modules, and the folders of modules in it."""
    files = [path.stem for path in folder.glob("*.py") if path.stem not in DOORS]
    return sorted([*files, *(path.parent.name for path in folder.glob("*/__init__.py"))])


def test_at_most_twelve_modules_lie_at_the_top() -> None:
    files = [path.name for path in PACKAGE.glob("*.py")]
    assert len(files) <= MOST, f"{len(files)} modules at the top: put the new one into the folder it belongs to"


@pytest.mark.parametrize("folder", sorted({path.parent for path in modules()} - {PACKAGE}), ids=place)
def test_a_folder_holds_two_to_twelve_modules(folder: Path) -> None:
    rooms = rooms_of(folder)
    assert len(rooms) >= FEWEST, f"{place(folder)}/ holds {rooms} alone: make it a module of the folder above"
    if place(folder) not in WIDER:
        assert len(rooms) <= MOST, f"{place(folder)}/ holds {len(rooms)} modules: group those of one idea into a folder"


# --- rule 3: one name, one thing


def places_of(names: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Return the names that stand in more than one place, with the places."""
    found: dict[str, list[str]] = defaultdict(list)
    for name, where in names:
        found[name].append(where)
    return {name: places for name, places in found.items() if len(places) > 1}


def class_names_of(module: ast.Module) -> Iterator[str]:
    """Yield the name of every class of a module; a private one counts as if it were public."""
    for node in definitions(module):
        if isinstance(node, ast.ClassDef):
            yield node.name.lstrip("_")


def public_functions() -> Iterator[tuple[str, str]]:
    for path in modules():
        for node in tree(path).body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                yield node.name, place(path)


def test_no_class_name_stands_twice() -> None:
    every = ((name, place(path)) for path in modules() for name in class_names_of(tree(path)))
    assert not places_of(every), "two classes of one name: name each after what it is, or make one of them"


def test_no_two_public_functions_are_called_check_read_run_write_or_make() -> None:
    twice = {name: places for name, places in places_of(public_functions()).items() if name in ONE_HOME}
    assert not twice, "say in the function's name what it checks, reads, runs, writes or makes"


def test_doubles_are_seen() -> None:
    assert places_of([("Side", "a.py"), ("Side", "b.py"), ("Pair", "a.py")]) == {"Side": ["a.py", "b.py"]}
    assert list(class_names_of(ast.parse("class Entry: ...\nclass _Entry: ..."))) == ["Entry", "Entry"]


# --- rule 6: each Literal, default and constant of the schema is written once


def literals(module: ast.Module) -> Iterator[ast.expr]:
    """Yield what stands in every ``Literal``, by whatever name that was imported."""
    imports = (node for node in ast.walk(module) if isinstance(node, ast.ImportFrom))
    aliases = {alias.asname or "Literal" for node in imports for alias in node.names if alias.name == "Literal"}
    for node in ast.walk(module):
        if isinstance(node, ast.Subscript):
            name = ast.unparse(node.value)
            if name in aliases or name.endswith(".Literal"):
                yield node.slice


def values(literal: ast.expr) -> list[str]:
    """Return the values of a ``Literal``, in an order of their own."""
    return sorted(map(ast.unparse, literal.elts if isinstance(literal, ast.Tuple) else [literal]))


def test_each_literal_is_written_once() -> None:
    every = ((", ".join(values(literal)), place(path)) for path in modules() for literal in literals(tree(path)))
    assert not places_of(every), "give the Literal a name where it is at home, and import that"


@pytest.mark.parametrize(
    "form", ["from typing import Literal", "from typing import Literal as L", "import typing as t"]
)
def test_a_literal_is_seen_under_any_name(form: str) -> None:
    name = {"as L": "L", "as t": "t.Literal"}.get(form[-4:], "Literal")
    found = literals(ast.parse(f"{form}\nx: {name}['b', 'a']\ny: {name}['c'] | None\nz: list[int]"))
    assert [values(literal) for literal in found] == [["'a'", "'b'"], ["'c'"]]


SCHEMA_CONSTANTS = {"CC0-1.0", "not_reached", *OPS}  # beside the names of schemas, which are Literals of one


def text_constants(module: ast.Module) -> Iterator[str]:
    documented = {id(node.value) for node in ast.walk(module) if isinstance(node, ast.Expr)}
    for node in ast.walk(module):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documented:
            yield node.value


def test_a_constant_of_the_schema_is_written_in_one_module() -> None:
    every = [literal for path in modules() for literal in literals(tree(path))]
    constants = SCHEMA_CONSTANTS | {str(one.value) for one in every if isinstance(one, ast.Constant)}
    assert {"flopsbench.result", "flopsbench.noise", "gemm"} <= constants
    homes = {path: constants & set(text_constants(tree(path))) for path in modules()}
    twice = places_of((constant, place(path)) for path, found in homes.items() for constant in found)
    assert not twice, "name it in the module of its type, and import the name"
    assert set.union(*homes.values()) == constants, "written nowhere"


# --- rule 6, defaults: what is assumed where nothing is asked stands in track/defaults.py

DEFAULTS = {name: value for name, value in vars(defaults).items() if name.isupper()}
A_DEFAULT = re.compile(r"(?:\w*_)?(?:MARGIN|PAIRS)|USUAL_RUNS|INSTALL")
A_BOUND = re.compile(r"(?:FEWEST|MOST)_\w+")  # of a method: what it needs, and what it can take


def defaults_of(module: ast.Module) -> Iterator[str]:
    """Yield the margins and numbers of pairs that a module writes itself: as a constant, a default or an argument."""
    for node in ast.walk(module):
        for name, value in bound(node):
            constant = value.value if isinstance(value, ast.Constant) else None
            if not A_DEFAULT.fullmatch(name.upper()) or A_BOUND.fullmatch(name.upper()):
                continue
            if constant in DEFAULTS.values() or (name.isupper() and isinstance(constant, int | float | str)):
                yield f"line {value.lineno}: {name} = {constant!r}"


def bound(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """Yield the names that a node binds to values: of assignments, of parameters' defaults, of arguments."""
    if isinstance(node, ast.Assign):
        for target in node.targets:
            names = target.elts if isinstance(target, ast.Tuple) else [target]
            several = isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple)
            yield from zip(map(ast.unparse, names), node.value.elts if several else [node.value], strict=False)
    elif isinstance(node, ast.AnnAssign) and node.value:
        yield ast.unparse(node.target), node.value
    elif isinstance(node, ast.keyword) and node.arg:
        yield node.arg, node.value
    elif isinstance(node, ast.arguments):
        positional = [*node.posonlyargs, *node.args]
        given = [
            *zip(positional[::-1], node.defaults[::-1], strict=False),
            *zip(node.kwonlyargs, node.kw_defaults, strict=True),
        ]
        yield from ((parameter.arg, value) for parameter, value in given if value)


def test_each_default_is_written_once() -> None:
    found = of_every_module(defaults_of, but="track/defaults.py")
    assert not found, "name it in track/defaults.py, and import the module"


@pytest.mark.parametrize(
    "planted",
    [
        "MARGIN = 0.02",
        "AB_MARGIN: Final = 0.05",
        "FEWEST, PAIRS = 6, 20",
        "def f(margin: float = 0.02): ...",
        "def f(*, pairs: int = 14): ...",
        "f(margin=0.1)",
        'INSTALL = "python -m pip install ."',
    ],
)
def test_a_default_that_is_written_again_is_seen(planted: str) -> None:
    assert len(list(defaults_of(ast.parse(planted)))) == 1


@pytest.mark.parametrize(
    "allowed",
    [
        "FEWEST_PAIRS, MOST_PAIRS = 6, 30",
        "MARGIN = units.share(defaults.MARGIN)",
        "f(margin=0.0)",
        "PAIRS: int",
        "x = 14",
    ],
)
def test_what_is_no_default_is_let_be(allowed: str) -> None:
    assert not list(defaults_of(ast.parse(allowed)))


# --- rule 7: typed records between functions

TYPED = ("measure", "runs", "analysis", "track")


ANYTHING = re.compile(r"\bAny\b|(?:[dD]ict|Mapping)\[\w+, object\]")


def untyped(module: ast.Module) -> list[str]:
    """Return the functions that return anything, or a dictionary of anything."""
    functions = (node for node in definitions(module) if not isinstance(node, ast.ClassDef) and node.returns)
    return [node.name for node in functions if ANYTHING.search(ast.unparse(node.returns))]


def test_no_dictionary_of_anything_leaves_a_function() -> None:
    found = {where: names for where, names in of_every_module(untyped).items() if where.startswith(TYPED)}
    assert not found, "return a record with named, typed fields instead"


@pytest.mark.parametrize(
    "returned",
    [
        "dict[str, Any]",
        "dict[str, Any] | None",
        "Mapping[str, Any]",
        "dict[str, object]",
        "MutableMapping[str, object]",
        "Iterator[dict[str, Any]]",
        "'dict[str, Any]'",
        "Any",
        "typing.Any | None",
    ],
)
@pytest.mark.parametrize("kind", ["def", "async def"])
def test_a_dictionary_of_anything_is_seen(kind: str, returned: str) -> None:
    assert untyped(ast.parse(f"{kind} f() -> {returned}: ...\ndef g() -> dict[str, int]: ...")) == ["f"]


# --- rule 8: tests mirror the folders; what marks them is tested by tests/guard.py at each test

# What belongs to no folder of the package.
BESIDE = {"gpu", "house", "kernels", "perf", "strangers", "golden", "workflows", "made_up_platform"}


def test_every_folder_of_modules_has_its_tests_in_a_folder_of_its_name() -> None:
    folders = {path.parent for path in modules() if path.stem not in DOORS} - {PACKAGE}
    tested = {path.parent.relative_to(ROOT / "tests") for path in (ROOT / "tests").rglob("test_*.py")}
    bare = [place(folder) for folder in folders if not {folder.relative_to(PACKAGE), Path(room(folder))} & tested]
    assert not bare, "lay the tests of a folder into the folder of its name under tests/, or into the one above"


def test_every_folder_of_tests_has_the_name_of_a_folder_of_modules() -> None:
    found = {path.parent.relative_to(ROOT / "tests") for path in (ROOT / "tests").rglob("*.py")}
    odd = [str(folder) for folder in found if not (PACKAGE / folder).is_dir() and folder.parts[0] not in BESIDE]
    assert not odd, "name the folder after the one that it tests, or add it to BESIDE and to CONTRIBUTING.md"


# --- rule 10: the address of an object is no name for it


def addresses(source: str) -> list[str]:
    """Return the scopes of a module that use ``id`` of Python, and not a name of their own."""
    top = symtable.symtable(source, "module", "exec")
    own = "id" in top.get_identifiers() and top.lookup("id").is_local()
    found = [scope.get_name() for scope in _scopes(top) if not own and _uses_builtin(scope)]
    qualified = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Attribute) and node.attr == "id"]
    return found + ["builtins.id" for node in qualified if ast.unparse(node.value).endswith("builtins")]


def _scopes(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    yield table
    for child in table.get_children():
        yield from _scopes(child)


def _uses_builtin(scope: symtable.SymbolTable) -> bool:
    return "id" in scope.get_identifiers() and scope.lookup("id").is_global() and scope.lookup("id").is_referenced()


def test_no_module_tells_objects_apart_by_their_addresses() -> None:
    found = {place(path): scopes for path in modules() if (scopes := addresses(path.read_text()))}
    assert not found, "an address is given to another object once the first is gone: keep the object, or number it"


@pytest.mark.parametrize(
    "planted",
    [
        "x = {id(worker): 1}",
        "def f(worker):\n    return notes[id(worker)]",
        "y = sorted(x, key=id)",
        "f = lambda x: id(x)",
        "import builtins\nx = builtins.id(y)",
        "class A:\n    def id(self): ...\n    def f(self): return id(self)",
    ],
)
def test_an_address_is_seen(planted: str) -> None:
    assert len(addresses(planted)) == 1


@pytest.mark.parametrize(
    "allowed",
    [
        "def f(id): return split(id)",
        "class A:\n    id: str\n    def f(self): return self.id",
        "def f():\n    for id in ids: g(id)",
        "x = [id for id in ids]",
    ],
)
def test_an_id_of_another_kind_is_let_be(allowed: str) -> None:
    assert not addresses(allowed)
