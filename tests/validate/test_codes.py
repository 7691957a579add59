"""A finding's code leads to its check: the part before the dot is the stem of the module that yields the finding."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from flopsbench.validate.finding import CODES

PACKAGE = Path(__file__).parents[2] / "flopsbench"
TABLE = PACKAGE / "validate/finding.py"  # lists all codes and yields none
PREFIXES = {code.partition(".")[0] for code in CODES}


def yielded(program: str) -> Iterator[tuple[int, str]]:
    """Line and code of each finding that a program makes; of an f-string the part that is known, such as "text."."""
    for node in ast.walk(ast.parse(program)):
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "Finding":
            made = [*node.args[:1], *(keyword.value for keyword in node.keywords if keyword.arg == "code")]
        elif isinstance(node, ast.Tuple | ast.List):  # a code beside its sentence, or in a table
            made = node.elts
        elif isinstance(node, ast.Dict):
            made = node.values
        else:
            continue
        for part in made:
            for place in ast.walk(part) if not isinstance(part, ast.Call) else ():
                if (head := head_of(place)) in CODES or (head.removesuffix(".") in PREFIXES and head.endswith(".")):
                    yield place.lineno, head


def head_of(node: ast.AST) -> str:
    """The text that a string begins with, however it goes on; empty for anything else."""
    if isinstance(node, ast.JoinedStr) and node.values:
        node = node.values[0]
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def misplaced(path: Path, program: str) -> list[str]:
    """What a contributor is to be told of each code that a module yields and that is another's."""
    return [
        f"{path.name}:{line} yields {code!r}: move the check to a module {code.partition('.')[0]}.py, or let this one "
        "return the fault without a code, because a code's part before the dot names the module of its check"
        for line, code in sorted(set(yielded(program)))
        if code.partition(".")[0] != path.stem
    ]


@pytest.mark.parametrize("path", sorted(set(PACKAGE.rglob("*.py")) - {TABLE}), ids=lambda path: path.stem)
def test_a_code_is_yielded_by_the_module_that_it_names(path: Path) -> None:
    wrong = misplaced(path, path.read_text())
    assert not wrong, "\n".join(wrong)


def test_every_code_is_written_in_one_module_alone() -> None:
    homes: dict[str, set[Path]] = defaultdict(set)
    for path in set(PACKAGE.rglob("*.py")) - {TABLE}:
        for _, code in yielded(path.read_text()):
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
    ],
)
def test_a_code_that_is_another_modules_is_caught(planted: str) -> None:
    program = f"def check():\n    {planted}\n"
    assert misplaced(PACKAGE / "validate/physics.py", program)
    assert not misplaced(PACKAGE / "validate/timing.py", program)


def test_what_only_reads_a_code_is_let_be() -> None:
    program = 'def title(finding):\n    return finding.code == "timing.wall" or finding.code.startswith("timing.")\n'
    assert not misplaced(PACKAGE / "validate/physics.py", program)
