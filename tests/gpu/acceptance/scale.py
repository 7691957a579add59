"""States how much is tried: on a real GPU, and in a rehearsal on fakes, which a laptop has to bear."""

from __future__ import annotations

from typing import NamedTuple

from flopsbench.device import CUDA
from flopsbench.dtype import DTYPES
from flopsbench.problem import Shape

EDGE = CUDA.edges[-1][1]  # of `--size auto` on a large GPU


class Scale(NamedTuple):
    """Sizes, seconds and commands of one try.

    ``shapes`` are those of products by the contract, ``band_shapes`` those that the proof judges; 8-bit dtypes take
    those alone that are multiples of 32. ``edge`` is the square size that is timed, ``sizes`` are those between which
    a rate may still rise. ``dtypes`` are those of rates, ``registry`` and ``tests`` what commands are told besides.
    """

    shapes: tuple[Shape, ...]
    band_shapes: tuple[Shape, ...]
    edge: int
    sizes: tuple[int, ...]
    load_s: float
    blocks: int
    pairs: int
    dtypes: tuple[str, ...]
    run_s: float
    registry: tuple[str, ...]
    tests: tuple[str, ...]


REAL = Scale(
    shapes=((256, 256, 256), (96, 160, 224), (257, 131, 263)),
    band_shapes=((1024, 1024, 1024), (512, 512, 16384), (1056, 800, 1312), (1001, 777, 1333), (4096, 4096, 4096)),
    edge=EDGE,
    sizes=(EDGE // 2, EDGE, 2 * EDGE),
    load_s=6.0,
    blocks=40,
    pairs=8,
    dtypes=tuple(DTYPES),
    run_s=100.0,
    registry=("--profile", "registry", "--time", "25"),
    tests=(),
)
REHEARSAL = REAL._replace(
    band_shapes=((256, 256, 256), (96, 160, 224), (131, 137, 139)),
    edge=256,
    sizes=(128, 256),
    load_s=1.0,
    blocks=6,
    pairs=6,
    dtypes=("fp32", "bf16"),
    run_s=5.0,
    registry=("--profile", "quick", "--time", "5", "--size", "256", "--dtype", "fp32,fp8_e4m3"),
    tests=("-k", "test_vendor_kernel and fp32 and 256x256 and nn"),
)
