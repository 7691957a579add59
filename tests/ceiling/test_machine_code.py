"""The loops contain what their names say, as often as they say, and nothing that would slow it: on every target."""

from __future__ import annotations

import pytest

from flopsbench.ceiling.instruction import Instruction, select
from flopsbench.ceiling.native import assembly
from flopsbench.ceiling.source import chain_source, loop_source
from flopsbench.ceiling.target import Target, llvm, this_host
from flopsbench.dtype import parse_dtype
from flopsbench.errors import Unsupported
from tests.ceiling.machine_code import calls, count, inner_loop, spills

X86, ARM = "x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu"
HASWELL = Target(X86, "haswell", {"avx2": True, "fma": True})
SKYLAKE_X = Target(X86, "skylake-avx512", {"avx2": True, "fma": True, "avx512f": True})
ZEN4 = Target(X86, "znver4", {"avx2": True, "fma": True, "avx512f": True, "avx512bf16": True, "avx512vnni": True})
ALDER_LAKE = Target(X86, "alderlake", {"avx2": True, "fma": True, "avxvnni": True})
NEOVERSE_N1 = Target(ARM, "neoverse-n1", {"neon": True, "dotprod": True})
NEOVERSE_V1 = Target(ARM, "neoverse-v1", {"neon": True, "dotprod": True, "bf16": True, "i8mm": True})
APPLE_LIKE = Target(ARM, "apple-m1", {"neon": True, "dotprod": True})

CASES = [
    (HASWELL, "fp32", "vfmadd", "ymm", 12),
    (HASWELL, "fp64", "vfmadd", "ymm", 12),
    (SKYLAKE_X, "fp32", "vfmadd", "zmm", 12),
    (SKYLAKE_X, "fp64", "vfmadd", "zmm", 12),
    (ZEN4, "fp32", "vfmadd", "zmm", 12),
    (ZEN4, "bf16", "vdpbf16ps", "zmm", 16),
    (ZEN4, "int8", "vpdpbusd", "zmm", 16),
    (ALDER_LAKE, "int8", "vpdpbusd", "ymm", 12),
    (NEOVERSE_N1, "fp32", "fmla", ".4s", 24),
    (NEOVERSE_N1, "fp64", "fmla", ".2d", 24),
    (NEOVERSE_N1, "int8", "sdot", ".16b", 24),
    (NEOVERSE_V1, "bf16", "bfmmla", ".8h", 24),
    (NEOVERSE_V1, "int8", "smmla", ".16b", 24),
    (APPLE_LIKE, "fp32", "fmla", ".4s", 24),
]


@pytest.fixture(autouse=True)
def _all_targets() -> None:
    binding = llvm()
    binding.initialize_all_targets()
    binding.initialize_all_asmprinters()


def loop_of(instruction: Instruction, host: Target) -> list[str]:
    return code_of(loop_source(instruction, llvm().llvm_version_info[0]), host)


def code_of(source: str, host: Target) -> list[str]:
    if host.cpu == "znver4" and llvm().llvm_version_info[0] < 16:
        pytest.skip("this LLVM is older than Zen 4")
    return inner_loop(assembly(source, host))


@pytest.mark.parametrize(("host", "dtype", "mnemonic", "registers", "chains"), CASES)
def test_the_loop_is_the_instruction_and_nothing_else(
    host: Target, dtype: str, mnemonic: str, registers: str, chains: int
) -> None:
    instruction = select(parse_dtype(dtype), host)
    loop = loop_of(instruction, host)
    assert count(loop, mnemonic) == 2 * chains == 2 * instruction.accumulators
    assert all(registers in line for line in loop if mnemonic in line)
    assert spills(loop) == calls(loop) == []
    assert len(loop) <= 2 * chains + 2  # counting down and branching


@pytest.mark.parametrize("dtype", ["fp32", "fp64", "bf16", "int8"])
def test_the_loops_of_this_cpu(dtype: str) -> None:
    host = this_host()
    try:
        instruction = select(parse_dtype(dtype), host)
    except Unsupported as reason:
        pytest.skip(str(reason))
    loop = loop_of(instruction, host)
    assert len(loop) <= 2 * instruction.accumulators + 2
    assert spills(loop) == calls(loop) == []


def test_the_check_sees_a_type_too_wide_for_the_target() -> None:
    loop = loop_of(select(parse_dtype("fp32"), SKYLAKE_X), HASWELL)
    assert spills(loop)


def test_the_check_sees_a_missing_fma() -> None:
    loop = loop_of(select(parse_dtype("fp32"), HASWELL), Target(X86, "x86-64", {}))
    assert count(loop, "vfmadd") == 0
    assert calls(loop)


@pytest.mark.parametrize("host", [HASWELL, ZEN4, NEOVERSE_N1, NEOVERSE_V1], ids=lambda host: host.cpu)
def test_the_chain_is_sixteen_dependent_steps(host: Target) -> None:
    loop = code_of(chain_source(llvm().llvm_version_info[0]), host)
    exclusive_or = "xor" if host.triple == X86 else "eor"
    assert count(loop, "add") == 8
    assert count(loop, exclusive_or) == 8
    assert not any("$" in line for line in loop if count([line], "add"))
    assert len(loop) == 18
    assert spills(loop) == []


def test_additions_alone_would_have_been_folded() -> None:
    folded = chain_source(llvm().llvm_version_info[0]).replace("xor", "add")
    assert count(code_of(folded, HASWELL), "add") < 16
