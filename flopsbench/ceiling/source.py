"""Makes LLVM IR from the templates in kernels/llvm."""

from __future__ import annotations

from importlib.resources import files
from string import Template

from flopsbench.ceiling.instruction import Instruction

PACKAGE = "flopsbench.kernels.llvm"
_OPAQUE_POINTERS = 17  # from this LLVM on there is no other kind; the oldest supported one knows typed pointers only


def loop_source(instruction: Instruction, llvm_major: int) -> str:
    """Return IR of ``void run(i64 iterations, operands)``: per iteration ``instruction`` twice on each accumulator."""
    names = {
        "vector": instruction.vector,
        "operand": instruction.factor,
        "intrinsic": instruction.intrinsic,
        "pointer": _pointer(instruction.vector, llvm_major),
        "accumulators": str(instruction.accumulators),
    }
    return _fill(instruction.template, names, instruction.accumulators)


def chain_source(llvm_major: int) -> str:
    """Return IR of ``void run(i64 iterations, operands)``: per iteration 16 dependent steps of one clock each."""
    return _fill("chain", {"pointer": _pointer("i64", llvm_major)}, 1)


def _pointer(pointee: str, llvm_major: int) -> str:
    """Return how that LLVM writes the type of a pointer."""
    return "ptr" if llvm_major >= _OPAQUE_POINTERS else f"{pointee}*"


def _fill(template: str, names: dict[str, str], accumulators: int) -> str:
    """Return the template with its names filled in, without its front page, lines with $i once per accumulator."""
    text = files(PACKAGE).joinpath(f"{template}.ll").read_text(encoding="utf-8")
    code = [Template(line) for line in text.splitlines() if not line.startswith(";")]
    return "\n".join(
        line.substitute(names, i=i)
        for line in code
        for i in (range(accumulators) if "i" in line.get_identifiers() else (0,))
    )
