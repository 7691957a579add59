"""Tests a Result as Markdown: what it says, and that no text of a document does anything."""

from __future__ import annotations

import pytest

from flopsbench.render.files.result import results_markdown
from tests.documents import case, device, result


def test_a_result_is_a_headline_a_machine_and_a_table() -> None:
    failed = case("failed", dtype="fp16", reason="wrong product")
    text = results_markdown([result(case(), failed, case("unsupported", dtype="int8", reason="no path"))])
    lines = text.splitlines()
    assert lines[0].startswith("### ")
    assert "fp32 1.00 TFLOPS \\[A\\]" in lines[0]
    table = [line for line in lines if line.startswith("|")]
    assert table[0] == "| case | rate | spread in a process | of ceiling | of peak | grade | proof |"
    assert table[2].startswith("| fp32 numpy 1024³ | 1.00 TFLOPS | 990 GFLOPS–1.01 TFLOPS | - | - | A | ok")
    assert table[3].startswith("| fp16 numpy 1024³ | no rate | - | - | - | - |")
    assert len(table) == 4
    assert len({line.count("|") for line in table}) == 1
    assert "- **FAILED fp16 numpy on cpu: wrong product**" in lines
    assert "<details><summary>Not run (1)</summary>" in lines
    assert "- not run: int8 numpy: no path" in lines


def test_own_kernels_stand_in_a_table_of_their_own() -> None:
    lines = results_markdown([result(case(), case(kernel="mine"))]).splitlines()
    assert [line for line in lines if line.startswith("| case")] == [
        "| case | rate | spread in a process | of ceiling | of peak | grade | proof |",
        "| case | rate | spread in a process | of vendor | of ceiling | grade | proof |",
    ]


def test_several_results_follow_each_other() -> None:
    assert results_markdown([result(case()), result(case(dtype="fp64"))]).count("\n### ") == 1
    assert results_markdown([]) == ""


def test_nothing_measured_has_no_table() -> None:
    assert "|" not in results_markdown([result(case("unsupported"))]).replace(" \\| ", "").replace("&#124;", "")


@pytest.mark.parametrize("evil", ["a|b", "<img src=x>", "**x**", "[x](http://y)", "@everyone", "`x`", "&lt;"])
def test_text_stays_text(evil: str) -> None:
    cases = [case(grade_reasons=[evil], grade="C"), case("failed", dtype="fp16", reason=evil)]
    cases.append(case("unsupported", dtype="int8", reason=evil))
    assert evil not in results_markdown([result(*cases, devices=[device(name=evil)])])
