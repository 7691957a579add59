"""The arithmetic of the CUDA kernels, executed without a GPU on shapes that do and do not fit their tiles."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from flopsbench.backends.cuda_source import KernelSource, kernel_source
from tests.kernels.cpu_emulation import KernelFailed, Matrix, build, host_compiler, multiply

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(host_compiler() is None, reason="no C++ compiler on this machine: install g++"),
]

SHAPES = [
    (1, 1, 1),
    (128, 128, 8),
    (128, 128, 32),
    (130, 140, 20),  # ragged, rows on 16-byte boundaries
    (131, 133, 17),  # ragged, rows on no boundary
    (5, 300, 3),
    (257, 2, 41),
    (64, 65, 66),
]


def operands(m: int, n: int, k: int) -> tuple[Matrix, Matrix]:
    random = np.random.default_rng(m * n * k)
    return random.standard_normal((m, k), np.float32), random.standard_normal((k, n), np.float32)


@pytest.fixture(scope="module", params=["plain_sgemm", "tiled_sgemm"])
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, KernelSource]:
    source = kernel_source(request.param)
    return build(source, tmp_path_factory.mktemp(source.kernel)), source


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: "x".join(map(str, shape)))
def test_product_is_right(built: tuple[Path, KernelSource], shape: tuple[int, int, int]) -> None:
    a, b = operands(*shape)
    exact = a.astype(np.float64) @ b.astype(np.float64)
    np.testing.assert_allclose(multiply(*built, a, b), exact, rtol=0, atol=1e-5 * np.sqrt(shape[2]))


MUTANTS = {
    "a barrier less before the loop": ("b_row, b_col));\n    __syncthreads();", "b_row, b_col));"),
    "a barrier less in the loop": ("next_a, next_b);\n        __syncthreads();", "next_a, next_b);"),
    "one stage instead of two": ("current ^= 1;", ""),
    "the last tile forgotten": ("    }\n    multiply(stages[current], ty, tx, sums);", "    }"),
    "reads past the right edge": ("row >= rows || col >= cols) return four", "row >= rows) return four"),
    "writes past the lower edge": ("row >= rows || col >= cols) return;", "col >= cols) return;"),
    "a row off by one in the second half": ("HALF + ty * 4 + i - 4", "HALF + ty * 4 + i - 5"),
    "16-byte reads at any address": ("if (cols % 4 == 0) return *re", "if (col + 3 < cols) return *re"),
}


@pytest.mark.parametrize("mutation", MUTANTS.values(), ids=MUTANTS.keys())
def test_a_broken_kernel_is_caught(mutation: tuple[str, str], tmp_path: Path) -> None:
    """The proof that the tests above can fail, each mutant for the kind of mistake it stands for."""
    source = kernel_source("tiled_sgemm")
    assert source.code.count(mutation[0]) == 1
    mutant = replace(source, code=source.code.replace(*mutation))
    a, b = operands(131, 133, 17)
    program = build(mutant, tmp_path)
    try:
        product = multiply(program, mutant, a, b)
    except KernelFailed:
        return
    assert not np.allclose(product, a @ b, rtol=0, atol=1e-3)
