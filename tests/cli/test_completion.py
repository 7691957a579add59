"""Tests what a shell is offered to complete a command line."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys

import pytest

from flopsbench.backends.installed import BUILT_IN
from flopsbench.cli import completion
from flopsbench.cli.completion import list_of, one_of


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("", ["fp64", "fp32", "bf16"]),
        ("fp", ["fp64", "fp32"]),
        ("bf16,fp3", ["bf16,fp32"]),
        ("fp64,", ["fp64,fp32", "fp64,bf16"]),
        ("x", []),
    ],
)
def test_the_last_name_of_a_list_is_completed_by_one_that_is_not_in_it(typed: str, offered: list[str]) -> None:
    assert list_of(lambda: ["fp64", "fp32", "bf16"])(typed) == offered


def test_one_name_is_completed() -> None:
    assert one_of(completion.profiles)("s") == ["standard"]


@pytest.mark.process  # torch looks for libraries by one
@pytest.mark.parametrize("backend", ["numpy", "torch"])  # cupy's: tests/backends/cupy/test_kernels.py
def test_every_kernel_of_a_built_in_backend_is_offered(backend: str) -> None:
    assert set(importlib.import_module(BUILT_IN[backend]).KERNELS) <= set(completion.kernels())


OFFERED = {
    "run --dtype fp64,bf": {"fp64,bf16"},
    "run --profile q": {"quick"},
    "run --backend n": {"numpy"},
    "run --kernel bl": {"blas"},
    "ab --kernel blas,tiled": {"blas,tiled_sgemm"},
    "run --device ": {"auto", "cpu", "cuda", "all"},
    "noise --kernel x --dtype in": {"int8"},
    "scale --against cn-miit": {"cn-miit-ai-2025"},
    "scale --about cn-miit": {"cn-miit-ai-2025"},
    "scale 1 --peak h200": {"h200-sxm"},
    "scale 1 --assume-precision fp1": {"fp16"},
    "compare --fail-on mis": {"missing"},
    "export --format py": {"pytest-benchmark"},
    "validate --format j": {"json", "junit"},
    "show --lang ": {"en", "zh"},
}
# As bash asks for each of them, in one process.
SHELL = """
import json, os, sys
from flopsbench.cli import app
for typed in json.load(sys.stdin):
    words = f"flopsbench {typed}"
    asked = {"COMP_WORDS": words, "COMP_CWORD": str(len(words.split(" ")) - 1), "_FLOPSBENCH_COMPLETE": "complete_bash"}
    os.environ.update(asked)
    try:
        app(prog_name="flopsbench")
    except SystemExit:
        print("---")
print(*sys.modules)
"""


@pytest.mark.process
def test_bash_is_offered_names_without_an_array_library() -> None:
    command = [sys.executable, "-c", SHELL]
    done = subprocess.run(command, input=json.dumps([*OFFERED]), capture_output=True, text=True, check=True)
    *offered, loaded = done.stdout.split("---\n")
    assert [some for some, told in zip(OFFERED.values(), offered, strict=True) if not some <= set(told.split())] == []
    assert not {"numpy", "torch", "cupy", "llvmlite"} & set(loaded.split())
