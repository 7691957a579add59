"""What torch's GEMMs refuse, with which sentence, and how torch is switched; no GPU takes part."""

from __future__ import annotations

from typing import Any

import pytest

from flopsbench.backend import Prepared
from flopsbench.device import Device
from flopsbench.dtype import DTYPES
from flopsbench.errors import Unsupported
from flopsbench.host.cpu.cores import threads
from flopsbench.host.cpu.device import cpu_device
from flopsbench.problem import Layout, Problem
from flopsbench.result.keys import VENDOR_KERNELS
from flopsbench.words.reason import Reason
from tests.backends.torch_or_skip import torch_or_skip

torch = torch_or_skip()
from flopsbench.backends.torch.gemm import KERNELS, prepare  # noqa: E402  (only where there is a torch)

HOPPER = Device("cuda", 0, "NVIDIA Test", arch="sm_90")
TURING = Device("cuda", 0, "NVIDIA Old", arch="sm_75")
AMD = Device("cuda", 0, "AMD Test", arch="gfx942")


def problem(dtype: str = "fp32", layout: Layout = "nn", edge: int = 64) -> Problem:
    return Problem(edge, edge, edge, DTYPES[dtype], layout)


def refusal(asked: Problem, device: Device) -> str:
    with pytest.raises(Unsupported) as error:
        prepare(asked, device)
    return str(error.value)


def test_the_default_kernel_is_the_vendors() -> None:
    assert next(iter(KERNELS)) == VENDOR_KERNELS["torch"] == "matmul"


@pytest.mark.parametrize(
    ("asked", "device", "reason"),
    [
        (problem("tf32"), cpu_device(), Reason("no_tf32_on_cpu")),
        (problem("bf16"), TURING, Reason("needs_newer_sm", dtype="bf16", first="sm_80", arch="sm_75")),
        (problem("int8", edge=48), HOPPER, Reason("multiples_only", dtype="int8", step=32)),
        (problem("fp8_e4m3", edge=33), HOPPER, Reason("multiples_only", dtype="fp8_e4m3", step=32)),
    ],
)
def test_what_no_gemm_serves_has_a_reason(asked: Problem, device: Device, reason: Reason) -> None:
    assert refusal(asked, device) == reason


def test_tf32_that_is_switched_off_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NVIDIA_TF32_OVERRIDE", "0")
    assert refusal(problem("tf32"), HOPPER) == Reason("no_tf32_here")


def test_rocm_has_no_tf32(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.version, "hip", "6.2")
    assert refusal(problem("tf32"), AMD) == Reason("no_tf32_here")


@pytest.mark.parametrize(
    ("dtype", "function"), [("int8", "_int_mm"), ("fp8_e4m3", "_scaled_mm"), ("fp8_e5m2", "_scaled_mm"), ("bf16", "mm")]
)
@pytest.mark.parametrize("error", [RuntimeError, NotImplementedError])
def test_a_gemm_that_this_build_lacks_is_refused_while_it_is_prepared(
    monkeypatch: pytest.MonkeyPatch, dtype: str, function: str, error: type[Exception]
) -> None:
    def lacking(*arguments: Any, **named: Any) -> None:
        raise error(f"{function} is not implemented for this\nat somewhere.cpp:1")

    monkeypatch.setattr(torch, function, lacking)
    assert refusal(problem(dtype), cpu_device()) == f"{function} is not implemented for this"


@pytest.mark.parametrize("layout", ["nn", "nt", "tn"])
def test_the_trial_is_made_in_the_problems_layout(monkeypatch: pytest.MonkeyPatch, layout: Layout) -> None:
    """cuBLAS multiplies FP8 in one layout alone."""
    seen: list[tuple[bool, bool]] = []
    monkeypatch.setattr(torch, "mm", lambda a, b, out: seen.append((a.is_contiguous(), b.is_contiguous())))
    prepare(problem("fp32", layout, edge=100_000), cpu_device())
    assert seen == [(layout != "tn", layout != "nt")]


def test_torch_is_switched_to_full_precision_and_to_the_threads_of_this_process() -> None:
    torch.set_float32_matmul_precision("medium")
    prepared = prepare(problem(), cpu_device())
    assert torch.get_float32_matmul_precision() == "highest"
    assert prepared.threads == torch.get_num_threads() == threads("MKL")
    assert prepared.math == "ieee"


def prepared_on_gpu(monkeypatch: pytest.MonkeyPatch, dtype: str) -> Prepared:
    """What is prepared for a GPU where the trial, which needs one, is left out."""
    monkeypatch.setattr("flopsbench.backends.torch.gemm._try", lambda *arguments: None)
    return prepare(problem(dtype), HOPPER)


@pytest.mark.parametrize(
    ("dtype", "precision", "math"),
    [("fp32", "highest", "ieee"), ("tf32", "high", "tf32"), ("fp8_e4m3", "highest", "ieee, fast accumulation off")],
)
def test_a_gpu_is_switched_as_the_dtype_asks(
    monkeypatch: pytest.MonkeyPatch, dtype: str, precision: str, math: str
) -> None:
    monkeypatch.setattr(torch.version, "cuda", "12.9")
    prepared = prepared_on_gpu(monkeypatch, dtype)
    assert torch.get_float32_matmul_precision() == precision
    torch.set_float32_matmul_precision("highest")
    assert not torch.backends.cuda.matmul.allow_bf16_reduced_precision_reduction
    assert not torch.backends.cuda.matmul.allow_fp16_reduced_precision_reduction
    assert (prepared.math, prepared.library, prepared.threads) == (math, "cuBLAS, CUDA 12.9", None)
