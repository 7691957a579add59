"""Keeps what was dealt to a measurement, and what was seen of it: its evidence follows from that, not from its word.

It loads no array library. Whoever stands beside the measuring process keeps the ledger; ``dealing`` makes operands,
orders and choices of its seeds, here and there alike.
"""

from __future__ import annotations

import secrets
from typing import Literal

import msgspec
from msgspec import field

SEED_BITS = 63  # of what is drawn for one block or one product; more than JSON's readers agree on is none
AUDITS = 5  # passes over new operands after the blocks, where launches are too short for blocks on new operands
MOST_LOOKS = 2000  # kept of one case; an honest one has some hundred

# What a seed is for: A and B of all sets, the order of launches, what changes in a few sets before a pass, which
# products of the last block are handed over, and which sets are planted or scaled.
Purpose = Literal["operands", "order", "spots", "choice", "kinds"]


class Dealt(msgspec.Struct, frozen=True):
    """A Dealt is a seed, and the number of sets that something was drawn for."""

    seed: int
    sets: int


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """A Look is what some numbers of A, B and C were right after the last of ``loops`` launches, as codes.

    ``seed`` says which numbers, and is drawn when the launches are over. Where spots were dealt it is they that were
    looked at, in C alone.
    """

    loops: int
    c: bytes
    a: bytes = b""
    b: bytes = b""
    seed: int = 0


class Seen(msgspec.Struct, frozen=True):
    """A Seen is a Look with what had been dealt until then."""

    look: Look
    operands: Dealt
    order: Dealt
    spots: Dealt | None = None


class Chosen(msgspec.Struct, frozen=True):
    """A Chosen is what products of a block were chosen by: ``choice`` was dealt when they were there."""

    operands: Dealt
    order: Dealt
    loops: int
    choice: Dealt


class Apart(msgspec.Struct, frozen=True):
    """An Apart is a pass over operands of which some are planted or scaled, as ``kinds`` says."""

    operands: Dealt
    kinds: Dealt


class Ledger(msgspec.Struct):
    """A Ledger is of one case in one process: what was dealt last for each purpose, and what came of it.

    ``seen`` are the looks in their order.
    """

    dealt: dict[Purpose, Dealt] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)
    chosen: Chosen | None = None
    apart: list[Apart] = field(default_factory=list)

    def deal(self, purpose: Purpose, sets: int) -> int:
        """Deal a fresh seed, which nobody could know before."""
        dealt = Dealt(secrets.randbits(SEED_BITS), sets)
        self.enter(purpose, dealt)
        return dealt.seed

    def enter(self, purpose: Purpose, dealt: Dealt) -> None:
        """Note what was dealt, and what comes of it."""
        self.dealt[purpose] = dealt
        if purpose == "kinds" and (operands := self.dealt.get("operands")):
            self.apart.append(Apart(operands, dealt))
        if purpose == "choice" and self.seen:
            last = self.seen[-1]
            self.chosen = Chosen(last.operands, last.order, last.look.loops, dealt)

    def looked(self, look: Look) -> None:
        """Note what was seen, of what was dealt; what comes before anything was dealt is nothing."""
        operands, order = self.dealt.get("operands"), self.dealt.get("order")
        if operands and order and len(self.seen) < MOST_LOOKS:
            self.seen.append(Seen(look, operands, order, self.dealt.pop("spots", None)))

    def watched(self, blocks: int) -> bool:
        """Return whether so many blocks were looked at, on new operands each; audits follow where sets came again."""
        looks = [seen for seen in self.seen if seen.spots is None]
        timed = looks[:blocks]
        fresh = all(seen.look.loops <= seen.operands.sets for seen in timed)
        renewed = len({seen.operands.seed for seen in timed}) == blocks
        return renewed and len(looks) >= blocks + (0 if fresh else AUDITS)
