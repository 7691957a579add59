"""Compiles LLVM IR to machine code, to call it or to read it."""

from __future__ import annotations

import ctypes
from typing import Any

from flopsbench.ceiling.target import Target, llvm

_SIGNATURE = ctypes.CFUNCTYPE(None, ctypes.c_int64, ctypes.c_void_p)


class Native:
    """A Native is a ``void run(i64 iterations, operands)`` compiled for this CPU. Calling it releases Python's lock."""

    def __init__(self, source: str, host: Target) -> None:
        """Compile ``source``; raise Unsupported without llvmlite, RuntimeError if LLVM refuses it."""
        binding = llvm()
        # The engine owns the code: it has to live as long as the function.
        self._engine = binding.create_mcjit_compiler(_module(source, host), _machine(host))
        self._engine.finalize_object()
        self._run = _SIGNATURE(self._engine.get_function_address("run"))

    def __call__(self, iterations: int, operands: ctypes.Array[Any]) -> None:
        """Run at least one iteration on ``operands``, which are overwritten with the result."""
        self._run(iterations, ctypes.addressof(operands))


def assembly(source: str, host: Target) -> str:
    """Return the machine code of ``source`` for ``host``, which need not be this CPU, as assembly text."""
    return str(_machine(host).emit_assembly(_module(source, host)))


def _module(source: str, host: Target) -> Any:
    """Return ``source`` parsed and verified; raise RuntimeError if LLVM refuses it."""
    module = llvm().parse_assembly(source)
    module.triple = host.triple
    module.verify()
    return module


def _machine(host: Target) -> Any:
    """Return LLVM's code generator for ``host``."""
    # Features are spelled out, the missing ones too: a hypervisor may hide what the CPU's name promises.
    features = ",".join(f"{'+' if has else '-'}{name}" for name, has in host.features.items())
    target = llvm().Target.from_triple(host.triple)
    return target.create_target_machine(cpu=host.cpu, features=features, opt=2)
