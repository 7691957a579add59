"""Runs a CUDA kernel on the CPU: the host's C++ compiler, a small shim for CUDA's words, and both sanitizers."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from flopsbench.backends.cuda_source import KernelSource

FLAGS = ["-std=c++17", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
HERE = Path(__file__).parent

Matrix = NDArray[np.float32]


class KernelFailed(Exception):
    """The program ended with an error: a sanitizer's finding, or a barrier that was not met by all threads."""


def host_compiler() -> str | None:
    """The C++ compiler of this machine, if it has one."""
    return shutil.which("g++") or shutil.which("clang++")


def build(source: KernelSource, folder: Path) -> Path:
    """Compile the kernel into a program that multiplies two matrices; the path of the program."""
    compiler = host_compiler()
    assert compiler is not None
    code, program = folder / f"{source.kernel}.cu", folder / source.kernel
    code.write_text(source.code, encoding="utf-8")
    names = [f'-DSOURCE="{code}"', f"-DKERNEL={source.kernel}"]
    subprocess.run([compiler, *FLAGS, *names, str(HERE / "sgemm_on_cpu.cpp"), "-o", str(program)], check=True)
    return program


def multiply(program: Path, source: KernelSource, a: Matrix, b: Matrix) -> Matrix:
    """C = A·B by the emulated kernel, with the grid and block its front page asks for; raise KernelFailed."""
    (m, k), n = a.shape, b.shape[1]
    (grid_x, grid_y), (block_x, block_y) = source.grid_and_block(m, n)
    numbers = [str(number) for number in (m, n, k, grid_x, grid_y, block_x, block_y)]
    operands = a.tobytes() + b.tobytes()
    ended = subprocess.run([str(program), *numbers], input=operands, capture_output=True, check=False)
    if ended.returncode != 0:
        raise KernelFailed(ended.stderr.decode(errors="replace"))
    return np.frombuffer(ended.stdout, np.float32).reshape(m, n)
