"""Figures published elsewhere: whole, sourced, and never a Result."""

from __future__ import annotations

import pytest

from flopsbench.peaks.datasheet import load_accelerators
from flopsbench.site.model.published import load_published, published_beside


def test_every_figure_has_its_source_and_is_below_the_peak_it_names() -> None:
    every = load_published()
    assert len(every) == 20
    assert all(figure.source.url.startswith("https://") and figure.source.read for figure in every)
    assert all(0 < figure.of_theory < 1 for figure in every)


def test_rates_are_in_flop_a_second() -> None:
    (h100,) = (figure for figure in published_beside("bf16") if figure.device == "h100-sxm")
    assert (h100.achieved, h100.theory, h100.name) == (794.5e12, 989e12, load_accelerators()["h100-sxm"].name)


@pytest.mark.parametrize(("dtype", "count"), [("bf16", 12), ("fp8_e4m3", 8), ("fp8_e5m2", 8), ("fp32", 0)])
def test_they_stand_beside_boards_of_their_dtype_fastest_first(dtype: str, count: int) -> None:
    beside = published_beside(dtype)
    assert len(beside) == count
    assert beside == sorted(beside, key=lambda figure: -figure.achieved)
