"""Holds the operands of one GEMM in a space: sets of A, B and C, filled from one base and launched in a drawn order."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle
from typing import Any, NamedTuple

import numpy as np

from flopsbench.backend import Launcher, Space
from flopsbench.backends.operands import STORAGES, Codes, draw_base
from flopsbench.device import Device
from flopsbench.problem import Problem
from flopsbench.proof.evidence import Bases

FEWEST_NUMBERS = 2  # of a base: A and B of 1 x 1 begin at different ones, too
PASSES = 16  # permutations that are drawn before a block; one that takes more begins with the first again


class OperandSet(NamedTuple):
    """An OperandSet is A, B and C as flat arrays, and what a launch is given: A, B, C in their shapes, and scales."""

    a: Any
    b: Any
    c: Any
    arguments: tuple[Any, ...]


class Offsets(NamedTuple):
    """Offsets say from where in the base A and B of one set are filled."""

    a: int
    b: int


class OperandSets:
    """OperandSets are the operands of one problem, which the harness alone makes, fills, spoils and looks at."""

    def __init__(self, space: Space, problem: Problem, device: Device, launcher: Launcher) -> None:
        """Draw the base and bring it to the device; raise Unsupported where the space has no such arrays."""
        self.formats = space.formats(problem, device)
        self.problem, self.space, self.device = problem, space, device
        length = max(problem.m * problem.k, problem.k * problem.n, FEWEST_NUMBERS)
        self.bases = Bases(seed=problem.seed, length=length)
        self.sets: list[OperandSet] = []
        self.offsets: list[Offsets] = []
        self.order: list[int] = []  # of the launches of the present block
        self._base = {storage: self._uploaded(storage) for storage in {self.formats.a, self.formats.b}}
        self._launcher = launcher
        self._turn: Iterator[tuple[Any, ...]] = cycle(())

    def host_base(self, storage: str, bases: Bases) -> Codes:
        """Return the base of a storage format on the host."""
        return draw_base(storage, bases.seed, bases.length)

    def _uploaded(self, storage: str) -> object:
        """Return the base of a storage format in the space."""
        flat = self.space.empty(storage, self.bases.length, self.device)
        self.space.load(flat, self.host_base(storage, self.bases))
        return flat

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
        """Fill every A and B from new offsets, which follow from the seed; A and B of a set never have the same."""
        draw = np.random.default_rng(seed)
        self.offsets = []
        for each in self.sets:
            a, b = (int(offset) for offset in draw.integers(0, self.bases.length, 2))
            offsets = Offsets(a, b if b != a else (a + 1) % self.bases.length)
            self.space.fill(each.a, self._base[self.formats.a], offsets.a)
            self.space.fill(each.b, self._base[self.formats.b], offsets.b)
            self.offsets.append(offsets)

    def spoil(self) -> None:
        """Overwrite every C."""
        for each in self.sets:
            self.space.spoil(each.c)

    def shuffle(self, seed: int) -> None:
        """Draw the order of the next launches: a permutation of the sets per pass."""
        draw = np.random.default_rng([seed, 1])
        self.order = [int(place) for _ in range(PASSES) for place in draw.permutation(len(self.sets))]
        self._turn = cycle([self.sets[place].arguments for place in self.order])

    def launch(self) -> None:
        """Launch the next set."""
        self._launcher(*next(self._turn))

    def launched(self, loops: int) -> list[int]:
        """Return which sets the first ``loops`` launches since the last shuffle used, each once."""
        return list(dict.fromkeys(self.order[: max(loops, 1)]))

    def load(self, place: int, a: Codes, b: Codes) -> None:
        """Overwrite A (m x k) and B (k x n) of one set with codes from the host."""
        layout, each = self.problem.layout, self.sets[place]
        self.space.load(each.a, (a.T if layout == "tn" else a).reshape(-1))
        self.space.load(each.b, (b.T if layout == "nt" else b).reshape(-1))

    def product(self, place: int) -> Codes:
        """Return C of one set, m x n, as codes on the host."""
        return self.space.fetch(self.sets[place].c).reshape(self.problem.m, self.problem.n)
