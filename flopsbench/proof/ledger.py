"""Keeps what was dealt to a measurement, and what was seen of it: its evidence follows from that, not from its word.

It loads no array library. Whoever stands beside the measuring process keeps the ledger; ``dealing`` makes operands,
orders and choices of its seeds, here and there alike.
"""

from __future__ import annotations

import secrets
from typing import Literal

import msgspec
from msgspec import field
from msgspec.structs import replace

from flopsbench.stats import median

SEED_BITS = 63  # of what is drawn for one block or one product; more than JSON's readers agree on is none
LONGER = 1.20  # a launch on new operands than a timed one; of honest kernels the least of ten was seen up to 1.12
COLD_S = 2e-6  # besides: of launches of 1 or 2 us, which do next to nothing, half goes by until operands are fetched
MOST_LOOKS = 2000  # kept of one case; an honest one has some hundred

# What a seed is for: A and B of all sets, the order of launches, what changes in a few sets before a pass, what is
# looked at after launches, which product of the last block is handed over, and which sets are planted or scaled.
Purpose = Literal["operands", "order", "spots", "look", "choice", "kinds"]


class Dealt(msgspec.Struct, frozen=True):
    """A Dealt is a seed, and the number of sets that something was drawn for."""

    seed: int
    sets: int


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """A Look is what some numbers of A, B and C were right after ``loops`` launches of so many seconds, as codes.

    ``seed`` says which numbers, and is dealt when the launches are over. Where spots were dealt it is they that were
    looked at, in C alone. An audit is one launch on each set, straight after it was filled.
    """

    loops: int
    seconds: float
    c: bytes
    a: bytes = b""
    b: bytes = b""
    seed: int = 0
    audit: bool = False

    @property
    def launch_s(self) -> float:
        """Return the seconds per launch."""
        return self.seconds / max(self.loops, 1)


class Seen(msgspec.Struct, frozen=True):
    """A Seen is a Look with what had been dealt until then."""

    look: Look
    operands: Dealt
    order: Dealt
    spots: Dealt | None = None


class Chosen(msgspec.Struct, frozen=True):
    """A Chosen is what a product of a block was chosen by: ``choice`` was dealt when it was there."""

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
        """Return a fresh seed, which nobody could know before."""
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
        spots, dealt = self.dealt.pop("spots", None), self.dealt.pop("look", None)
        if operands and order and (spots or dealt) and len(self.seen) < MOST_LOOKS:
            seeded = replace(look, seed=dealt.seed) if dealt else look
            self.seen.append(Seen(seeded, operands, order, spots))

    def blocks(self) -> list[Seen]:
        """Return the looks at timed blocks, without those at what came between them."""
        return [seen for seen in self.seen if seen.spots is None and not seen.look.audit]

    def counted(self) -> list[Seen]:
        """Return the looks at the timed blocks that count: those of fewer launches before them were begun again."""
        timed = self.blocks()
        return [seen for seen in timed if seen.look.loops == timed[-1].look.loops]

    def audits(self) -> list[Seen]:
        """Return the looks at audits."""
        return [seen for seen in self.seen if seen.look.audit]

    def watched(self, blocks: int, loops: int) -> bool:
        """Return whether so many blocks were looked at, on new operands each, and the last were of ``loops`` launches.

        Launches only ever become more. Where sets are launched more than once, spots and an audit have to come before
        each block.
        """
        timed, audits = self.blocks(), self.audits()
        spots = sum(seen.spots is not None for seen in self.seen)
        renewed = len({seen.operands.seed for seen in (*timed, *audits)}) == len(timed) + len(audits)
        repeated = sum(seen.look.loops > seen.operands.sets for seen in timed)
        launches = [seen.look.loops for seen in timed]
        told = len(timed) == blocks and launches == sorted(launches) and launches[-1:] == [loops]
        return told and renewed and min(len(audits), spots) >= repeated

    def times_longer(self) -> float | None:
        """Return how much longer a launch takes on new operands, where that is more than an honest one does; else None.

        The least of the audits counts, since what disturbs one only ever lengthens it, and the median of the blocks.
        """
        timed, audited = ([seen.look.launch_s for seen in seen] for seen in (self.counted(), self.audits()))
        if not timed or not audited or median(timed) <= 0:
            return None
        quickest_s, usual_s = min(audited), median(timed)
        return quickest_s / usual_s if is_longer(quickest_s, usual_s) else None


def is_longer(quickest_s: float, usual_s: float) -> bool:
    """Return whether the quickest launch in an audit took longer than an honest one does, beside those timed."""
    return quickest_s > LONGER * usual_s + COLD_S
