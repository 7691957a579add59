"""On a real GPU: every kernel of every dtype gives the product, at sizes that do and do not fit its tiles."""

from __future__ import annotations

import numpy as np
import pytest

from flopsbench.backend import Kernel
from flopsbench.dtype import DTYPES
from flopsbench.errors import Unsupported
from flopsbench.problem import Layout, Problem
from tests.backends.product import BOUNDS, Product
from tests.gpu.reached import Reached

SHAPES = [(256, 256, 256), (257, 131, 263)]


def prepared(reached: Reached, kernel: Kernel, problem: Problem) -> Product:
    """The product, C spoiled, or a skip with the reason the backend gives."""
    try:
        return Product(reached.space, kernel, problem, reached.gpu)
    except Unsupported as reason:
        pytest.skip(str(reason))


def launched(product: Product) -> Product:
    """The product after one launch, timed as a block is."""
    product.space.clock(product.device).time(product.launch, 1)
    return product


@pytest.mark.parametrize("layout", ["nn", "nt", "tn"])
@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: "x".join(map(str, shape)))
@pytest.mark.parametrize("dtype", list(DTYPES))
def test_vendor_kernel(reached: Reached, dtype: str, shape: tuple[int, int, int], layout: Layout) -> None:
    product = launched(prepared(reached, reached.kernel, Problem(*shape, DTYPES[dtype], layout)))
    assert product.deviation() <= BOUNDS[dtype]


@pytest.mark.parametrize("shape", [*SHAPES, (1, 1, 1), (1000, 4, 30)], ids=lambda shape: "x".join(map(str, shape)))
@pytest.mark.parametrize("kernel", ["plain_sgemm", "tiled_sgemm"])
def test_own_kernel(cupy_reached: Reached, kernel: str, shape: tuple[int, int, int]) -> None:
    product = prepared(cupy_reached, cupy_reached.backend.KERNELS[kernel], Problem(*shape, DTYPES["fp32"]))
    assert launched(product).deviation() <= BOUNDS["fp32"]


def test_tf32_computes_otherwise_than_strict_fp32(reached: Reached) -> None:
    product = prepared(reached, reached.kernel, Problem(512, 512, 512, DTYPES["tf32"]))
    assert launched(product).deviation() > BOUNDS["fp32"]


def test_a_launch_that_does_nothing_shows_no_product(reached: Reached) -> None:
    product = launched(prepared(reached, reached.kernel, Problem(256, 256, 256, DTYPES["fp32"])))
    assert product.is_right()
    product.space.spoil(product.flat.c)
    assert np.isnan(product.c()).all()
