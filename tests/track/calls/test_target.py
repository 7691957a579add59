"""What of a project is asked for: one thing at a time, with sensible amounts, and read back from its title."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopsbench.errors import UsageError
from flopsbench.problem import Amount
from flopsbench.result.types import Options
from flopsbench.track.calls.target import CallTarget, parse_target, target_of, with_target
from flopsbench.track.suite.callable import A_CALL

WORDS = st.lists(st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1), min_size=1, max_size=4)


def asked(**options: Any) -> CallTarget | None:
    return parse_target(**{"suite": None, "call": None, "command": None} | options)


def test_what_is_asked_for_is_a_target() -> None:
    assert asked() is None
    assert asked(suite=[]) == CallTarget("suite", [])
    assert asked(suite=["tests", "-k", "a or b"]) == CallTarget("suite", ["tests", "-k", "a or b"])
    assert asked(call="pack.age:fun.ction") == CallTarget("call", ["pack.age:fun.ction"], A_CALL)
    assert asked(call="p:f", flop=2e9) == CallTarget("call", ["p:f"], Amount(2_000_000_000, "FLOP/s", 0))
    assert asked(call="p:f", bytes=8, sync="t.c:s") == CallTarget("call", ["p:f"], Amount(8, "B/s", 0), "t.c:s")
    assert asked(command="./run 'a b'", flop=1) == CallTarget("command", ["./run", "a b"], Amount(1, "FLOP/s", 0))


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"suite": [], "call": "p:f"}, "--suite --call: one at a time"),
        ({"call": "p:f", "command": "x"}, "--call --command: one at a time"),
        ({"suite": [], "flop": 1.0}, "--flop is the work of --call or --command"),
        ({"bytes": 1.0}, "--bytes is the work of"),
        ({"command": "x", "sync": "p:f"}, "--sync waits for the device of --call"),
        ({"call": "p:f", "flop": 1.0, "bytes": 1.0}, "--flop and --bytes"),
        ({"call": "p:f", "flop": 0.0}, "--flop: the work of one call is a positive number"),
        ({"call": "p:f", "bytes": float("nan")}, "--bytes: the work of one call is a positive number"),
        ({"call": "p:f", "flop": 1e30}, "--flop: the work"),
        ({"call": "p"}, "--call 'p': write package.module:function"),
        ({"call": "p:"}, "--call 'p:'"),
        ({"call": "p-q:f"}, "--call 'p-q:f'"),
        ({"call": "p:f", "sync": "torch.cuda.synchronize"}, "--sync 'torch.cuda.synchronize'"),
        ({"command": "  "}, "--command is empty"),
        ({"command": "a 'b"}, "cannot be read: No closing quotation"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_sentence(options: dict[str, Any], told: str) -> None:
    with pytest.raises(UsageError) as caught:
        asked(**options)
    assert told in str(caught.value)


@given(WORDS)
def test_a_title_is_read_back(words: list[str]) -> None:
    for target in (CallTarget("suite", words), CallTarget("command", words), CallTarget("suite", [])):
        assert target_of(target.title) == target


def test_a_title_keeps_what_waits_for_the_device() -> None:
    target = CallTarget("call", ["p:f"], Amount(3, "FLOP/s", 0), "torch.cuda:synchronize")
    assert target_of(target.title, target.work) == target
    assert target_of("call p:f") == CallTarget("call", ["p:f"])


def test_what_is_no_title_is_refused() -> None:
    with pytest.raises(UsageError, match="names no suite, call or command"):
        target_of("gemm fp32")


def test_options_say_what_was_asked_for() -> None:
    assert with_target(Options(["auto"]), CallTarget("suite", ["-k", "a b"])).calls == ["suite -k 'a b'"]
