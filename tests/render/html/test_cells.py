"""Tests how the pages print figures."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from flopsbench.registry.entry import Machine
from flopsbench.render.html import cells
from flopsbench.render.html.cells import NONE


@pytest.mark.parametrize(
    ("printed", "text"),
    [
        (cells.rate(3.53e11, "FLOP/s"), "353 GFLOPS"),
        (cells.interval(3.1e11, 3.84e11, "FLOP/s"), "310 – 384 GFLOPS"),
        (cells.interval(9.5e11, 1.02e12, "OP/s"), "0.950 – 1.02 TOPS"),
        (cells.share(0.856), "86%"),
        (cells.share(0.0856), "8.6%"),
        (cells.share(0.0996), "10%"),
        (cells.change(0.86), "−14%"),
        (cells.change(1.031), "+3%"),
        (cells.watts(348.2), "348 W"),
        (cells.per_joule(1.2e12, "FLOP/s"), "1.20 TFLOPS/W"),
        (cells.clock(3.5499e9), "3.55 GHz"),
        (cells.seconds(0.1712), "171 ms"),
        (cells.seconds(2.5), "2.50 s"),
        (cells.seconds(3.2e-5), "32.0 µs"),
        (cells.seconds(7e-10), "0.7 ns"),
        (cells.scientific(1.2e-14), "1.2×10⁻¹⁴"),
        (cells.scientific(0.0), "0"),
        (cells.ten_to(21), "10²¹"),
        (cells.board("bf16", "ieee"), "bf16"),
        (cells.board("fp8_e4m3", "ieee, fast accumulation off"), "fp8_e4m3, fast accumulation off"),
        (cells.board("tf32", "tf32"), "tf32"),
        (cells.shape(2048, 2048, 2048), "2048³"),
        (cells.shape(4096, 8192, 1024), "4096×8192×1024"),
        (cells.short("a name", 6), "a name"),
        (cells.short("a longer name", 6), "a long…"),
        (cells.short("矩阵乘法", 5), "矩阵…"),
        (cells.short("a\u202ename", 6), "aname"),
    ],
)
def test_a_figure_is_printed_with_its_unit(printed: str, text: str) -> None:
    assert printed == text


@pytest.mark.parametrize("cell", [cells.share, cells.watts, cells.clock, cells.scientific])
def test_what_is_unknown_is_a_dash(cell: Callable[[None], str]) -> None:
    assert cell(None) == NONE


def test_cores_make_a_cpu_another_device() -> None:
    cpu = Machine(slug="a", name="CPU <1>", kind="cpu", vendor="AuthenticAMD", cores=2)
    assert cells.device(cpu)[0].startswith("CPU <1> ")
    assert "2" in cells.device(cpu)[0]
    assert "&lt;1&gt;" in cells.named(cpu)
    assert cells.vendor(cpu) == "AMD"
    gpu = Machine(slug="b", name="H200", kind="cuda")
    assert cells.device(gpu) == ("H200", "H200")
    assert cells.vendor(gpu) == NONE
