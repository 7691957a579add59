"""Where lines end: between Chinese letters, at spaces, and nowhere else while there is room."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from flopsbench.render.terminal.result.paragraph import folded


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("it ran on 4 of 8 cores", 12, ["it ran on 4", "of 8 cores"]),
        ("建议：请在空闲的机器上重新运行", 16, ["建议：请在空闲的", "机器上重新运行"]),
        ("中文，", 4, ["中", "文，"]),  # no line begins with a comma
        ("一二（三", 6, ["一二", "（三"]),  # and none ends with a bracket that is open
        ("实测上限的56 %）[C]", 14, ["实测上限的56", "%）[C]"]),
        ("OPENBLAS_CORETYPE=Haswell", 10, ["OPENBLAS_C", "ORETYPE=Ha", "swell"]),
        ("", 10, [""]),
    ],
)
def test_a_line_ends_where_people_end_it(text: str, width: int, lines: list[str]) -> None:
    assert list(folded(text, width)) == lines


@given(st.text("ab 中，（）%", max_size=60), st.integers(8, 40))
def test_nothing_is_lost_and_nothing_is_wider(text: str, width: int) -> None:
    lines = list(folded(text, width))
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(cell_len(line) <= width for line in lines)
