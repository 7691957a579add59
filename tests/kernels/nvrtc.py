"""Compiles CUDA C for a chip with NVRTC, which needs neither a GPU nor a driver nor a toolkit."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from cuda.bindings import nvrtc

from flopsbench.backends.cuda_source import NVRTC_OPTIONS

# What cupy adds of its own accord, and a report of registers and spills.
_MORE_OPTIONS = ("-ftz=true", "--ptxas-options=-v")


class Compiled(NamedTuple):
    """The machine code, and what the compiler had to say about it."""

    cubin: bytes
    log: str

    @property
    def spilled_bytes(self) -> int:
        """Bytes of registers moved to memory and back, over all kernels of the file."""
        return sum(int(number) for number in re.findall(r"(\d+) bytes spill", self.log))


class CompilationFailed(Exception):
    """The source has an error or a warning; the message is the compiler's."""


def compile_for(arch: str, code: str) -> Compiled:
    """The cubin of ``code`` for a chip such as sm_90a; raise CompilationFailed for any error or warning."""
    status, program = nvrtc.nvrtcCreateProgram(code.encode(), b"kernel.cu", 0, [], [])
    _require_success(status, "")
    options = [option.encode() for option in (*NVRTC_OPTIONS, *_MORE_OPTIONS, f"-arch={arch}")]
    (status,) = nvrtc.nvrtcCompileProgram(program, len(options), options)
    log = _fetch(program, nvrtc.nvrtcGetProgramLogSize, nvrtc.nvrtcGetProgramLog).decode()
    _require_success(status, log)
    if "warning" in log:
        raise CompilationFailed(log)
    return Compiled(_fetch(program, nvrtc.nvrtcGetCUBINSize, nvrtc.nvrtcGetCUBIN), log)


def _fetch(program: Any, size_of: Any, get: Any) -> bytes:
    status, size = size_of(program)
    _require_success(status, "")
    buffer = b" " * size
    (status,) = get(program, buffer)
    _require_success(status, "")
    return bytes(buffer)


def _require_success(status: nvrtc.nvrtcResult, log: str) -> None:
    if status != nvrtc.nvrtcResult.NVRTC_SUCCESS:
        raise CompilationFailed(f"{status.name}: {log}")
