"""Advice by evidence: for each cause a document in which it must come, and an honest twin in which it must not."""

from __future__ import annotations

import re
from math import sqrt
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from flopsbench.analysis.advice import LOW, advice, advised, limiting_settings
from flopsbench.result.types import (
    Case,
    Ceiling,
    ComputeRecord,
    Cpu,
    Efficiency,
    MemoryNode,
    Result,
    Software,
    Virtualisation,
)
from tests.documents import case, device, host, process, result, stats, telemetry

AMD, INTEL = "AuthenticAMD", "GenuineIntel"
SKX, HASWELL = "OpenBLAS 0.3.30 SkylakeX", "OpenBLAS 0.3.30 Haswell"
AVX512, AVX2, BF16 = "avx512 fma 512-bit", "avx2 fma 256-bit", "avx512_bf16 vdpbf16ps 512-bit"
TORCH = {"backend": "torch", "kernel": "matmul"}
GPU = {"device": "cuda:0", **TORCH, "dtype": "bf16", "library": "cuBLAS, CUDA 12.6", "threads": None, "edge": 8192}


def measured(
    share: float,
    library: str = SKX,
    threads: int | None = 8,
    width: float = 0.01,
    edge: int = 2000,
    seen: dict[str, Any] | None = None,
    **fields: Any,
) -> Case:
    """A case at a share of its ceiling, or on a board of its peak; ``seen`` is what the sensors said."""
    on_board = fields.get("device", "cpu") != "cpu"
    efficiency = Efficiency(peak=share) if on_board else Efficiency(ceiling=share)
    rate = 1e12
    figures = stats(rate, rate * (1 - width), rate * (1 + width), efficiency=efficiency)
    compute = ComputeRecord("fp32", "fp32", "fp32", "fp32", library, "ieee", threads)
    processes = [process(telemetry=telemetry(**(seen or {})))]
    return case(edge=edge, stats=figures, compute=compute, processes=processes, **fields)


def document(
    *cases: Case,
    instruction: str | None = AVX512,
    env: dict[str, str] | None = None,
    vendor: str | None = AMD,
    units: int = 8,
    physical: int | None = 8,
    quota: float | None = None,
    busy: float | None = None,
) -> Result:
    """The document of these cases on a machine of ``units`` cores, with a GPU beside them."""
    cpu = Cpu(model="a CPU", logical=16, usable=units, physical=physical, vendor=vendor)
    machine = host(cpu=cpu, virtualisation=Virtualisation(quota_cpus=quota), busy_share=busy)
    board = device(id="cuda:0", kind="cuda", name="NVIDIA H200", units=132, clock_max_hz=2e9)
    ceilings = [
        Ceiling(device="cpu", dtype=dtype, rate_per_s=2e12, instruction=instruction)
        for dtype in dict.fromkeys(each.dtype for each in cases if each.device == "cpu")
    ]
    return result(
        *cases,
        host=machine,
        devices=[device(units=units), board],
        ceilings=ceilings,
        software=Software(python="3.12.4", env=env or {}),
    )


def told(cases: dict[str, Any], about: dict[str, Any]) -> str:
    """The advice on a document of one case, all lines of it."""
    return "\n".join(advice(document(measured(**{"share": 0.45} | cases), **about)))


# What: the case and the document, what is said; the changes that make the twin, of which it must not be said.
CAUSES: dict[str, tuple[dict[str, Any], dict[str, Any], str, dict[str, Any], dict[str, Any]]] = {
    "a core type": (
        {"library": HASWELL},
        {"env": {"OPENBLAS_CORETYPE": "Haswell"}},
        "OPENBLAS_CORETYPE=Haswell keeps OpenBLAS to 256-bit AVX2",
        {},
        {"env": {}},
    ),
    "a core type that the kernel refutes": (
        {"library": HASWELL},
        {"env": {"OPENBLAS_CORETYPE": "haswell"}},
        "Do: unset OPENBLAS_CORETYPE (that gave 1.87 times",
        {"library": SKX},
        {},
    ),
    "a core type on a CPU without more": (
        {"library": HASWELL},
        {"env": {"OPENBLAS_CORETYPE": "Haswell"}},
        "OPENBLAS_CORETYPE",
        {},
        {"instruction": AVX2},
    ),
    "a core type of another library": (
        {"library": HASWELL},
        {"env": {"OPENBLAS_CORETYPE": "Haswell"}},
        "OPENBLAS_CORETYPE",
        {"library": "MKL 2024.2", **TORCH},
        {},
    ),
    "a core type without a measured gain": (
        {"library": "OpenBLAS 0.3.30 Nehalem", "share": 0.12},
        {"env": {"OPENBLAS_CORETYPE": "Nehalem"}},
        "this CPU has AVX-512. Do: unset OPENBLAS_CORETYPE",
        {"library": "OpenBLAS 0.3.30 SkylakeX"},
        {},
    ),
    "a core type that a build lacks": (
        {"library": "OpenBLAS 0.3.31 Sandybridge", "share": 0.2},
        {"env": {"OPENBLAS_CORETYPE": "Excavator"}},
        "OPENBLAS_CORETYPE=Excavator keeps OpenBLAS to AVX, and",
        {},
        {"env": {"OPENBLAS_CORETYPE": "no core"}},
    ),
    "MKL on an Intel CPU": (
        {"library": "MKL 2024.2", **TORCH},
        {"vendor": INTEL, "env": {"MKL_ENABLE_INSTRUCTIONS": "AVX2"}},
        "unset MKL_ENABLE_INSTRUCTIONS",
        {},
        {"vendor": AMD},
    ),
    "reproducible MKL": (
        {"library": "MKL 2024.2", **TORCH},
        {"vendor": INTEL, "env": {"MKL_CBWR": "AVX2,STRICT"}},
        "MKL_CBWR=AVX2,STRICT",
        {},
        {"vendor": INTEL, "env": {"MKL_CBWR": "AUTO"}},
    ),
    "oneDNN": (
        {"library": "oneDNN 3.12.0", "dtype": "bf16", **TORCH, "share": 0.2},
        {"instruction": BF16, "env": {"ONEDNN_MAX_CPU_ISA": "AVX512_CORE"}},
        "ONEDNN_MAX_CPU_ISA=AVX512_CORE keeps oneDNN to AVX-512, and this CPU has AVX-512 BF16",
        {},
        {"env": {"ONEDNN_MAX_CPU_ISA": "AVX512_CORE_BF16"}},
    ),
    "torch's own loops, held down": (
        {"library": "torch's own loops", **TORCH, "share": 0.1},
        {"env": {"ATEN_CPU_CAPABILITY": "default"}},
        "unset ATEN_CPU_CAPABILITY",
        {"library": "MKL 2024.2"},
        {},
    ),
    "numpy's own loops, held down": (
        {"library": "numpy's own loops", "share": 0.1},
        {"env": {"NPY_DISABLE_CPU_FEATURES": "AVX512F AVX2"}},
        "unset NPY_DISABLE_CPU_FEATURES",
        {},
        {"instruction": AVX2, "env": {"NPY_DISABLE_CPU_FEATURES": "AVX512F"}},
    ),
    "a torch without a BLAS": (
        {"library": "torch's own loops", **TORCH, "share": 0.1},
        {},
        "pip install --force-reinstall torch",
        {"library": "MKL 2024.2"},
        {},
    ),
    "a numpy on netlib's BLAS": (
        {"library": "blas 3.9.0", "share": 0.1},
        {},
        "blas 3.9.0 is no optimised BLAS. Do: pip install --force-reinstall numpy",
        {"library": SKX},
        {},
    ),
    "OpenBLAS's generic kernels": (
        {"library": "OpenBLAS 0.3.30 generic", "share": 0.1},
        {},
        "generic kernels of 128-bit SSE",
        {"library": SKX},
        {},
    ),
    "too little for a board": (
        {**GPU, "edge": 1000, "share": 0.3},
        {},
        "a product for 132 SMs leaves each a part of about 87 x 87. Do: take a larger --size, such as 8192",
        {"edge": 8192},
        {},
    ),
    "capabilities that a BLAS does not heed": (
        {"library": HASWELL},
        {"env": {"OPENBLAS_CORETYPE": "Haswell", "NPY_DISABLE_CPU_FEATURES": "AVX512F", "ATEN_CPU_CAPABILITY": "avx2"}},
        "OPENBLAS_CORETYPE",
        {"library": SKX},
        {"env": {"NPY_DISABLE_CPU_FEATURES": "AVX512F", "ATEN_CPU_CAPABILITY": "avx2"}},
    ),
    "an old OpenBLAS": (
        {"library": "OpenBLAS 0.3.20 Zen"},
        {},
        "OpenBLAS chose its Zen kernels of 256-bit AVX2, and this CPU has AVX-512",
        {"library": "OpenBLAS 0.3.30 Cooperlake"},
        {},
    ),
    "an old BLIS": (
        {"library": "BLIS 3.0 zen3"},
        {},
        "export BLIS_ARCH_TYPE=skx",
        {},
        {"instruction": AVX2},
    ),
    "MKL on other vendors' CPUs": (
        {"library": "MKL 2024.2", **TORCH},
        {},
        "MKL takes its path of 256-bit AVX2 on CPUs of other vendors",
        {},
        {"vendor": INTEL},
    ),
    "MKL where there is no more to take": (
        {"library": "MKL 2024.2", **TORCH},
        {},
        "MKL takes its path",
        {},
        {"instruction": AVX2},
    ),
    "MKL on a CPU of a vendor unknown": (
        {"library": "MKL 2024.2", **TORCH},
        {},
        "MKL takes its path",
        {},
        {"vendor": None},
    ),
    "threads of a variable": (
        {"threads": 4},
        {"env": {"OPENBLAS_NUM_THREADS": "4"}},
        "4 of 8 cores, as OPENBLAS_NUM_THREADS=4 asks. Do: unset OPENBLAS_NUM_THREADS",
        {"threads": 8},
        {"env": {}},
    ),
    "threads of another library's variable": (
        {"threads": 4, "library": "MKL 2024.2", **TORCH},
        {"vendor": INTEL, "env": {"MKL_NUM_THREADS": "4", "OPENBLAS_NUM_THREADS": "4"}},
        "as MKL_NUM_THREADS=4 asks",
        {"library": SKX, "backend": "numpy", "kernel": "blas"},
        {"env": {"MKL_NUM_THREADS": "4"}},
    ),
    "threads of a variable that asks for others": (
        {"threads": 4},
        {"env": {"OPENBLAS_NUM_THREADS": "4,2"}},
        "as OPENBLAS_NUM_THREADS=",
        {},
        {"env": {"OPENBLAS_NUM_THREADS": "2"}},
    ),
    "threads of no variable": ({"threads": 4}, {}, "Do: export OPENBLAS_NUM_THREADS=8", {"threads": 8}, {}),
    "a quota": (
        {"seen": {"throttled_periods": 40}},
        {"quota": 3.5},
        "a CPU quota of 3.5 cores holds 8 threads back",
        {"seen": {"throttled_periods": 0}},
        {},
    ),
    "a quota that nobody counts": ({}, {"quota": 3.5}, "a CPU quota of 3.5 cores", {}, {"quota": 8.0}),
    "siblings": (
        {"threads": 16, "share": 0.7},
        {},
        "16 threads share 8 cores",
        {"threads": 8},
        {},
    ),
    "a small shape": ({"edge": 200}, {}, "Do: take a larger --size, such as 2048", {"edge": 2000}, {}),
    "a shape than which none is advised": (
        {"edge": 4000, "threads": 2000},
        {"units": 2000, "physical": 2000},
        "Do: take a larger --size, such as 8192",
        {"edge": 8192},
        {},
    ),
    "a flat shape": ({"k": 16, "share": 0.1}, {}, "Do: take a larger --size", {"k": 2000}, {}),
    "a clock that fell": (
        {"seen": {"clock_hz": 2e9, "clock_max_hz": 3.6e9}, "share": 0.6},
        {},
        "the clock fell from 3.6 GHz to 2 GHz",
        {"seen": {"clock_hz": 3.5e9, "clock_max_hz": 3.6e9}},
        {},
    ),
    "a clock under steal": (
        {"seen": {"clock_hz": 2e9, "clock_max_hz": 3.6e9, "steal_share": 0.001}, "share": 0.6},
        {},
        "the clock fell",
        {"seen": {"clock_hz": 2e9, "clock_max_hz": 3.6e9, "steal_share": 0.3}},
        {},
    ),
    "a limit of power": (
        {**GPU, "share": 0.6, "seen": {"clock_hz": 1.2e9, "throttle_reasons": ["sw_power_cap"]}},
        {},
        "a limit held it at 1.2 GHz of 2 GHz (sw_power_cap)",
        {"seen": {"clock_hz": 1.2e9, "throttle_reasons": ["gpu_idle"]}},
        {},
    ),
    "a limit that did not hold": (
        {**GPU, "share": 0.6, "seen": {"clock_hz": 1.2e9, "throttle_reasons": ["sw_power_cap"]}},
        {},
        "sw_power_cap",
        {"seen": {"clock_hz": 2e9, "throttle_reasons": ["sw_power_cap"]}},
        {},
    ),
    "heat": (
        {**GPU, "share": 0.5, "seen": {"clock_hz": 1e9, "throttle_reasons": ["hw_thermal_slowdown", "sw_power_cap"]}},
        {},
        "it slowed itself down to 1 GHz of 2 GHz (hw_thermal_slowdown)",
        {"seen": {"clock_hz": 1e9, "throttle_reasons": ["sw_power_cap"]}},
        {},
    ),
    "noise": ({"width": 0.8}, {}, "the measurement itself is in doubt", {"width": 0.3}, {}),
    "noise beside a cause": (
        {"width": 0.8},
        {},
        "in doubt",
        {"library": HASWELL},
        {"env": {"OPENBLAS_CORETYPE": "Haswell"}},
    ),
    "other programs": ({}, {"busy": 0.9}, "other programs used 90%", {}, {"busy": 0.01}),
    "other programs beside a cause": ({}, {"busy": 0.9}, "other programs", {"library": HASWELL}, {}),
    "rows of a power of two": (
        {"edge": 2048, "share": 0.94},
        {},
        "rows of 2048 elements, a power of two",
        {"edge": 2080},
        {},
    ),
    "rows of a power of two, and more missing": (
        {"edge": 2048, "share": 0.94},
        {},
        "a power of two",
        {"share": 0.8},
        {},
    ),
    "rows of a power of two, and too much noise": (
        {"edge": 2048, "share": 0.94},
        {},
        "a power of two",
        {"width": 0.1},
        {},
    ),
    "nothing": ({}, {}, "nothing in this document says why", {"share": 0.8}, {}),
}


@pytest.mark.parametrize("name", CAUSES)
def test_the_true_cause_is_named_and_its_twin_is_spared(name: str) -> None:
    cases, about, said, other_case, other_about = CAUSES[name]
    assert said in told(cases, about)
    assert said not in told(cases | other_case, about | other_about)


FIGURES = re.compile(r"\w+=\w+|\d+(?:\.\d+)?%|\d+\.\d+", re.ASCII)


def test_each_cause_is_said_in_chinese_with_the_same_figures() -> None:
    for cases, about, _, _, _ in CAUSES.values():
        (line,) = advice(document(measured(**{"share": 0.45} | cases), **about))
        assert re.search(r"[\u4e00-\u9fff]", line.text("zh"))
        assert set(FIGURES.findall(line)) == set(FIGURES.findall(line.text("zh")))


def test_what_a_newer_kernel_needs_is_a_command() -> None:
    assert "Do: install a newer build, or export OPENBLAS_CORETYPE=SkylakeX" in told({"library": HASWELL}, {})


def test_a_cause_that_explains_little_gives_way_to_one_that_explains_more() -> None:
    slow = measured(0.1, HASWELL, threads=1)
    env = {"OPENBLAS_CORETYPE": "Haswell", "OPENBLAS_NUM_THREADS": "1"}
    (line,) = advice(document(slow, env=env))
    assert "1 of 8 cores" in line


def test_seven_of_eight_threads_are_not_blamed_for_half_of_the_rate() -> None:
    (line,) = advice(document(measured(0.45, HASWELL, threads=7), env={"OMP_NUM_THREADS": "7"}))
    assert "Haswell kernels" in line


def test_cases_of_one_cause_share_a_line_and_others_have_their_own() -> None:
    numpy = [measured(share, HASWELL, dtype=dtype) for share, dtype in ((0.45, "fp64"), (0.5, "fp32"))]
    torch = measured(0.4, "MKL 2024.2", **TORCH)
    lines = advice(document(*numpy, torch, env={"OPENBLAS_CORETYPE": "Haswell"}))
    assert [line.partition(": ")[0] for line in lines] == ["fp32 torch", "fp64, fp32 numpy"]
    assert "45% - 50%" in lines[1]
    assert "OPENBLAS_CORETYPE" not in lines[0]


def test_the_faster_rival_is_named_where_nothing_else_is_known() -> None:
    slow = measured(0.5, "Abacus 1", **TORCH)
    own = measured(0.1, "abacus 1", backend="mine", kernel="prepare")  # whose measure the vendor's rate is
    (line,) = advice(document(slow, own, measured(0.9)))
    assert line.endswith(f"Abacus 1 is the limit: numpy ({SKX}) reaches 90%. Do: use that")


def test_the_vendors_rates_are_what_own_kernels_are_to_reach() -> None:
    own = measured(0.1, "abacus 1", backend="mine", kernel="prepare")
    assert advice(document(own, measured(0.97))) == []
    assert len(advice(document(own))) == 1


def test_a_dtype_of_tomorrow_and_a_case_without_a_rate_are_let_be() -> None:
    newer = replace(measured(0.3), dtype="fp4")
    failed = case(status="failed", stats=None)
    assert len(advice(replace(document(measured(0.9)), cases=[newer, failed]))) == 1


def test_a_setting_is_told_where_it_holds_something_down() -> None:
    env = {"OPENBLAS_CORETYPE": "Haswell", "MKL_NUM_THREADS": "4", "KMP_BLOCKTIME": "0"}
    assert limiting_settings(document(measured(0.95, HASWELL), env=env)) == ["OPENBLAS_CORETYPE=Haswell"]
    assert limiting_settings(document(measured(0.95, SKX), env=env)) == []
    few = measured(0.95, "oneDNN 3.12.0", threads=4, dtype="bf16", **TORCH)
    assert limiting_settings(document(few, env=env)) == ["MKL_NUM_THREADS=4"]


LIBRARIES = (SKX, HASWELL, "OpenBLAS 0.3.30 Zen", "OpenBLAS 0.3.30", "BLIS 4.1 zen4", "MKL 2024.2", "oneDNN 3.12.0")
ENVS = {
    "OPENBLAS_CORETYPE": ("Haswell", "SkylakeX", "Zen", "7"),
    "MKL_ENABLE_INSTRUCTIONS": ("AVX2", "AVX512"),
    "ONEDNN_MAX_CPU_ISA": ("AVX2", "ALL"),
    "OPENBLAS_NUM_THREADS": ("1", "4", "x"),
    "MKL_NUM_THREADS": ("1", "4"),
    "OMP_NUM_THREADS": ("4", "8"),
}
bounded = settings(max_examples=400)
environments = st.fixed_dictionaries({}, optional={name: st.sampled_from(values) for name, values in ENVS.items()})


@bounded
@given(
    share=st.floats(0.02, 1.0),
    width=st.floats(0, 0.9),
    library=st.sampled_from(LIBRARIES),
    threads=st.sampled_from((None, 1, 4, 8, 16)),
    edge=st.sampled_from((64, 200, 500, 1024, 2048, 4000)),
    seen=st.fixed_dictionaries(
        {},
        optional={
            "throttled_periods": st.integers(0, 3),
            "clock_hz": st.floats(1e9, 3e9),
            "clock_max_hz": st.floats(3e9, 4e9),
            "steal_share": st.floats(0, 0.5),
        },
    ),
    about=st.fixed_dictionaries(
        {
            "env": environments,
            "instruction": st.sampled_from((AVX512, AVX2, "neon fmla 128-bit", None)),
            "vendor": st.sampled_from((AMD, INTEL, None)),
            "quota": st.sampled_from((None, 2.0, 8.0)),
            "busy": st.sampled_from((None, 0.0, 0.9)),
            "physical": st.sampled_from((None, 4, 8)),
        }
    ),
)
def test_advice_never_blames_what_the_document_refutes(
    share: float,
    width: float,
    library: str,
    threads: int | None,
    edge: int,
    seen: dict[str, Any],
    about: dict[str, Any],
) -> None:
    lines = advice(document(measured(share, library, threads, width, edge, seen), **about))
    said = "\n".join(lines)
    assert len(lines) <= 1
    assert bool(lines) == (share < LOW) or "power of two" in said
    env, kernel = about["env"], library.rpartition(" ")[2]
    if name := re.search(r"(\w+)=(\S+) (?:keeps|asks)", said):
        assert env[name[1]] == name[2]
        assert name[1].partition("_")[0].lower() in (*library.lower().split(" ")[:1], "omp", "mkl")
    if "keeps OpenBLAS" in said:
        assert about["instruction"] == AVX512
        assert kernel in ("Haswell", "Zen", "0.3.30")
        assert env["OPENBLAS_CORETYPE"] in ("Haswell", "Zen")
    if " kernels of " in said:
        assert about["instruction"] == AVX512
        assert kernel in ("Haswell", "Zen")
    if "takes its path" in said:
        assert (library, about["instruction"], about["vendor"]) == ("MKL 2024.2", AVX512, AMD)
    if "MKL_ENABLE_INSTRUCTIONS" in said:
        assert (library, about["vendor"]) == ("MKL 2024.2", INTEL)
    if ran := re.search(r"it ran on (\d+) of (\d+) cores", said):
        assert (int(ran[1]), int(ran[2])) == (threads, 8)
        assert int(ran[1]) < 8
    if "quota" in said:
        assert about["quota"]
        assert seen.get("throttled_periods", 1) > 0
    if "threads share" in said:
        assert threads
        assert threads > min(8, about["physical"] or 8)
    if "larger --size" in said:
        assert edge / sqrt(8) < 250
    if "the clock fell" in said:
        assert seen["clock_hz"] < 0.96 * seen["clock_max_hz"]
        assert seen.get("steal_share", 0) <= 0.01
        assert not about["busy"]
    if "in doubt" in said:
        assert share * (1 + width) >= 0.999 * LOW
    if "other programs" in said:
        assert about["busy"]
    if "power of two" in said:
        assert edge in (1024, 2048)
        assert share > 0.89


NODES = [MemoryNode(0, 4, 16 << 30), MemoryNode(1, 4, 16 << 30)]


@pytest.mark.parametrize(
    ("nodes", "policy", "device", "is_told"),
    [
        (NODES, "default", "cpu", True),
        (NODES, "bind:0", "cpu", True),
        (NODES, "interleave:0-1", "cpu", False),
        (NODES, "weighted interleave:0-1", "cpu", False),
        (NODES, None, "cpu", False),
        (NODES[:1], "default", "cpu", False),
        (NODES, "default", "cuda:0", False),
    ],
)
def test_operands_on_one_of_several_memory_nodes_are_told(
    nodes: list[MemoryNode], policy: str | None, device: str, is_told: bool
) -> None:
    made = document(measured(0.45, **({"device": device} if device != "cpu" else {})))
    memory = replace(made.host.memory, nodes=nodes)
    made = replace(made, host=replace(made.host, memory=memory), software=replace(made.software, memory_policy=policy))
    assert ("one of 2 memory nodes" in "\n".join(advice(made))) == is_told


def test_what_is_missing_is_summed_over_the_cases_of_an_advice() -> None:
    lower, higher = measured(0.45, HASWELL), measured(0.5, HASWELL, dtype="fp64")
    (told,) = advised(document(lower, higher, env={"OPENBLAS_CORETYPE": "Haswell"}))
    assert told.sentence in advice(document(lower, higher, env={"OPENBLAS_CORETYPE": "Haswell"}))
    assert told.missing == pytest.approx(0.55 + 0.5)
