"""Suspects the shape of the product: rows that lie a power of two apart, too little work for the cores."""

from __future__ import annotations

from collections.abc import Iterator

from flopsbench.explore.why.hypothesis import Hypothesis
from flopsbench.explore.why.subject import Subject
from flopsbench.problem import shape_text
from flopsbench.words.reason import Reason

BESIDE = 8  # elements more: no row begins where another one's line lies in the cache, and vectors stay whole
LONG_ROW = 256  # elements, from which on rows a power of two apart fill few sets of a cache


def of_shape(subject: Subject) -> Iterator[Hypothesis]:
    """Yield that rows lie a power of two apart."""
    m, n, k = subject.shape
    beside = (m, _beside(n), _beside(k))
    if beside != (m, n, k):
        size = shape_text(*beside)
        yield Hypothesis(
            kind="shape",
            claim=Reason("why_power_of_two", shape=shape_text(m, n, k), other=size),
            keep=Reason("why_pad", size=size),
            options=subject.options(shape=beside),
        )


def of_size(subject: Subject) -> Iterator[Hypothesis]:
    """Yield that the product is too small, where ``run`` by itself would take a larger one."""
    case = subject.case
    if min(case.m, case.n, case.k) >= subject.usual_edge:
        return
    m, n, k = subject.shape
    larger = (2 * m, 2 * n, 2 * k)
    size = shape_text(*larger)
    yield Hypothesis(
        kind="size",
        claim=Reason("why_small", shape=shape_text(m, n, k), other=size),
        keep=Reason("why_enlarge", size=size),
        options=subject.options(shape=larger),
    )


def _beside(edge: int) -> int:
    """Return an edge that is no power of two."""
    return edge + BESIDE if edge >= LONG_ROW and edge & (edge - 1) == 0 else edge
