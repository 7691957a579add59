"""Which loop a CPU gets, and where it honestly gets none."""

from __future__ import annotations

import subprocess
import sys

import pytest

from flopsbench.ceiling.instruction import INSTRUCTIONS, select
from flopsbench.ceiling.target import Target, linux_arm_features, llvm
from flopsbench.dtype import DTYPES, parse_dtype
from flopsbench.errors import Unsupported

X86 = "x86_64-unknown-linux-gnu"


def host(*features: str, triple: str = X86) -> Target:
    return Target(triple, "some-cpu", dict.fromkeys(features, True))


@pytest.mark.parametrize(
    ("features", "dtype", "name"),
    [
        (("avx2", "fma"), "fp32", "avx2 fma 256-bit"),
        (("avx2", "fma", "avx512f"), "fp64", "avx512 fma 512-bit"),
        (("avx512f", "avx512vnni", "avxvnni"), "int8", "avx512_vnni vpdpbusd 512-bit"),
        (("avx2", "avxvnni"), "int8", "avx_vnni vpdpbusd 256-bit"),
        (("neon", "dotprod"), "int8", "neon sdot 128-bit"),
        (("neon", "dotprod", "i8mm"), "int8", "neon smmla 128-bit"),
    ],
)
def test_the_widest_instruction_the_host_has(features: tuple[str, ...], dtype: str, name: str) -> None:
    assert select(parse_dtype(dtype), host(*features)).name == name


@pytest.mark.parametrize(
    ("features", "dtype", "reason"),
    [
        (("sse2",), "fp32", "none of the fp32 loops' instructions"),
        (("avx2", "fma"), "bf16", "none of the bf16 loops' instructions"),
        (("avx512bf16", "amx-bf16"), "bf16", "AMX"),
        (("avx512vnni", "amx-int8"), "int8", "AMX"),
        (("avx512f",), "fp16", "no CPU ceiling loop for fp16"),
        (("avx512f",), "tf32", "no CPU ceiling loop for tf32"),
        (("avx512f",), "fp8_e4m3", "no CPU ceiling loop for fp8_e4m3"),
    ],
)
def test_no_loop_has_a_reason(features: tuple[str, ...], dtype: str, reason: str) -> None:
    with pytest.raises(Unsupported, match=reason):
        select(parse_dtype(dtype), host(*features))


def test_amx_does_not_touch_what_it_cannot_compute() -> None:
    assert select(parse_dtype("fp32"), host("avx512f", "amx-bf16", "amx-int8")).name == "avx512 fma 512-bit"


@pytest.mark.parametrize("triple", ["arm64-apple-darwin23.1.0", "aarch64-apple-macosx14"])
def test_an_apple_arm_cpu_has_a_matrix_unit_no_loop_reaches(triple: str) -> None:
    with pytest.raises(Unsupported, match="Accelerate"):
        select(parse_dtype("fp32"), host("neon", triple=triple))


def test_operations_are_two_a_multiply_add() -> None:
    per_register = {"fp64": 64, "fp32": 32, "bf16": 16, "int8": 8}
    assert set(INSTRUCTIONS) <= set(DTYPES)
    for dtype, instructions in INSTRUCTIONS.items():
        for instruction in instructions:
            plain = 2 * instruction.bits // per_register[dtype]
            blocks = 2 if "mmla" in instruction.name else 1  # 2 x k by k x 2 gives 4 sums of k from registers of 2k
            assert instruction.operations == plain * blocks


def test_linux_names_of_arm_features() -> None:
    cpuinfo = "processor\t: 0\nFeatures\t: fp asimd asimddp bf16 i8mm sve\nCPU part\t: 0xd40\n"
    assert linux_arm_features(cpuinfo) == {"neon": True, "dotprod": True, "bf16": True, "i8mm": True}
    assert linux_arm_features("flags\t\t: fpu avx2\n") == {}


def test_without_llvmlite_there_is_a_reason_and_a_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "llvmlite.binding", None)
    with pytest.raises(Unsupported, match="pip install llvmlite"):
        llvm()


@pytest.mark.process
def test_importing_the_room_loads_neither_llvmlite_nor_numpy() -> None:
    code = "import sys, flopsbench.ceiling.compute, flopsbench.ceiling.quiet; "
    code += "print(sorted({'llvmlite', 'numpy', 'torch'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout == "[]\n"
