"""Tests rule 6, names: those of chips stand in peaks/, those of the reasons for a lower clock in result/throttle.py."""

from __future__ import annotations

import ast
import re

import pytest

from flopsbench.peaks.datasheet import load_accelerators
from flopsbench.peaks.microarchitecture import microarchitectures
from flopsbench.result.throttle import THROTTLE_REASONS
from tests.house.sources import modules, place, tree
from tests.house.test_rules import of_every_module, text_constants

# --- chips

ARCHITECTURE = re.compile(r"sm_\d+[a-z]?|gfx\d+|Zen \d|[A-Z][a-z]+ Lake")
BOARDS = load_accelerators().values()
CORES = microarchitectures()
ROWS = {
    *(name for board in BOARDS for name in (board.id, board.name, *board.names_seen)),
    *(core.name for core in CORES),
}
NAMES = ROWS | {name.partition(" (")[0] for name in ROWS}  # "Haswell (server)" is Haswell, too
NAMED = re.compile(rf"(?i)(?<![\w-])(?:{'|'.join(map(re.escape, sorted(NAMES, key=len, reverse=True)))})(?![\w-])")
# Who names a row of the table, and for what; no figure stands beside it.
WHO_NAME = {
    ("cli/scale.py", "h200-sxm"): "an example, in the help",
    ("proof/bands.py", "Zen 4"): "where the bands were measured, in the sentence that says so",
    ("proof/bands.py", "Zen 5"): "where two of them were measured, likewise",
    ("scale/aggregates.py", "h100-sxm"): "the board that an H100e counts",
    ("scale/ladder.py", "b200-sxm"): "a landmark",
    ("scale/ladder.py", "h200-sxm"): "a landmark",
    ("scale/ladder.py", "rtx-4090"): "a landmark",
    ("scale/meaning.py", "b200-sxm"): "a card that readers know",
    ("scale/meaning.py", "h200-sxm"): "a card that readers know",
    ("scale/meaning.py", "rtx-4090"): "a card that readers know",
}


def chips(module: ast.Module) -> set[str]:
    """Return what a module writes of chips: the name of an architecture, or, also within a text, of a table's row."""
    texts = list(text_constants(module))
    return {text for text in texts if ARCHITECTURE.fullmatch(text)}.union(*map(NAMED.findall, texts))


def test_what_is_known_of_a_chip_stands_in_peaks() -> None:
    found = {(where, name) for where, names in of_every_module(chips, but="peaks/").items() for name in names}
    assert not found - WHO_NAME.keys(), "move the figure to peaks/, one row per chip, with its source"
    assert not WHO_NAME.keys() - found, "no longer named: take it off the list"


@pytest.mark.parametrize(
    ("planted", "names"),
    [
        ('TABLE = {"sm_90": 1, "Zen 4": 2, "cuda": 3}', {"sm_90", "Zen 4"}),
        ('PEAKS = {"h100-sxm": 1, "rtx-4090": 2}', {"h100-sxm", "rtx-4090"}),
        ('fast = name == "NVIDIA H100 80GB HBM3"', {"NVIDIA H100 80GB HBM3"}),
        ('name.startswith("Tesla T4")', {"Tesla T4"}),
        ('x = "Neoverse V1" in model', {"Neoverse V1"}),
        ('x = "AMD INSTINCT MI300X" in name', {"AMD INSTINCT MI300X"}),
        ('x = f"as fast as an {name} or NVIDIA H200"', {"NVIDIA H200"}),
        ('x = model == "Haswell"', {"Haswell"}),
        ('match core.name:\n    case "Haswell (server)": x = 1', {"Haswell (server)"}),
    ],
)
def test_a_chip_is_seen(planted: str, names: set[str]) -> None:
    assert chips(ast.parse(planted)) == names


@pytest.mark.parametrize("allowed", ['x = "sm_90a.cubin"', 'x = "zenith"', 'x = "h100-sxm-2"', '"""Is for Zen 4."""'])
def test_what_names_no_chip_is_let_be(allowed: str) -> None:
    assert not chips(ast.parse(allowed))


# --- reasons for a lower clock

THROTTLE = "result/throttle.py"
# The one plain word among them is looked for as a whole text alone.
REASON = re.compile("|".join(rf"\b{name}\b" if "_" in name else rf"\A{name}\Z" for name in THROTTLE_REASONS.values()))


def throttle_reasons(module: ast.Module) -> set[str]:
    """Return the reasons for a lower clock that a module writes."""
    return {found for text in text_constants(module) for found in REASON.findall(text)}


def test_a_reason_for_a_lower_clock_is_written_in_one_module() -> None:
    found = {place(path): names for path in modules() if (names := throttle_reasons(tree(path)))}
    assert not found.keys() - {THROTTLE}, "name it in result/throttle.py, alone or in a set, and import the name"
    assert found[THROTTLE] == set(THROTTLE_REASONS.values()), "nothing is seen"


@pytest.mark.parametrize(
    "planted",
    [
        'x = "gpu_idle" in reasons',
        'LIMITS = {"sw_power_cap"}',
        'match reason:\n    case "board_limit": f()',
        'x = reason == "reliability"',
        'x = "hw_slowdown,hw_slowdown".split(",")',
    ],
)
def test_a_reason_that_is_written_again_is_seen(planted: str) -> None:
    assert len(throttle_reasons(ast.parse(planted))) == 1


@pytest.mark.parametrize("allowed", ['x = "of its reliability"', 'x = "idle"', '"""Is gpu_idle."""'])
def test_what_is_no_reason_is_let_be(allowed: str) -> None:
    assert not throttle_reasons(ast.parse(allowed))
