"""Says what the process that measures cannot be trusted with: who draws, who keeps time beside it, who judges."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from flopsbench.backends.operands import Codes
from flopsbench.measure.blocks import Step
from flopsbench.proof.evidence import SEED_BITS, Evidence
from flopsbench.proof.judge import judge
from flopsbench.proof.operands import drawn_base
from flopsbench.result.types import Proof


class Referee(Protocol):
    """A Referee stands beside a measurement: a worker's is its parent process."""

    def step(self, step: Step, expected_s: float = 0.0) -> None:
        """Note which step begins, and how many seconds it is expected to take where that is known."""
        ...

    def deal(self) -> int:
        """Return a fresh seed, which nobody could know before."""
        ...

    def begin(self) -> None:
        """Say that a block is about to begin; return when it may."""
        ...

    def judge(self, evidence: Evidence, products: Sequence[Codes]) -> Proof:
        """Return what the judge finds in the products, which lie in the order that the evidence names them."""
        ...


class OwnReferee:
    """An OwnReferee is the measuring process itself: for what is measured without a parent, and proves only errors."""

    def step(self, step: Step, expected_s: float = 0.0) -> None:
        """Note nothing: nobody waits for this process."""

    def deal(self) -> int:
        """Return a seed of this process's own."""
        return secrets.randbits(SEED_BITS)

    def begin(self) -> None:
        """Begin at once."""

    def judge(self, evidence: Evidence, products: Sequence[Codes]) -> Proof:
        """Judge in this process."""
        memory = b"".join(codes.tobytes() for codes in products)
        return judge(evidence, memory, np.random.default_rng(), drawn_base)


OWN_REFEREE = OwnReferee()
