"""Lists what flopsbench assumes of GPUs without having met one: where it says so, and what is then to be seen.

The figures are those of the code itself, wherever it can be imported without a GPU's library.
"""

from __future__ import annotations

from typing import NamedTuple

from flopsbench.device import CUDA
from flopsbench.dtype import DTYPES
from flopsbench.measure.profiles import PROFILES
from flopsbench.proof.bands import band
from flopsbench.runs.referee import LOOK_S, SLOWER
from flopsbench.telemetry.nvml import GRAIN_S
from flopsbench.units import gigahertz, percent

STORED = {"tf32": "fp32", "int8": "int8"}
# The SM clock under a bf16 GEMM that meets the power limit, as other programs saw it, by what the board is called.
LOAD_CLOCK_HZ = {"NVIDIA H100 80GB HBM3": 1.36e9, "NVIDIA H200": 1.46e9}
CLOCK_WITHIN = 0.06
ENERGY_WITHIN = 0.1
SAME_LIBRARY_WITHIN = 0.03
RISES_WITHIN = 0.05
LEAST_OF_PEAK, MOST_OF_PEAK = 0.5, 1.05
SENSORS_S = 0.01
LOOKED_S = 2e-3
HALF_WIDTH = PROFILES["registry"].target_half_width


class Guess(NamedTuple):
    """A guess: the step that settles it, by its first word, where the code makes it, and what it expects."""

    name: str
    step: str
    where: str
    expected: str


def _band_guess(dtype: str) -> Guess:
    """The guess that a right product of a dtype lies in its error band, whose width is that of a square of 1024."""
    asked = DTYPES[dtype]
    product = {"int8": "int32", "fp8_e4m3": "bf16", "fp8_e5m2": "bf16"}.get(dtype)
    stored = "fp32" if dtype == "tf32" else dtype
    limits = band(stored, asked.math, product or stored, 1024, 1024, 1024**2)
    assert limits is not None
    told = f"residual at most {limits.residual:.2g}, rms error {limits.rms_low:.2g} to {limits.rms_high:.2g} at 1024"
    return Guess(f"band_{dtype}", "bands", f"proof/bands.py ({limits.source})", told)


FACTS = (
    Guess("device", "contract", "backends/*/devices.py, peaks/accelerators.json", "a datasheet row has its name, SMs "
          "and cache; NVML finds it by its UUID"),
    Guess("dtypes", "contract", "backends/torch/gemm.py, backends/cupy/kernels.py", "torch: every dtype; cupy: fp64, "
          "fp32, tf32, bf16, fp16; each other one is refused with a sentence"),
    Guess("products", "contract", "backends/torch/gemm.py (EIGHT_BIT_STEP), backends/cupy/cublas.py", "every product "
          "is right, also of shapes that are no multiples; 8-bit dtypes refuse what is no multiple of 32"),
    Guess("layouts", "contract", "runs/plan.py (usual_layout)", "FP8 runs as nt alone, all others in every layout"),
    Guess("own_kernels", "contract", "backends/cupy/kernels.py", "each own kernel is made for this GPU and is right"),
    *map(_band_guess, DTYPES),
    Guess("event_clock", "clock", "clocks.py, runs/referee.py (SLOWER)", "host's and device's seconds of a block are "
          f"at most {percent(SLOWER - 1)} apart"),
    Guess("block_length", "clock", "device.py (CUDA.block_s)", f"blocks of {1e3 * CUDA.block_s:g} ms scatter so little "
          f"that their median is known to {percent(HALF_WIDTH, 1)}"),
    Guess("warm_up", "clock", "device.py (CUDA.warmup_s)", f"the rate is within 1 % of its later one after "
          f"{CUDA.warmup_s:g} s"),
    Guess("look", "clock", "runs/referee.py (LOOK_S)", f"C is looked at within {1e3 * LOOKED_S:g} ms after a block, "
          f"and never after more than {1e3 * LOOK_S:g}"),
    Guess("sensors", "sensors", "telemetry/readings.py (QUESTIONS)", "NVML answers every reading of a run"),
    Guess("sensor_cost", "sensors", "telemetry/nvml.py", f"one look at the sensors takes less than "
          f"{1e3 * SENSORS_S:g} ms"),
    Guess("energy", "sensors", "telemetry/nvml.py, measure/gpu.py", "the counter's joules are the watts over the time "
          f"within {percent(ENERGY_WITHIN)}"),
    Guess("energy_grain", "sensors", "telemetry/nvml.py (GRAIN_S)", f"the counter moves every {GRAIN_S:g} s at least"),
    Guess("throttle_names", "sensors", "result/throttle.py", "each bit that is set has a name; gpu_idle at rest, under "
          "load a power cap or nothing"),
    Guess("load_clock", "sensors", "analysis/limits.py (peak at the clock seen)", "under a bf16 GEMM the SM clock "
          "falls below its highest: " + ", ".join(f"{name} {gigahertz(hz, 2)}" for name, hz in LOAD_CLOCK_HZ.items())),
    Guess("too_large", "accidents", "problem.py (check_fits)", "a case that does not fit is refused before anything is "
          "allocated, and the next one is measured"),
    Guess("out_of_memory", "accidents", "runs/bounds/memory.py (WORDS)", "a launch that runs out of memory is skipped "
          "as out of memory, and the next case is measured"),
    Guess("sticky_error", "accidents", "runs/worker.py (Tainted)", "an error that breaks CUDA for its process fails "
          "its own case alone"),
)  # fmt: skip

RATES = (
    Guess("peak_share", "rates", "peaks/accelerators.json", f"each dtype reaches {percent(LEAST_OF_PEAK)} to "
          f"{percent(MOST_OF_PEAK)} of its dense peak"),
    Guess("ceiling", "rates", "measure/gpu.py", "no loop measures the ceiling of a GPU: there is a reason instead"),
    Guess("own_share", "rates", "analysis/vendor.py", "own kernels are proven, and no faster than the vendor's"),
    Guess("same_library", "rates", "backends/torch, backends/cupy", "torch and cupy call the same cuBLAS: their rates "
          f"are within {percent(SAME_LIBRARY_WITHIN)}"),
    Guess("edges", "sizes", "device.py (CUDA.edges)", "beyond the usual size a rate rises by no more than "
          f"{percent(RISES_WITHIN)}"),
    Guess("ab_same", "ab", "track/ab/", "of two sides that are the same, no regression is called"),
    Guess("ab_three", "ab", "track/ab/", "3 % more work is called a regression"),
)  # fmt: skip

REGISTRY = (
    Guess("every_dtype", "result", "measure/profiles.py", "every dtype has a proven rate by the registry profile"),
    Guess("grades", "result", "analysis/grade.py", "each rate has grade A, and no clock disagrees"),
    Guess("valid", "result", "validate/", "the Result is accepted, for review at most"),
    Guess("scrubbed", "result", "host/privacy.py", "no name, address or number of this machine is in it"),
    Guess("gpu_tests", "pytest", "tests/gpu/", "all tests pass"),
)  # fmt: skip

GUESSES = {"facts": FACTS, "rates": RATES, "registry": REGISTRY}
