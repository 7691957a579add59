"""Which blocks are those of another process, and which are alike because hardly anything differs on a quiet machine."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from flopsbench.result.keys import case_id
from flopsbench.result.types import Case, significant
from flopsbench.validate.timing import copies
from tests import documents

Blocks = list[float]


def measured(draw: random.Random, jitter: float, grain_s: float, blocks: int) -> Blocks:
    """Blocks of 25 ms that scatter by so much, by a clock of a grain."""
    return [significant(grain_s * round(0.025 * draw.gauss(1, jitter) / grain_s)) for _ in range(blocks)]


def of_kernel(name: str, *series: Blocks) -> Case:
    """A case of a kernel, a process for each series of blocks."""
    processes = [documents.process(blocks, order=order) for order, blocks in enumerate(series)]
    return documents.case(kernel=name, processes=processes)


@pytest.mark.parametrize("jitter", [1e-5, 1e-4, 5e-4, 2e-3, 2e-2])
@pytest.mark.parametrize("grain_s", [5e-7, 1e-9])
@pytest.mark.parametrize("blocks", [10, 12, 60])
def test_no_two_of_many_honest_series_are_copies(jitter: float, grain_s: float, blocks: int) -> None:
    draw = random.Random(7)
    cases = [
        of_kernel(f"kernel{number}", *(measured(draw, jitter, grain_s, blocks) for _ in range(5)))
        for number in range(40)
    ]
    assert not copies(cases)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("jitter", [1e-6, 3e-5, 2e-4, 2e-3])
@pytest.mark.parametrize(("kernels", "processes"), [(1, 2), (3, 5)])
def test_no_two_of_few_honest_series_are_copies(seed: int, jitter: float, kernels: int, processes: int) -> None:
    draw = random.Random(seed)
    for grain_s in (1e-6, 5e-7, 1e-9):
        series = [[measured(draw, jitter, grain_s, 60) for _ in range(processes)] for _ in range(kernels)]
        assert not copies([of_kernel(f"kernel{number}", *each) for number, each in enumerate(series)])


@pytest.mark.parametrize(
    "changed",
    [
        lambda first, second: [*first[:11], 1.001 * first[11]],
        lambda first, second: first[:11],
        lambda first, second: [*first[:6], *second[6:]],
        lambda first, second: [*first[::2], *second[::2]],
    ],
    ids=["one changed", "one dropped", "halves of two", "every second of two"],
)
def test_a_copy_is_found_however_it_is_put_together(changed: Callable[[Blocks, Blocks], Blocks]) -> None:
    draw = random.Random(7)
    many = [of_kernel(f"kernel{number}", *(measured(draw, 2e-2, 1e-9, 12) for _ in range(5))) for number in range(2)]
    first, second = (process.block_s for process in many[0].processes[:2])
    copy = of_kernel("copy", [significant(each) for each in changed(first, second)])
    assert case_id(copy) in copies([*many, copy])


def test_two_levels_of_a_clock_are_no_copies() -> None:
    draw = random.Random(7)
    series = [[significant(draw.choice((0.1, 0.12)) * draw.gauss(1, 2e-5)) for _ in range(12)] for _ in range(200)]
    assert not copies([of_kernel("blas", *series)])


@pytest.mark.parametrize(
    "arranged",
    [
        list,
        lambda blocks: blocks[::-1],
        sorted,
        lambda blocks: [significant(1.37 * each) for each in blocks],
        lambda blocks: [significant(each + 0.004) for each in sorted(blocks)],
        lambda blocks: [significant(0.06 - each) for each in blocks],
    ],
    ids=["the same", "reversed", "sorted", "times a factor", "sorted and later", "mirrored"],
)
def test_a_copy_is_found_however_it_is_arranged(arranged: Callable[[Blocks], Blocks]) -> None:
    draw = random.Random(7)
    many = [of_kernel(f"kernel{number}", measured(draw, 2e-3, 1e-9, 12)) for number in range(40)]
    copy = of_kernel("copy", arranged(many[17].processes[0].block_s))
    assert copies([*many, copy]) == {case_id(many[17]), case_id(copy)}
