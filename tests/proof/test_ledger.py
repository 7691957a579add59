"""The ledger keeps what was dealt, and what came of it, in order; its seeds follow from nothing."""

from __future__ import annotations

import random
from itertools import count
from typing import Any, get_args

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from flopsbench.measure.profiles import PROFILES, SUSTAINED_BLOCK_S, SUSTAINED_S
from flopsbench.measure.stopping import MOST_BLOCKS_KEPT
from flopsbench.problem import MOST_SETS
from flopsbench.proof.ledger import MOST_LOOKS, SEED_BITS, Apart, Chosen, Dealt, Ledger, Look, Purpose, Seen
from tests.proof.worker import Worker

PURPOSES: tuple[Purpose, ...] = get_args(Purpose)
DEALT_ONCE = Dealt(1, 4)


def look(loops: int = 1, **of: Any) -> Look:
    return Look(**{"loops": loops, "seconds": 0.5, "c": b"c"} | of)


def see(ledger: Ledger, look: Look) -> None:
    """Look, by a seed that was dealt for it."""
    ledger.enter("look", Dealt(look.seed, 1))
    ledger.looked(look)


def ready(sets: int = 4) -> Ledger:
    """A ledger of a case that can begin: operands by seed 1, their order by seed 2."""
    ledger = Ledger()
    ledger.enter("operands", Dealt(1, sets))
    ledger.enter("order", Dealt(2, sets))
    return ledger


# --- seeds


@pytest.mark.parametrize("purpose", PURPOSES)
def test_what_is_dealt_is_noted_by_its_purpose(purpose: Purpose) -> None:
    ledger = Ledger()
    seed = ledger.deal(purpose, 7)
    assert ledger.dealt == {purpose: Dealt(seed, 7)}
    other = ledger.deal(purpose, 8)
    assert ledger.dealt == {purpose: Dealt(other, 8)}
    assert other != seed


def test_seeds_are_of_all_bits_and_of_no_more_than_every_reader_of_json_takes() -> None:
    assert SEED_BITS == 63
    ledger = Ledger()
    seeds = [ledger.deal("operands", 1) for _ in range(64)]
    assert all(0 <= seed < 2**63 for seed in seeds)
    every = none = seeds[0]
    for seed in seeds:
        every, none = every | seed, none & seed
    assert (every, none) == (2**63 - 1, 0)  # each bit was seen set and not; by chance it is not once in 10^17


def test_seeds_follow_from_no_dice_that_a_kernel_can_set() -> None:
    dealt = []
    for _ in range(2):
        random.seed(1)
        np.random.seed(1)
        dealt.append([Ledger().deal(purpose, 3) for purpose in PURPOSES])
    assert not set(dealt[0]) & set(dealt[1])


# --- looks


def test_a_look_is_kept_with_what_had_been_dealt_until_then() -> None:
    ledger = ready()
    see(ledger, look(3))
    ledger.enter("order", Dealt(3, 4))
    see(ledger, look(5))
    ledger.enter("operands", Dealt(4, 6))
    see(ledger, look(7))
    assert ledger.seen == [
        Seen(look(3), Dealt(1, 4), Dealt(2, 4)),
        Seen(look(5), Dealt(1, 4), Dealt(3, 4)),
        Seen(look(7), Dealt(4, 6), Dealt(3, 4)),
    ]


@pytest.mark.parametrize("dealt", [(), ("operands",), ("order",), ("spots", "choice", "kinds")])
def test_what_comes_before_anything_was_dealt_is_nothing(dealt: tuple[Purpose, ...]) -> None:
    ledger = Ledger()
    for purpose in dealt:
        ledger.enter(purpose, Dealt(1, 4))
    see(ledger, look())
    ledger.enter("choice", Dealt(2, 4))
    assert (ledger.seen, ledger.chosen) == ([], None)


def test_the_look_after_spots_is_at_them_and_the_next_is_not() -> None:
    ledger = ready()
    ledger.enter("spots", Dealt(8, 4))
    ledger.enter("order", Dealt(9, 4))
    see(ledger, look())
    see(ledger, look())
    assert [(seen.spots, seen.order) for seen in ledger.seen] == [(Dealt(8, 4), Dealt(9, 4)), (None, Dealt(9, 4))]
    assert "spots" not in ledger.dealt


def test_memory_is_bounded_whoever_looks() -> None:
    ledger = ready()
    for loops in range(MOST_LOOKS + 10):
        see(ledger, look(loops))
    assert [seen.look.loops for seen in ledger.seen] == list(range(MOST_LOOKS))


def test_no_profile_has_as_many_looks_as_are_kept() -> None:
    """Three to a block: at spots, after an audit, and at what it did."""
    sustained = SUSTAINED_S / SUSTAINED_BLOCK_S
    turns = max(rules.turns for rules in PROFILES.values())
    assert 3 * max(MOST_BLOCKS_KEPT, sustained, turns) < MOST_LOOKS <= 10_000


@pytest.mark.parametrize(
    "noted",
    [
        DEALT_ONCE,
        look(),
        Seen(look(), DEALT_ONCE, DEALT_ONCE),
        Chosen(DEALT_ONCE, DEALT_ONCE, 1, DEALT_ONCE),
        Apart(DEALT_ONCE, DEALT_ONCE),
    ],
    ids=lambda noted: type(noted).__name__,
)
def test_what_is_noted_stays_as_it_is(noted: Any) -> None:
    with pytest.raises(AttributeError, match="immutable"):
        setattr(noted, noted.__struct_fields__[0], None)


# --- products


def test_the_choice_is_of_the_last_look() -> None:
    ledger = ready()
    see(ledger, look(3))
    see(ledger, look(4))
    ledger.enter("operands", Dealt(5, 4))
    ledger.enter("order", Dealt(6, 4))
    see(ledger, look(2))
    ledger.enter("operands", Dealt(7, 4))  # whatever is made ready meanwhile
    ledger.enter("choice", Dealt(8, 4))
    chosen = Chosen(Dealt(5, 4), Dealt(6, 4), 2, Dealt(8, 4))
    assert ledger.chosen == chosen
    see(ledger, look(9))  # an audit
    assert ledger.chosen == chosen


@pytest.mark.parametrize("purpose", [purpose for purpose in PURPOSES if purpose != "choice"])
def test_nothing_else_chooses(purpose: Purpose) -> None:
    ledger = ready()
    see(ledger, look())
    ledger.enter(purpose, Dealt(3, 4))
    assert ledger.chosen is None


def test_passes_of_other_kinds_are_kept_in_order_with_their_operands() -> None:
    ledger = Ledger()
    ledger.enter("kinds", Dealt(0, 1))  # of no operands
    for seed in (1, 3):
        ledger.enter("operands", Dealt(seed, 2))
        ledger.enter("kinds", Dealt(seed + 1, 2))
    assert ledger.apart == [Apart(Dealt(1, 2), Dealt(2, 2)), Apart(Dealt(3, 2), Dealt(4, 2))]


@pytest.mark.parametrize("purpose", [purpose for purpose in PURPOSES if purpose != "kinds"])
def test_nothing_else_is_such_a_pass(purpose: Purpose) -> None:
    ledger = ready()
    ledger.enter(purpose, Dealt(3, 4))
    assert ledger.apart == []


# --- whether all was watched


def watched(*loops: int, spots: int = 0, audits: int = 0, sets: int = 4) -> Ledger:
    """A ledger of blocks of so many launches, on operands of their own, with spots and audits before some of them."""
    ledger, seeds = ready(sets), count(100)
    for place, launches in enumerate(loops):
        if place < spots:
            ledger.enter("spots", Dealt(next(seeds), sets))
            see(ledger, look(sets))
        if place < audits:
            ledger.enter("operands", Dealt(next(seeds), sets))
            see(ledger, look(sets, audit=True))
        ledger.enter("operands", Dealt(next(seeds), sets))
        see(ledger, look(launches))
    return ledger


@pytest.mark.parametrize("loops", [1, 3, 4])
@pytest.mark.parametrize("between", [0, 3])
def test_fresh_blocks_need_nothing_between_them(loops: int, between: int) -> None:
    assert watched(*[loops] * 3, spots=between, audits=between).watched(3, loops)


@pytest.mark.parametrize(("spots", "audits", "found"), [(3, 3, True), (2, 3, False), (3, 2, False), (0, 0, False)])
def test_blocks_that_launch_a_set_again_need_spots_and_an_audit_each(spots: int, audits: int, found: bool) -> None:
    assert watched(5, 5, 5, spots=spots, audits=audits).watched(3, 5) is found


@pytest.mark.parametrize("blocks", [2, 4])
def test_every_block_is_looked_at_and_nothing_else_is_one(blocks: int) -> None:
    assert not watched(4, 4, 4, spots=3, audits=3).watched(blocks, 4)
    assert not Ledger().watched(blocks, 4)


@pytest.mark.parametrize("loops", [(5, 4, 4), (4, 5, 4), (4, 4, 5), (4, 3, 4), (4, 4, 3)])
def test_a_block_of_more_or_fewer_launches_than_told_is_seen(loops: tuple[int, ...]) -> None:
    assert not watched(*loops, spots=3, audits=3).watched(3, 4)


def test_blocks_that_begin_again_with_more_launches_are_watched_as_well() -> None:
    assert watched(2, 3, 3, 4).watched(4, 4)
    assert not watched(2, 3, 3, 5).watched(4, 5)
    assert watched(2, 3, 3, 5, spots=1, audits=1).watched(4, 5)


def test_of_blocks_that_begin_again_the_last_count() -> None:
    begun = watched(2, 3, 4, 4)
    assert begun.counted() == begun.blocks()[2:]
    assert Ledger().counted() == []


def test_an_audit_is_held_against_the_blocks_that_count() -> None:
    """Those before them were as slow as the audits: the machine was busy."""
    ledger = ready()
    for loops, seconds, audit in ((4, 4.0, True), (8, 8.0, False), (4, 4.0, True), (16, 8.0, False)):
        ledger.enter("operands", Dealt(loops, 4))
        see(ledger, replace(look(loops, audit=audit), seconds=seconds))
    assert ledger.times_longer() == 2.0


def test_two_blocks_or_an_audit_and_its_block_on_the_same_operands_are_seen() -> None:
    again = watched(4, 4)
    again.enter("operands", again.seen[0].operands)
    see(again, look(4))
    assert not again.watched(3, 4)
    kept = watched(4, 4)
    see(kept, replace(look(4), audit=True))
    assert not kept.watched(2, 4)


@pytest.mark.parametrize(("sets", "loops", "fresh"), [(4, 4, True), (4, 5, False), (1, 1, True), (1, 2, False)])
def test_an_honest_worker_is_watched(sets: int, loops: int, fresh: bool) -> None:
    worker = Worker(sets=sets)
    worker.renewal.fresh = fresh
    for _ in range(6):
        worker.work.spoil()
        worker.run(loops)
        worker.look(loops)
    assert worker.ledger.watched(6, loops)
    assert worker.ledger.times_longer() is None


# --- on its way to the judge

DEALT = st.builds(Dealt, st.integers(0, 2**63 - 1), st.integers(1, MOST_SETS))
CODES = st.binary(max_size=20)
SECONDS = st.floats(0, 1e6)
LOOKS = st.builds(
    Look, loops=st.integers(1), seconds=SECONDS, c=CODES, a=CODES, b=CODES, seed=st.integers(0, 2**63 - 1),
    audit=st.booleans(),
)  # fmt: skip
LEDGERS = st.builds(
    Ledger,
    st.dictionaries(st.sampled_from(PURPOSES), DEALT),
    st.lists(st.builds(Seen, LOOKS, DEALT, DEALT, st.none() | DEALT), max_size=3),
    st.none() | st.builds(Chosen, DEALT, DEALT, st.integers(1), DEALT),
    st.lists(st.builds(Apart, DEALT, DEALT), max_size=3),
)


@given(LEDGERS)
def test_a_ledger_survives_the_pipe(ledger: Ledger) -> None:
    assert msgspec.json.decode(msgspec.json.encode(ledger), type=Ledger) == ledger


@pytest.mark.parametrize(
    "line", [b'{"dealt":{"dice":{"seed":1,"sets":1}}}', b'{"seen":[{}]}', b'{"dealt":{"order":{"seed":1.5,"sets":1}}}']
)
def test_what_is_no_ledger_is_refused(line: bytes) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(line, type=Ledger)


def test_ledgers_share_nothing() -> None:
    one = ready()
    see(one, look())
    one.enter("kinds", Dealt(3, 4))
    assert Ledger() == Ledger({}, [], None, [])
