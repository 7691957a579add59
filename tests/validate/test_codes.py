"""A finding's code leads to its check: the part before the dot is the stem of the module that yields the finding."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from flopsbench.validate.finding import CODES
from tests.house.sources import PACKAGE, modules, place, room, tree

CHECKS = {"validate", "registry"}  # the folders whose modules yield findings
# All but the table of all codes, which yields none.
MODULES = [path for path in modules() if place(path) != "validate/finding.py"]
PREFIXES = {code.partition(".")[0] for code in CODES}


def written(program: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and code of each code in a program, but for those that something is compared with.

    Of a text that is put together it is the part that is known, such as "text.".
    """
    compared = {id(part) for node in ast.walk(program) for part in _compared(node)}
    for node in ast.walk(program):
        head = head_of(node)
        begun = isinstance(node, ast.JoinedStr | ast.BinOp) and head.endswith(".") and head[:-1] in PREFIXES
        if begun or (head in CODES and id(node) not in compared):
            yield node.lineno, head


def _compared(node: ast.AST) -> Iterator[ast.AST]:
    """The texts that a comparison or a pattern holds, also those in a list of several."""
    for side in [node.left, *node.comparators] if isinstance(node, ast.Compare) else []:
        yield from side.elts if isinstance(side, ast.Tuple | ast.List | ast.Set) else [side]
    if isinstance(node, ast.MatchValue):
        yield node.value


def head_of(node: ast.AST) -> str:
    """The text that a string begins with, however it goes on; empty for anything else."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left = head_of(node.left)
        return left + head_of(node.right) if left else ""
    if isinstance(node, ast.JoinedStr) and node.values:
        node = node.values[0]
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def misplaced(path: Path, program: ast.Module) -> list[str]:
    """What a contributor is to be told of each code that stands in a module and is another's."""
    return [
        f"{place(path)}:{line} yields {code!r}: move the check to a module {code.partition('.')[0]}.py of validate/ or "
        "registry/, or let this one return the fault without a code, because a code's part before the dot names the "
        "module of its check"
        for line, code in sorted(set(written(program)))
        if code.partition(".")[0] != path.stem or room(path) not in CHECKS
    ]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_a_code_is_yielded_by_the_module_that_it_names(path: Path) -> None:
    wrong = misplaced(path, tree(path))
    assert not wrong, "\n".join(wrong)


def test_every_code_is_written_in_one_module_alone() -> None:
    homes: dict[str, set[Path]] = defaultdict(set)
    for path in MODULES:
        for _, code in written(tree(path)):
            homes[code].add(path)
    assert not {code: paths for code, paths in homes.items() if len(paths) > 1}, "a code has one check: merge the two"
    begun = tuple(code for code in homes if code not in CODES)  # "integrity.": the kind is known when it runs
    assert not {code for code in CODES if code not in homes and not code.startswith(begun)}, "a code nobody yields"


@pytest.mark.parametrize(
    "planted",
    [
        'yield Finding("timing.wall", "took too long")',
        'yield finding.Finding(f"timing.{kind}", "took too long", case.case)',
        'found = [Finding(code="timing.wall", sentence="took too long")]',
        'yield "timing.wall", "took too long"',
        'yield Finding("timing.wall" if long else "timing.blocks", "took too long")',
        'FORMS = {"host.kernel": (pattern, "timing.wall")}',
        'FORMS = {"host.kernel": "timing.wall"}',
        'code = "timing.wall"\n    yield Finding(code, "took too long")',
        'yield Finding("timing." + kind, "took too long")',
        'yield Finding("timing" + ".wall", "took too long")',
        'yield Finding("timing." + f"{kind}", "took too long")',
        'return dict(code="timing.wall")',
    ],
)
def test_a_code_that_is_another_modules_is_caught(planted: str) -> None:
    program = ast.parse(f"def check():\n    {planted}\n")
    assert misplaced(PACKAGE / "validate/physics.py", program)
    assert misplaced(PACKAGE / "render/timing.py", program)
    assert not misplaced(PACKAGE / "validate/timing.py", program)
    assert not misplaced(PACKAGE / "registry/timing.py", program)


@pytest.mark.parametrize(
    "read",
    [
        'return finding.code == "timing.wall" or finding.code.startswith("timing.")',
        'return finding.code in ("timing.wall", "timing.blocks")',
        'match finding.code:\n        case "timing.wall":\n            return 1',
    ],
)
def test_what_only_reads_a_code_is_let_be(read: str) -> None:
    assert not misplaced(PACKAGE / "validate/physics.py", ast.parse(f"def title(finding):\n    {read}\n"))
