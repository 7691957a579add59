"""Holds the operands of one GEMM in a space: sets of A, B and C, filled from one base and launched in a drawn order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import cycle
from typing import Any, NamedTuple

import numpy as np

from flopsbench.backend import Launcher, Space
from flopsbench.backends.operands import STORAGES, Codes, draw_base
from flopsbench.device import Device
from flopsbench.problem import Problem
from flopsbench.proof.arithmetic import Indices
from flopsbench.proof.dealing import SPOT_COLUMNS, Offsets, offsets_of, order_of, places_of, row_of_a, spots_of
from flopsbench.proof.evidence import Bases, base_length
from flopsbench.proof.ledger import Dealt, Look


class OperandSet(NamedTuple):
    """An OperandSet is A, B and C as flat arrays, and what a launch is given: A, B, C in their shapes, and scales."""

    a: Any
    b: Any
    c: Any
    arguments: tuple[Any, ...]


class OperandSets:
    """OperandSets are the operands of one problem, which the harness alone makes, fills, spoils and looks at."""

    def __init__(self, space: Space, problem: Problem, device: Device, launcher: Launcher) -> None:
        """Draw the base and bring it to the device; raise Unsupported where the space has no such arrays."""
        self.formats = space.formats(problem, device)
        self.problem, self.space, self.device = problem, space, device
        self.bases = Bases(seed=problem.seed, length=base_length(problem.m, problem.n, problem.k))
        self.sets: list[OperandSet] = []
        self.offsets: list[Offsets] = []
        self.order: list[int] = []  # of the launches of the present block
        self._base = {storage: self._uploaded(storage) for storage in {self.formats.a, self.formats.b}}
        self._launcher = launcher
        self._turn: Iterator[tuple[Any, ...]] = cycle(())

    def _uploaded(self, storage: str) -> object:
        """Return the base of a storage format in the space."""
        flat = self.space.empty(storage, self.bases.length, self.device)
        self.space.load(flat, draw_base(storage, self.bases.seed, self.bases.length))
        return flat

    def host_base(self, storage: str) -> Codes:
        """Return the base of a storage format, brought back from the space: that takes less time than drawing it."""
        return self.space.fetch(self._base[storage])

    def grow(self, count: int) -> None:
        """Make sets until there are so many; they hold nothing yet."""
        self.sets += [self._set() for _ in range(count - len(self.sets))]

    def _set(self) -> OperandSet:
        """Return a new set, its memory touched."""
        problem, layout = self.problem, self.problem.layout
        sizes = (problem.m * problem.k, problem.k * problem.n, problem.m * problem.n)
        a, b, c = (
            self.space.empty(storage, size, self.device) for storage, size in zip(self.formats, sizes, strict=True)
        )
        shaped = (
            self.space.view(a, problem.m, problem.k, layout == "tn"),
            self.space.view(b, problem.k, problem.n, layout == "nt"),
            self.space.view(c, problem.m, problem.n, False),
        )
        return OperandSet(a, b, c, (*shaped, *self._scales()))

    def _scales(self) -> tuple[object, ...]:
        """Return the factors by which FP8 operands are N(0,1) again; other formats need none."""
        if not self.formats.a.startswith("fp8"):
            return ()
        return tuple(self.space.scalar(STORAGES[name].scale, self.device) for name in self.formats[:2])

    def refill(self, seed: int) -> None:
        """Fill every A and B from new offsets, which follow from the seed."""
        self.offsets = offsets_of(Dealt(seed, len(self.sets)), self.bases.length)
        for each, offsets in zip(self.sets, self.offsets, strict=True):
            self.space.fill(each.a, self._base[self.formats.a], offsets.a)
            self.space.fill(each.b, self._base[self.formats.b], offsets.b)

    def spoil(self) -> None:
        """Overwrite every C."""
        for each in self.sets:
            self.space.spoil(each.c)

    def shuffle(self, seed: int) -> None:
        """Draw the order of the next launches, a permutation of the sets per pass, from the seed."""
        self.order = order_of(Dealt(seed, len(self.sets)))
        self._turn = cycle([self.sets[place].arguments for place in self.order])

    def launch(self) -> None:
        """Launch the next set."""
        self._launcher(*next(self._turn))

    def look(self, loops: int, seconds: float, seed: int) -> Look:
        """Return some numbers of A, B and C after so many launches in that time; C first, while work may be left."""
        places = places_of(seed, self.order, loops, self._shape)
        read = [
            self._read([each[side] for each in map(self.sets.__getitem__, places.sets)], numbers)
            for side, numbers in ((2, places.c), (0, places.a), (1, places.b))
        ]
        return Look(loops=loops, seconds=seconds, seed=seed, c=read[0], a=read[1], b=read[2])

    @property
    def _shape(self) -> tuple[int, int, int]:
        return self.problem.m, self.problem.n, self.problem.k

    def _read(self, arrays: Sequence[Any], places: Indices) -> bytes:
        """Return the codes that lie at some places of flat arrays."""
        return b"".join(self.space.take(flat, at).tobytes() for flat, at in zip(arrays, places, strict=True))

    def spot(self, seed: int) -> None:
        """Overwrite one row of A in a few sets, and a few numbers of that row of C: a launch that is skipped shows.

        Whoever would see it without a launch has to read all of A or of C.
        """
        m, n, k = self._shape
        length = self.bases.length
        for spot in spots_of(Dealt(seed, len(self.sets)), self._shape, length):
            each, row = self.sets[spot.place], row_of_a(spot.row, (m, n, k), self.problem.layout)
            values = self.space.take(self._base[self.formats.a], (np.arange(k) + spot.offset) % length)
            self.space.put(each.a, row, values)
            self.space.put(each.c, spot.row * n + spot.columns, self._spoiled)

    def look_at_spots(self, loops: int, seconds: float, seed: int) -> Look:
        """Return the numbers of C that were spoiled before the launches, as they are now."""
        spots = spots_of(Dealt(seed, len(self.sets)), self._shape, self.bases.length)
        numbers = np.array([spot.row * self.problem.n + spot.columns for spot in spots])
        return Look(loops=loops, seconds=seconds, c=self._read([self.sets[spot.place].c for spot in spots], numbers))

    @cached_property
    def _spoiled(self) -> Codes:
        """Return as many codes as are spoiled at once, of what is no product."""
        flat = self.space.empty(self.formats.c, SPOT_COLUMNS, self.device)
        self.space.spoil(flat)
        return self.space.take(flat, np.arange(SPOT_COLUMNS))

    def load(self, place: int, a: Codes, b: Codes) -> None:
        """Overwrite A (m x k) and B (k x n) of one set with codes from the host."""
        layout, each = self.problem.layout, self.sets[place]
        self.space.load(each.a, (a.T if layout == "tn" else a).reshape(-1))
        self.space.load(each.b, (b.T if layout == "nt" else b).reshape(-1))

    def product(self, place: int) -> Codes:
        """Return C of one set, m x n, as codes on the host."""
        return self.space.fetch(self.sets[place].c).reshape(self.problem.m, self.problem.n)
