import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from flopsbench.render.terminal.paragraph import Paragraph

TEXTS = st.text(st.sampled_from("算力峰值，。（）“” abcFP16EFLOPS1590/-、："), max_size=200)


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("one two three", 8, ["one two", "three"]),
        ("假定为FP16，标称", 8, ["假定为", "FP16，标", "称"]),
        ("算力（峰值）算力", 6, ["算力", "（峰", "值）算", "力"]),
        ("abcdefgh", 3, ["abc", "def", "gh"]),
        ("", 5, [""]),
        ("建议：请在空闲的机器上重新运行", 16, ["建议：请在空闲的", "机器上重新运行"]),
        ("中文，", 4, ["中", "文，"]),
        ("一二（三", 6, ["一二", "（三"]),
        ("实测上限的56 %）[C]", 14, ["实测上限的56", "%）[C]"]),
        ("2026-01-21；一", 10, ["2026-01-2", "1；一"]),
        ("OPENBLAS_CORETYPE=Haswell", 10, ["OPENBLAS_C", "ORETYPE=Ha", "swell"]),
    ],
)
def test_breaks_where_its_language_does(text, width, lines):
    assert Paragraph(text).lines(width) == lines


def test_lines_after_the_first_are_indented():
    assert Paragraph("- one two three", indent=2).lines(9) == ["- one two", "  three"]


def test_a_line_of_one_cell_ends():
    assert Paragraph("算力，峰值").lines(1)


@given(TEXTS, st.integers(8, 60))
def test_nothing_is_lost_and_nothing_is_too_wide(text, width):
    lines = Paragraph(text).lines(width)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(cell_len(line) <= width for line in lines)


@given(st.text(st.sampled_from("算力峰值，。、"), min_size=1, max_size=80))
def test_no_line_begins_with_a_closing_mark_unless_marks_alone_fill_one(text):
    run = max((len(marks) for marks in "".join("x" if c in "算力峰值" else c for c in text).split("x")), default=0)
    if run > 3:
        return
    for line in Paragraph(text).lines(20)[1:]:
        assert unicodedata.category(line[0]) != "Po"
