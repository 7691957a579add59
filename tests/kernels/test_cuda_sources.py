"""Every CUDA source compiles without a warning for the chips of today, and its front page can be read."""

from __future__ import annotations

import os
from importlib.metadata import distributions

import pytest

from flopsbench.backends.cuda_source import KernelSource, kernel_source, kernel_sources, parse_kernel
from flopsbench.errors import FlopsbenchError

MISSING = {"cuda-bindings", "nvidia-cuda-nvrtc-cu12"} - {each.metadata["Name"] for each in distributions()}
if MISSING and not os.environ.get("CI"):  # in CI a missing compiler is an error, not a skip
    pytest.skip(f"not installed: {', '.join(sorted(MISSING))}", allow_module_level=True)

from tests.kernels.nvrtc import CompilationFailed, compile_for  # noqa: E402  (once the compiler is known to be there)

SOURCES = kernel_sources()
CHIPS = ["sm_80", "sm_90a", "sm_100a"]


@pytest.mark.slow
@pytest.mark.parametrize("chip", CHIPS)
@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.kernel)
def test_compiles_without_warning_or_spill(source: KernelSource, chip: str) -> None:
    compiled = compile_for(chip, source.code)
    assert f".text.{source.kernel}\0".encode() in compiled.cubin
    assert "bytes spill stores" in compiled.log
    assert compiled.spilled_bytes == 0


@pytest.mark.parametrize(
    ("code", "complaint"),
    [
        ('extern "C" __global__ void f(float *a) { a[0] = b; }', "undefined"),
        ('extern "C" __global__ void f(float *a) { int unused = 3; a[0] = 1; }', "never referenced"),
    ],
    ids=["error", "warning"],
)
def test_a_broken_source_is_caught(code: str, complaint: str) -> None:
    with pytest.raises(CompilationFailed, match=complaint):
        compile_for("sm_90a", code)


def test_a_spill_is_caught() -> None:
    source = kernel_source("tiled_sgemm")
    crowded = source.code.replace("__launch_bounds__(256, 2)", "__launch_bounds__(256, 4)")
    assert compile_for("sm_90a", crowded).spilled_bytes > 0


def test_sources_include_nothing() -> None:
    assert not [source.kernel for source in SOURCES if "#include" in source.code]


def test_kernels_ship_with_the_package() -> None:
    assert {"plain_sgemm", "tiled_sgemm"} <= {source.kernel for source in SOURCES}


def test_front_page_is_read() -> None:
    source = kernel_source("tiled_sgemm")
    assert source.operations == "2*m*n*k"
    assert source.what.startswith("C = A*B in float32")
    assert source.grid_and_block(m=129, n=1000) == ((8, 2), (16, 16))


@pytest.mark.parametrize("field", ["Kernel", "What", "Tile", "Chips", "Operations", "Launch"])
def test_a_missing_field_is_named(field: str) -> None:
    code = kernel_source("plain_sgemm").code.replace(f"// {field}:", "// ")
    with pytest.raises(FlopsbenchError, match=f"lacks {field}$"):
        parse_kernel("plain_sgemm", code)


def test_the_name_is_that_of_the_file() -> None:
    with pytest.raises(FlopsbenchError, match="calls it 'plain_sgemm'"):
        parse_kernel("other", kernel_source("plain_sgemm").code)


def test_a_launch_that_is_no_rule_is_refused() -> None:
    code = kernel_source("plain_sgemm").code.replace("grid (n/16, m/16) rounded up", "as you like it")
    with pytest.raises(FlopsbenchError, match="Launch is not a rule"):
        parse_kernel("plain_sgemm", code).grid_and_block(1, 1)
