"""What is torch's own in the contract of a space: codes that numpy has no dtype for, a GPU's waits, and refusals."""

from __future__ import annotations

import numpy as np
import pytest

from flopsbench.backends.operands import code_dtype
from flopsbench.clocks import HostClock, TorchEventClock
from flopsbench.device import Device
from flopsbench.errors import Unsupported
from flopsbench.host.cpu.device import cpu_device
from tests.backends.torch_or_skip import torch_or_skip

torch = torch_or_skip()
from flopsbench.backends.torch.arrays import STORED, first_line, space  # noqa: E402  (only where there is a torch)

GPU = Device("cuda", 2, "NVIDIA Test", arch="sm_90")


@pytest.mark.parametrize("storage", STORED)
def test_tensors_are_of_the_format_and_codes_of_its_dtype(storage: str) -> None:
    flat = space.empty(storage, 6, cpu_device())
    assert (flat.dtype, flat.numel(), flat.is_contiguous()) == (STORED[storage], 6, True)
    assert space.fetch(flat).dtype == code_dtype(storage)
    assert flat.element_size() == code_dtype(storage).itemsize


@pytest.mark.parametrize(("storage", "code"), [("bf16", 0x3FC0), ("fp8_e4m3", 0x3C), ("fp8_e5m2", 0x3E)])
def test_codes_are_the_bits_of_tensors(storage: str, code: int) -> None:
    flat = space.empty(storage, 1, cpu_device())
    space.load(flat, np.array([code], code_dtype(storage)))
    assert flat.float().item() == 1.5


def test_every_other_code_of_a_base_can_be_loaded() -> None:
    flat = space.empty("fp32", 4, cpu_device())
    space.load(flat, np.arange(8, dtype=np.float32)[::2])
    assert space.fetch(flat).tolist() == [0, 2, 4, 6]


@pytest.mark.parametrize("wrong", [np.ones(4, np.float64), np.ones(4, np.float16)])
def test_codes_of_another_width_are_never_rounded(wrong: np.ndarray) -> None:
    flat = space.empty("fp32", 4, cpu_device())
    with pytest.raises(RuntimeError):
        space.load(flat, wrong)


def test_a_fill_reaches_the_tensors_that_kernels_see() -> None:
    base, flat = (space.empty("bf16", size, cpu_device()) for size in (6, 4))
    view = space.view(flat, 2, 2, transposed=True)
    space.load(base, np.array([0x3F80, 0x4000, 0x4040, 0x4080, 0x40A0, 0x40C0], np.uint16))  # 1 to 6
    space.fill(flat, base, 4)
    assert view.float().tolist() == [[5, 1], [6, 2]]


def test_a_tensor_that_cannot_be_made_is_refused_with_torchs_first_line() -> None:
    with pytest.raises(Unsupported, match=r"alloc"):
        space.empty("fp64", 1 << 50, cpu_device())


def test_an_error_without_a_message_is_named() -> None:
    assert first_line(RuntimeError(" one\ntwo")) == "one"
    assert first_line(RuntimeError("")) == "RuntimeError"


def test_a_gpu_has_events_and_is_waited_for_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[int] = []
    monkeypatch.setattr(torch.cuda, "synchronize", waited.append)
    space.wait(cpu_device())
    space.wait(GPU)
    assert waited == [2]
    clock = space.clock(GPU)
    assert isinstance(clock, TorchEventClock)
    assert clock.index == 2
    assert isinstance(space.clock(cpu_device()), HostClock)


def test_memory_of_a_gpu_counts_what_torch_keeps_as_free(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = [600]
    monkeypatch.setattr(torch.cuda, "empty_cache", kept.clear)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda index: (1000 * index - sum(kept), 5000))
    assert space.memory(GPU) == (2000, 0)
