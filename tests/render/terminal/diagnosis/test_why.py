"""What people read of an exploration: at 80 columns, in both languages."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console

from flopsbench.explore.why.effect import Effect
from flopsbench.explore.why.explanation import Explained, Explanation, Trial
from flopsbench.render.terminal.diagnosis.why import FINDINGS, explanation
from flopsbench.words.reason import Reason

HELD = Reason("why_variable", variables="OPENBLAS_CORETYPE=Haswell")
UNSET = Reason("why_unset", command="unset OPENBLAS_CORETYPE")
GAIN = Effect(0.921, 0.902, 0.94, [0.92] * 7)
NONE = Effect(0.001, -0.003, 0.005, [0.0] * 7)
CAUSE = Trial("variable", HELD, UNSET, "cause", GAIN)
THREADS = Reason("why_threads", threads=1, cores=2)
SECOND = Trial("threads", THREADS, UNSET, "cause", Effect(0.3, 0.2, 0.4, [0.3] * 7))
OTHERS = [
    Trial("shape", Reason("why_power_of_two", shape="1024x1024x1024", other="1024x1032x1032"), UNSET, "minor", NONE),
    Trial("huge pages", Reason("why_small_pages"), UNSET, "no cause", NONE),
    Trial("library", Reason("why_library", library="OpenBLAS 0.3.30", rival="torch"), UNSET, "open", GAIN),
    Trial("size", Reason("why_small", shape="1x1x1", other="2x2x2"), UNSET, "not tested", reason=Reason("why_no_time")),
]
VERDICT = Reason("why_verdict_cause", claim=HELD, gain="+92.1 %", keep=UNSET)


def shown(lang: str = "en", interrupted: bool = False, **fields: Any) -> str:
    known: dict[str, Any] = {
        "case": "cpu gemm/fp32/1024x1024x1024/nn/numpy/blas/cpu/burst",
        "library": "OpenBLAS 0.3.30 Haswell",
        "shape": "512x512x512",
        "unit": "FLOP/s",
        "verdict": VERDICT,
        "rate_per_s": 1.05e11,
        "share": 0.52,
        "control": NONE,
        "tested": [CAUSE, SECOND, *OTHERS],
        "together": Effect(1.5, 1.4, 1.6, [1.5] * 7),
        "unexplained": 0.01,
    }
    cases = [Explained(**known | fields)]
    found = Explanation("flopsbench.why", "flopsbench 1", "2026-01-01T00:00:00Z", "a machine", {}, cases)
    out = io.StringIO()
    Console(file=out, width=80, highlight=False).print(
        explanation(found if not interrupted else Explanation(**{**as_fields(found), "interrupted": True}), lang)
    )
    return out.getvalue()


def as_fields(found: Explanation) -> dict[str, Any]:
    return {name: getattr(found, name) for name in found.__struct_fields__}


def test_the_main_cause_stands_first_with_its_interval_and_what_to_keep() -> None:
    lines = shown().splitlines()
    assert lines[0] == "fp32 numpy 1024³ (OpenBLAS 0.3.30 Haswell): 52% of its ceiling; 105 GFLOPS at"
    row = next(line for line in lines if line.startswith("main cause"))
    assert row.split() == ["main", "cause", "+92.1", "%", "OPENBLAS_CORETYPE=Haswell"]
    assert lines[lines.index(row) + 1].strip() == "+90.2 .. +94.0"
    text = " ".join(line.strip() for line in lines)
    assert "Main cause: OPENBLAS_CORETYPE=Haswell. Without it +92.1 %. Keep: unset OPENBLAS_CORETYPE" in text
    assert "Also: threads: 1, not 2 as the cores. Keep: unset OPENBLAS_CORETYPE" in text
    assert "All of these settings at once: +150.0 %" in text
    assert "Left that nothing here explains: 1% of the ceiling" in text
    assert "there was no time for it" in text
    assert "control" in text


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_it_fits_80_columns_and_names_each_finding(lang: str) -> None:
    from flopsbench.words.catalogue import phrase

    text = shown(lang)
    assert max(map(cell_len, text.splitlines())) <= 80
    for code in (*FINDINGS.values(), "why_finding_main", "why_control"):
        assert phrase(lang, code) in text


def test_what_is_not_known_is_left_out() -> None:
    text = shown(rate_per_s=None, share=None, control=None, tested=[], together=None, unexplained=None)
    assert "ceiling" not in text
    assert "control" not in text
    assert shown(share=None).startswith("fp32 numpy 1024³ (OpenBLAS 0.3.30 Haswell): 105 GFLOPS at 512x512x512")


def test_an_interruption_is_told() -> None:
    assert "It was interrupted" in shown(interrupted=True)
    assert "It was interrupted" not in shown()
