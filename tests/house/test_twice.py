"""Tests rule 6, values: no constant that says something, and no long text, is written in two modules."""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Iterator
from decimal import Decimal

import pytest

from tests.house.sources import modules, place, room, tree
from tests.house.test_rules import places_of, text_constants

FEWEST_DIGITS = 3  # significant ones: a rounder number is equal to another by chance
HALF = 0.5  # the mantissa of a power of two
SENTENCE = 25  # characters, with a space among them

# Constants that are equal and mean different things, by their value.
COINCIDENCES = {
    "128": "the smallest edge that a case is shrunk to; the elements that a band of errors takes",
    "'1.0'": "the schemas of two kinds of document, each with a history of its own",
    "'1.1'": "the schemas of two kinds of document, each with a history of its own",
    "1.25": "the room a proof takes beside the operands; the boost above a datasheet's clock",
    "('fp64', 'fp32')": "what numpy's BLAS multiplies; what numpy's generator draws itself",
    "1.02": "how long a block may seem beside its worker's clock; how far a rate may lie above its peak",
    "1024": "the names of devices remembered; the least edge of a ranked case",
    "256": "the edge from which a case is probed; the most sets of operands",
    "65536": "the quantiles of N(0,1) that narrow formats are drawn from; the bytes read from a process at once",
    "16384": "the bytes of a signature; the texts that a search remembers",
}
# Numbers that are equal to a constant of another module and mean something else, by module and value.
ANOTHER: dict[tuple[str, float], str] = {
    ("backends/cupy/arrays.py", 127): "the code of a NaN of FP8, which is no number of int8",
    ("telemetry/cuda_error.py", 999): "CUDA's number for an unknown error, which is NVML's by chance",
    ("backends/operands.py", 127): "the bits of an FP8 below its sign, which are no number of int8",
}
# Texts that may not be shared.
SAME_WORDS = {
    "ieee, fast accumulation off": "the validator knows a mode by what documents say, and imports no backend",
}


def constants(module: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield the value of each constant of a module that says something, with its name."""
    for node in module.body:
        value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        several = isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple)
        pairs = zip(target.elts, value.elts, strict=True) if several else [(target, value)]
        for name, found in pairs:
            if found is not None and name is not None and ast.unparse(name) != "__all__" and says_something(found):
                yield simplified(found), ast.unparse(name)


def says_something(value: ast.expr) -> bool:
    """Whether a value is a number of several digits, a text, or a collection of such."""
    if isinstance(value, ast.Tuple | ast.List | ast.Set):
        return len(value.elts) > 1 and all(isinstance(each, ast.Constant) for each in value.elts)
    found = number(value)
    if found is not None:
        return len(Decimal(repr(found)).normalize().as_tuple().digits) >= FEWEST_DIGITS
    return isinstance(value, ast.Constant) and isinstance(value.value, str) and len(value.value) >= FEWEST_DIGITS


def number(value: ast.expr) -> float | int | None:
    """Return what a number, or numbers with operators between them, come to; None for anything else."""
    parts = {type(node) for node in ast.walk(value)} - {ast.Constant, ast.BinOp, ast.UnaryOp, ast.USub}
    if any(not issubclass(part, ast.operator) for part in parts):
        return None
    found = eval(ast.unparse(value))  # of numbers alone
    return found if isinstance(found, int | float) and not isinstance(found, bool) else None


def simplified(value: ast.expr) -> str:
    """Return a value as text, equal for 2**10 and 1024."""
    found = number(value)
    return ast.unparse(value) if found is None else repr(found)


def long_texts(module: ast.Module) -> set[str]:
    """Return the texts of a module that are as long as a sentence, parts of f-strings included."""
    texts = {text.strip() for text in text_constants(module)}
    return {text for text in texts if len(text) >= SENTENCE and " " in text}


def numbers(node: ast.AST) -> Iterator[tuple[float, int]]:
    """Yield each number of several digits below a node, also a sum or product of numbers, with its line.

    Powers of two are left out: they are widths, sizes of memory and bits, and equal each other by chance.
    """
    for part in ast.walk(node):
        found = number(part) if isinstance(part, ast.expr) and not isinstance(part, ast.Constant | ast.Name) else None
        if isinstance(part, ast.Constant) and isinstance(part.value, int | float) and not isinstance(part.value, bool):
            found = part.value
        if found is not None and says_something(part) and math.frexp(abs(found))[0] != HALF:
            yield found, part.lineno


def named_numbers(module: ast.Module) -> set[float]:
    """Return the numbers of several digits that are constants of a module, with a name."""
    return {float(value) for value, _ in constants(module) if re.fullmatch(r"-?[\d.]+(?:e[-+]?\d+)?", value)}


def products(module: ast.Module) -> Iterator[str]:
    """Yield each product of m, n and k, or of two and a cube: the work of a GEMM."""
    for node in ast.walk(module):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
            factors = list(_factors(node))
            last = {ast.unparse(factor).rpartition(".")[2] for factor in factors}
            cubes = any(ast.unparse(each).endswith("** 3") for each in factors)
            if last >= {"m", "n", "k"} or (cubes and last & {"2", "2.0"}):
                yield f"line {node.lineno}: {ast.unparse(node)}"
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("prod"):
            names = {name.rpartition(".")[2] for name in re.findall(r"[\w.]+", ast.unparse(node))}
            if names >= {"m", "n", "k"}:
                yield f"line {node.lineno}: {ast.unparse(node)}"


def _factors(node: ast.expr) -> Iterator[ast.expr]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        yield from _factors(node.left)
        yield from _factors(node.right)
    else:
        yield node


def test_a_number_that_has_a_name_is_written_nowhere_else() -> None:
    homes = {path: named_numbers(tree(path)) for path in modules()}
    named = set[float]().union(*homes.values())
    assert len(named) >= 5, "nothing is seen"
    found = {
        (place(path), value) for path in modules() for value, _ in numbers(tree(path)) if value in named - homes[path]
    }
    assert not found - ANOTHER.keys(), "import the constant that has this value, or say in ANOTHER that it is chance"
    assert not ANOTHER.keys() - found, "no longer equal: take it off the list"


def test_the_work_of_a_gemm_is_written_in_one_module() -> None:
    found = {place(path): told for path in modules() if (told := list(products(tree(path))))}
    assert found.keys() <= {"problem.py"}, "ask the problem for its amount, or the row of OPS"
    assert found.keys() == {"problem.py"}, "nothing is seen"


@pytest.mark.parametrize(
    ("planted", "value"),
    [
        ("def f(x): return x * 1.4826", 1.4826),
        ("f(scale=1.4826)", 1.4826),
        ("class A:\n    x: float = 1.4826", 1.4826),
        ("x = {1: -1.4826}", 1.4826),
        ("x = y / (2 * 1.4826)", 1.4826),
        ("def f(a=365.25 * 86_400): ...", 31_557_600),
        ("x = lambda: 31557600", 31_557_600),
    ],
)
def test_a_number_is_seen_wherever_it_stands(planted: str, value: float) -> None:
    assert value in {found for found, _ in numbers(ast.parse(planted))}
    assert value in named_numbers(ast.parse(f"X = {value}"))


@pytest.mark.parametrize("planted", ["x = y * 1024", "x = y / 2**30", "x = 0.05 * y", "f(1e9, 30.0)", "x = 'a1.4826'"])
def test_a_round_number_and_a_power_of_two_are_let_be(planted: str) -> None:
    assert not list(numbers(ast.parse(planted)))


@pytest.mark.parametrize(
    "planted",
    [
        "x = 2 * m * n * k",
        "x = 2.0 * case.m * case.n * case.k",
        "x = case.k * (2 * case.n) * float(m) * m",
        "x = math.prod((2, m, n, k))",
        "x = 2 * edge**3",
    ],
)
def test_the_work_of_a_gemm_is_seen(planted: str) -> None:
    assert list(products(ast.parse(planted)))


@pytest.mark.parametrize("allowed", ["x = m * k + k * n", "x = 2 * m * n", "x = edge**3", "x = 'flop=2 * m * n * k'"])
def test_another_product_is_let_be(allowed: str) -> None:
    assert not list(products(ast.parse(allowed)))


def test_a_constant_is_written_in_one_module() -> None:
    named = {path: dict(constants(tree(path))) for path in modules()}
    twice = places_of(
        (value, f"{place(path)}: {name}") for path, every in named.items() for value, name in every.items()
    )
    assert not twice.keys() - COINCIDENCES.keys(), "give it one home, or say in COINCIDENCES that it is chance"
    assert not COINCIDENCES.keys() - twice.keys(), "no longer equal: take it off the list"


def test_a_long_text_is_written_in_one_module() -> None:
    inner = [path for path in modules() if room(path) != "words"]  # which translate what the others say
    twice = places_of((text, place(path)) for path in inner for text in long_texts(tree(path)))
    assert not twice.keys() - SAME_WORDS.keys(), "give it one home: a constant, or a function that says it"
    assert not SAME_WORDS.keys() - twice.keys(), "no longer equal: take it off the list"


@pytest.mark.parametrize(
    ("planted", "value"),
    [
        ("X = 1.4826", "1.4826"),
        ("X: Final = 2**63 - 1", "9223372036854775807"),
        ("A, B = 3, 1024", "1024"),
        ("X = 4 * 256", "1024"),
        ("X = ('=', '+')", "('=', '+')"),
        ("X = 'flopsbench.toml'", "'flopsbench.toml'"),
    ],
)
def test_a_constant_is_seen(planted: str, value: str) -> None:
    assert [found for found, _ in constants(ast.parse(planted))] == [value]


@pytest.mark.parametrize("planted", ["X = 0.05", "X = 3", "X = 30.0", "X = f(1.4826)", "X = ''", "X = True", "X = ()"])
def test_what_is_equal_by_chance_is_let_be(planted: str) -> None:
    assert not list(constants(ast.parse(planted)))


@pytest.mark.parametrize("planted", ['x = f"{a}: no file can be written there"', 'f("a sentence that is told again")'])
def test_a_long_text_is_seen(planted: str) -> None:
    assert len(long_texts(ast.parse(planted))) == 1
    assert not long_texts(
        ast.parse('"""Is a docstring, which may say it again."""\nx = "short"\ny = "a.long.path.to.some.field"')
    )
