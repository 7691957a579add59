"""The contract of spaces and kernels, over every backend: numpy, torch, cupy on a fake GPU, and a stranger."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from flopsbench.backend import Backend, Kernel, Launcher, Space, Unsupported
from flopsbench.backends import operands
from flopsbench.backends.installed import space_of
from flopsbench.backends.operands import STORAGES, code_dtype
from flopsbench.device import Device
from flopsbench.dtype import DTYPES
from flopsbench.problem import Layout, Problem
from flopsbench.result.keys import VENDOR_KERNELS, is_vendor
from tests.backends.cupy.fake_cupy import FakeGpu
from tests.backends.cupy.fake_cupy import install as install_fake_cupy
from tests.backends.product import BOUNDS, Codes, Product, products
from tests.backends.torch_or_skip import torch_or_skip

SPACES = ("numpy", "torch", "cupy")
SHAPES = ((64, 64, 64), (96, 32, 160), (1, 1, 1), (33, 17, 21))
LAYOUTS: tuple[Layout, ...] = ("nn", "nt", "tn")
OFFSETS = (0, 1, 17, 39, 40, 41, 1_000_003, -1)


def multiply(a: Any, b: Any, c: Any) -> None:
    np.matmul(a, b, out=c)


def prepare_nothing(problem: Problem, device: Device) -> Launcher:
    return multiply


STRANGER = SimpleNamespace(space="numpy", KERNELS={"beads": prepare_nothing})


def installed(name: str, monkeypatch: pytest.MonkeyPatch) -> Backend:
    if name == "cupy":
        install_fake_cupy(FakeGpu(), monkeypatch)
    if name == "torch":
        torch_or_skip()
    backend: Backend = importlib.import_module(f"flopsbench.backends.{name}")
    return backend


@pytest.fixture(params=[*SPACES, "stranger"])
def backend(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Backend:
    return STRANGER if request.param == "stranger" else installed(request.param, monkeypatch)


@pytest.mark.parametrize("name", SPACES)
def test_the_default_kernel_of_each_backend_is_the_vendors(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    first, *others = installed(name, monkeypatch).KERNELS
    assert is_vendor(name, first)
    assert not any(is_vendor(name, other) for other in others)
    assert set(VENDOR_KERNELS) == set(SPACES)


@pytest.fixture(params=SPACES)
def space(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Space:
    return space_of(installed(request.param, monkeypatch))


def problem(dtype: str = "fp32", layout: Layout = "nn", m: int = 64, n: int = 64, k: int = 64) -> Problem:
    return Problem(m, n, k, DTYPES[dtype], layout)


def held(space: Space) -> list[str]:
    """Every storage format that the space holds for some dtype."""
    names: dict[str, None] = {}
    for dtype in DTYPES:
        with suppress(Unsupported):
            names |= dict.fromkeys(space.formats(problem(dtype), space.devices()[0]))
    return list(names)


def bits(codes: Codes) -> list[int]:
    """Bit patterns, by which one NaN is told from another."""
    unsigned: list[int] = codes.view(f"u{codes.itemsize}").tolist()
    return unsigned


def patterns(storage: str) -> Codes:
    """Every bit pattern of a narrow format, any of a wide one; NaN that signal are among them."""
    code = code_dtype(storage)
    every = 1 << 8 * min(code.itemsize, 2)
    if code.itemsize <= 2:
        return np.arange(every, dtype=f"u{code.itemsize}").view(code)
    drawn = np.random.default_rng(1).integers(0, 1 << 8 * code.itemsize - 1, every, f"u{code.itemsize}") * 2 + 1
    drawn[:2] = (0x7F80_0001, 0xFF80_0001) if code.itemsize == 4 else (0x7FF0_0000_0000_0001, 0xFFF0_0000_0000_0001)
    return drawn.view(code)


# --- spaces


def test_a_backend_names_its_space_and_keeps_the_name(backend: Backend) -> None:
    """Loading a module of the package must not put itself in the place of the name."""
    assert space_of(backend) is space_of(backend)
    assert backend.space in SPACES


def test_a_space_has_devices_with_names_and_memory(space: Space) -> None:
    assert space.devices()
    for device in space.devices():
        assert device.kind in ("cpu", "cuda")
        assert device.name
        memory = space.memory(device)
        assert memory.free_bytes > 10**6
        assert memory.cache_bytes >= 0


@pytest.mark.parametrize("dtype", DTYPES)
def test_formats_of_a_dtype_are_known_or_refused_with_a_reason(space: Space, dtype: str) -> None:
    try:
        formats = space.formats(problem(dtype), space.devices()[0])
    except Unsupported as error:
        formats, reason = (), str(error)
    else:
        reason = "none, for all of them are known"
    assert len(reason) > 10
    assert set(formats) <= {*STORAGES, "int32"}


def test_every_space_holds_fp64_and_fp32(space: Space) -> None:
    """So that the tests of every format that a space holds cannot pass by refusals alone."""
    assert {"fp64", "fp32"} <= set(held(space))


@pytest.mark.parametrize(("name", "kind"), [("numpy", "cuda"), ("cupy", "cpu")])
def test_a_device_of_another_kind_is_refused(name: str, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    space = space_of(installed(name, monkeypatch))
    with pytest.raises(Unsupported, match="alone"):
        space.formats(problem(), Device(kind, 0, "another"))


def test_codes_come_back_bit_by_bit(space: Space) -> None:
    for storage in held(space):
        codes = patterns(storage)
        codes.flags.writeable = False  # as those of memory that is shared for reading
        flat = space.empty(storage, codes.size, space.devices()[0])
        space.load(flat, codes)
        fetched = space.fetch(flat)
        assert (fetched.dtype, fetched.shape) == (codes.dtype, codes.shape), storage
        assert bits(fetched) == bits(codes), storage


def test_what_was_fetched_is_a_copy(space: Space) -> None:
    for storage in held(space):
        flat = space.empty(storage, 4, space.devices()[0])
        codes = patterns(storage)[:4]
        space.load(flat, codes)
        fetched = space.fetch(flat)
        space.spoil(flat)
        assert bits(fetched) == bits(codes), storage


@pytest.mark.parametrize("offset", OFFSETS)
@pytest.mark.parametrize("size", [1, 23, 40])
def test_fill_is_that_of_the_host(space: Space, size: int, offset: int) -> None:
    device = space.devices()[0]
    for storage in held(space):
        codes = patterns(storage)[-40:]
        base, flat = space.empty(storage, 40, device), space.empty(storage, size, device)
        space.load(base, codes)
        space.fill(flat, base, offset)
        expected = np.empty(size, codes.dtype)
        operands.fill(expected, codes, offset)
        assert bits(space.fetch(flat)) == bits(expected) == bits(np.roll(codes, -offset)[:size]), storage
        assert bits(space.fetch(base)) == bits(codes), storage


PLACES = ([0], [39], [3, 0, 39, 17], list(range(40)), list(range(39, -1, -1)), [5, 5], [7, 1, 7, 7, 1], [])


@pytest.mark.parametrize("places", PLACES, ids=str)
def test_what_is_put_is_taken_and_nothing_else_changes(space: Space, places: list[int]) -> None:
    """Also at a place that comes twice, whose code is the same each time: which one stays is nobody's promise."""
    at = np.array(places, np.intp)
    at.flags.writeable = False  # as what is drawn may be
    for storage in held(space):
        codes = patterns(storage)
        before, news = codes[-40:], codes[:40][at]  # NaN are the first of wide formats, the last of narrow ones
        news.flags.writeable = False
        flat = space.empty(storage, 40, space.devices()[0])
        space.load(flat, before)
        space.put(flat, at, news)
        taken = space.take(flat, at)
        assert (taken.dtype, taken.shape) == (codes.dtype, at.shape), storage
        assert bits(taken) == bits(news), storage
        expected = before.copy()
        expected[at] = news
        assert bits(space.fetch(flat)) == bits(expected), storage


def test_every_code_is_put_and_taken_bit_by_bit(space: Space) -> None:
    for storage in held(space):
        codes = patterns(storage)
        at = np.random.default_rng(2).permutation(codes.size)
        flat = space.empty(storage, codes.size, space.devices()[0])
        space.put(flat, at, codes)
        assert bits(space.take(flat, at)) == bits(codes), storage
        assert bits(space.fetch(flat)[at]) == bits(codes), storage


def test_what_was_taken_is_a_copy(space: Space) -> None:
    for storage in held(space):
        flat = space.empty(storage, 4, space.devices()[0])
        codes, at = patterns(storage)[:4], np.arange(4)
        space.put(flat, at, codes)
        taken = space.take(flat, at)
        space.spoil(flat)
        assert bits(taken) == bits(codes), storage


def test_what_is_put_and_taken_is_what_a_view_shows(space: Space) -> None:
    flat = space.empty("fp64", 6, space.devices()[0])
    view = space.view(flat, 2, 3, True)
    space.put(flat, np.arange(6), np.arange(6.0))
    assert np.asarray(view).tolist() == [[0, 2, 4], [1, 3, 5]]
    view[1, 2] = -1.0
    assert space.take(flat, np.array([5, 0])).tolist() == [-1.0, 0.0]


def test_nothing_is_filled_from_a_base_that_is_shorter(space: Space) -> None:
    base, flat = (space.empty("fp32", size, space.devices()[0]) for size in (8, 9))
    with pytest.raises(ValueError, match="no longer than the base"):
        space.fill(flat, base, 3)


def test_what_is_spoiled_is_no_product(space: Space) -> None:
    for storage in held(space):
        flat = space.empty(storage, 9, space.devices()[0])
        space.load(flat, np.ones(9, code_dtype(storage)))
        space.spoil(flat)
        codes = space.fetch(flat)
        if storage.startswith("int"):
            assert (codes == np.iinfo(codes.dtype).min).all(), storage
        else:
            assert np.isnan(STORAGES[storage].widen(codes)).all(), storage


@pytest.mark.parametrize("transposed", [False, True])
def test_a_view_is_the_same_memory(space: Space, transposed: bool) -> None:
    flat = space.empty("fp64", 6, space.devices()[0])
    view = space.view(flat, 2, 3, transposed)
    assert tuple(view.shape) == (2, 3)
    for start in (0, 10):
        codes = np.arange(start, start + 6, dtype=np.float64)
        space.load(flat, codes)  # after the view was made
        expected = codes.reshape(3, 2).T if transposed else codes.reshape(2, 3)
        assert np.asarray(view).tolist() == expected.tolist()
    view[1, 0] = -1.0
    assert space.fetch(flat)[1 if transposed else 3] == -1.0


def test_a_scalar_is_one_float32(space: Space) -> None:
    scalar = np.asarray(space.scalar(STORAGES["fp8_e4m3"].scale, space.devices()[0]))
    assert (scalar.dtype, scalar.shape) == (np.float32, (1,))
    assert float(scalar[0]) == STORAGES["fp8_e4m3"].scale


def test_a_block_takes_time_and_runs_its_launches(space: Space) -> None:
    launched: list[int] = []
    device = space.devices()[0]
    elapsed = space.clock(device).time(lambda: launched.append(1), 3)
    space.wait(device)
    assert len(launched) == 3
    assert elapsed.seconds >= 0
    assert elapsed.host_seconds is None or elapsed.host_seconds > 0


# --- kernels


def product_of(backend: Backend, asked: Problem) -> Iterator[tuple[str, Product]]:
    return products(backend, asked, space_of(backend).devices()[0])


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_a_product_is_right_or_refused_with_a_reason(backend: Backend, dtype: str, layout: Layout) -> None:
    for name, product in product_of(backend, problem(dtype, layout)):
        assert not product.is_right(), f"{name}: C was spoiled, and nothing has been launched"
        product.launch()
        assert product.is_right(), f"{name} {dtype} {layout}: off by {product.deviation()}"


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", ["fp64", "fp32", "bf16", "int8"])
def test_any_shape_and_layout_is_right_or_refused(
    backend: Backend, dtype: str, shape: tuple[int, int, int], layout: Layout
) -> None:
    m, n, k = shape
    for name, product in product_of(backend, problem(dtype, layout, m, n, k)):
        product.launch()
        assert product.is_right(), f"{name} {dtype}: off by {product.deviation()}"


def test_every_backend_multiplies_fp64_and_fp32(backend: Backend) -> None:
    """So that the tests above cannot pass by refusals alone."""
    for dtype in ("fp64", "fp32"):
        assert [name for name, _ in product_of(backend, problem(dtype))], dtype


def test_a_launch_leaves_its_operands_as_they_were_and_follows_them(backend: Backend) -> None:
    """What a kernel keeps are addresses, never contents."""
    for dtype in DTYPES:
        for name, product in product_of(backend, problem(dtype)):
            product.launch()
            before = product.c()
            for flat, codes in zip(product.flat[:2], product.codes, strict=True):
                assert bits(product.space.fetch(flat)) == bits(codes), f"{name} {dtype}"
            product.codes[0] = product.codes[0][::-1].copy()
            product.space.load(product.flat.a, product.codes[0])
            product.launch()
            assert product.is_right(), f"{name} {dtype}"
            assert not np.array_equal(product.c(), before), f"{name} {dtype}"


def test_one_launch_serves_many_sets_of_operands(backend: Backend) -> None:
    for name, first in product_of(backend, problem("fp64")):
        kernel = prepared_once(first)
        sets = [
            Product(first.space, kernel, Problem(64, 64, 64, DTYPES["fp64"], seed=seed), first.device)
            for seed in (5, 6)
        ]
        for each in sets:
            each.launch()
        assert all(each.is_right() for each in sets), name
        assert not np.array_equal(sets[0].c(), sets[1].c()), name


def prepared_once(product: Product) -> Kernel:
    return lambda problem, device: product.prepared


def test_what_a_kernel_claims_can_be_written_down(backend: Backend) -> None:
    for dtype in DTYPES:
        for _, product in product_of(backend, problem(dtype)):
            compute = product.compute()
            assert compute.accumulate == DTYPES[dtype].accumulate
            assert compute.math.partition(",")[0] == ("tf32" if dtype == "tf32" else "ieee")
            assert compute.library or backend is STRANGER
            assert compute.threads is None or compute.threads >= 1


def test_a_wrong_product_is_seen(backend: Backend) -> None:
    """The comparison of this file is no rubber stamp."""
    for dtype in BOUNDS:
        for name, product in product_of(backend, problem(dtype)):
            product.launch()
            wrong = product.space.fetch(product.flat.c)
            wrong[7], wrong[9] = wrong[9], wrong[7]
            product.space.load(product.flat.c, wrong)
            assert not product.is_right(), f"{name} {dtype}"
