"""Says what the process that measures cannot be trusted with: who draws, who keeps time beside it, who judges."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Protocol

import numpy as np

from flopsbench.backends.operands import Codes
from flopsbench.measure.blocks import Step
from flopsbench.proof.dealing import with_products
from flopsbench.proof.evidence import Evidence
from flopsbench.proof.judge import BASES_KEPT, judge
from flopsbench.proof.ledger import Ledger, Look, Purpose
from flopsbench.proof.operands import drawn_base
from flopsbench.proof.verdict import audited
from flopsbench.result.types import Proof


class Referee(Protocol):
    """A Referee stands beside the measurement of one case: a worker's is its parent process."""

    def step(self, step: Step, expected_s: float = 0.0) -> None:
        """Note which step begins, and how many seconds it is expected to take where that is known."""
        ...

    def deal(self, purpose: Purpose, sets: int) -> int:
        """Return a fresh seed for so many sets, which nobody could know before."""
        ...

    def begin(self) -> None:
        """Say that a block is about to begin; return when it may."""
        ...

    def looked(self, look: Look) -> None:
        """Take note of what was seen after launches."""
        ...

    def judge(self, evidence: Evidence, products: Sequence[Codes]) -> Proof:
        """Return what the judge finds in the products, which lie in the order that they were dealt in."""
        ...


class OwnReferee:
    """An OwnReferee is the measuring process itself: for what is measured without a parent, and proves only errors."""

    def __init__(self) -> None:
        self.ledger = Ledger()

    def step(self, step: Step, expected_s: float = 0.0) -> None:
        """Note nothing: nobody waits for this process."""

    def deal(self, purpose: Purpose, sets: int) -> int:
        """Return a seed of this process's own."""
        return self.ledger.deal(purpose, sets)

    def begin(self) -> None:
        """Begin at once."""

    def looked(self, look: Look) -> None:
        """Keep it for the judge."""
        self.ledger.looked(look)

    def judge(self, evidence: Evidence, products: Sequence[Codes]) -> Proof:
        """Judge in this process."""
        memory = b"".join(codes.tobytes() for codes in products)
        bases = lru_cache(BASES_KEPT)(drawn_base)
        proof = judge(with_products(evidence, self.ledger), memory, np.random.default_rng(), bases)
        return audited(proof, self.ledger)
