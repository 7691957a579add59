"""What a backend is told of that cannot be imported, and what its space says of GPUs."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from flopsbench.backends.installed import Absent, Broken, not_imported, why_no_gpu
from flopsbench.words.reason import Reason

REASON = Reason("no_gpu_on_bus")


def backend(**space: Any) -> Any:
    return SimpleNamespace(space=SimpleNamespace(devices=list, **space), KERNELS={})


def raises(error: BaseException) -> Any:
    def why_no_gpu() -> None:
        raise error

    return backend(why_no_gpu=why_no_gpu)


def test_each_library_is_asked_that_can_answer() -> None:
    backends = {
        "absent": Absent("cupy", "pip install it"),
        "broken": Broken("broken", "it is no good"),
        "silent": backend(),
        "well": backend(why_no_gpu=lambda: None),
        "frank": backend(why_no_gpu=lambda: REASON),
        "plain": backend(why_no_gpu=lambda: "no card\nat all"),
        "numpy": SimpleNamespace(space="numpy", KERNELS={}),
        "nowhere": SimpleNamespace(space="jax", KERNELS={}),
        "no method": backend(why_no_gpu="yes"),
    }
    asked: list[str] = []
    told = why_no_gpu(backends, asked.append)  # type: ignore[arg-type]  # stand-ins with what is asked of them
    assert asked == ["silent", "well", "frank", "plain", "numpy", "nowhere", "no method"]
    assert told.keys() == {"frank", "plain", "nowhere"}
    assert told["frank"] is REASON
    assert "no card" in told["plain"]
    assert told["plain"].isprintable()


@pytest.mark.parametrize("error", [RuntimeError("gone"), SystemExit("gone"), KeyboardInterrupt("gone")])
def test_whatever_a_space_raises_is_what_it_says(error: BaseException) -> None:
    assert why_no_gpu({"one": raises(error)}) == {"one": f"{type(error).__name__}: gone"}


def test_what_cupy_wraps_in_advice_is_told_by_its_cause() -> None:
    """The shape of cupy/__init__.py: forty signs of equality come before anything is said."""
    wrapped = ImportError(f"\n{'=' * 64}\nFailed to import CuPy.\n\nIf you installed CuPy via wheels ...\n")
    wrapped.__cause__ = ImportError("libcuda.so.1: cannot open shared object file: No such file or directory")
    assert not_imported("cupy", wrapped).why == (
        "libcuda.so.1 cannot be loaded, which comes with NVIDIA's driver: install the driver "
        "(https://www.nvidia.com/drivers)"
    )
    assert not_imported("mine", wrapped).why == (
        "the backend cannot be imported: ImportError: libcuda.so.1: cannot open shared object file: "
        "No such file or directory"
    )


@pytest.mark.parametrize(
    ("name", "error", "told"),
    [
        (
            "torch",
            OSError("libcublas.so.12: cannot open shared object file: No such file or directory"),
            "libcublas.so.12 cannot be loaded, a library of CUDA: pip install --force-reinstall torch",
        ),
        (
            "cupy",
            ImportError("libnvrtc.so.12: cannot open shared object file: No such file or directory"),
            (
                "libnvrtc.so.12 cannot be loaded, a library of CUDA: pip install --upgrade 'cupy-cuda12x[ctk]'  "
                "(or cupy-cuda13x, to match the driver)"
            ),
        ),
        (
            "torch",
            ImportError("libgomp.so.1: cannot open shared object file: No such file or directory"),
            (
                "the backend cannot be imported: ImportError: libgomp.so.1: cannot open shared object file: "
                "No such file or directory"
            ),
        ),
    ],
)
def test_a_library_of_cudas_that_is_missing_at_import_has_its_command(name: str, error: Exception, told: str) -> None:
    assert not_imported(name, error).why == told


def test_a_cause_that_is_no_failed_import_is_not_the_reason() -> None:
    raised = ImportError("this build needs another numpy")
    raised.__cause__ = AttributeError("_ARRAY_API")
    assert (
        not_imported("x", raised).why == "the backend cannot be imported: ImportError: this build needs another numpy"
    )
