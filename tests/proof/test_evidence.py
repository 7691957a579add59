"""Evidence names the same A and B to everybody, says how much memory C takes, and is refused where it is nonsense."""

from __future__ import annotations

from functools import lru_cache
from math import fsum
from typing import Any

import msgspec
import numpy as np
import pytest
from msgspec.structs import replace

from flopsbench.backends.operands import STORAGES, code_dtype, draw_base
from flopsbench.dtype import INT32
from flopsbench.proof import evidence as module
from flopsbench.proof.arithmetic import draw_exponents
from flopsbench.proof.bands import PLANTED_ROWS
from flopsbench.proof.evidence import (
    SPARE,
    Bases,
    Claim,
    Evidence,
    Prepare,
    Product,
    base_length,
    product_bytes,
    require_sense,
)
from flopsbench.proof.ledger import Dealt, Ledger, Look, Seen
from flopsbench.proof.operands import drawn_base, operands_of, planted_of

M, N, K = 24, 20, 16
BASES = Bases(7, 500)
DENSE = Product(at=0, a_offset=3, b_offset=450)  # B goes beyond the end of its base
EVIDENCE = Evidence(
    m=M, n=N, k=K, layout="nn", a="fp32", b="fp32", c="fp32", math="ieee", accumulate="fp32", bases=BASES,
    products=[DENSE],
)  # fmt: skip
BYTES = M * N * 4
base_of = lru_cache(drawn_base)


@pytest.mark.parametrize("name", STORAGES)
@pytest.mark.parametrize("layout", ["nn", "nt", "tn"])
def test_operands_are_their_bases_from_an_offset_on_in_the_order_of_memory(layout: Any, name: str) -> None:
    other = "fp8_e4m3" if name == "fp8_e5m2" else name
    a, b = operands_of(replace(EVIDENCE, layout=layout, a=name, b=other), DENSE, base_of)
    assert (a.shape, b.shape) == ((M, K), (K, N))
    memory_a, memory_b = a.T if layout == "tn" else a, b.T if layout == "nt" else b
    for memory, storage, offset in ((memory_a, name, 3), (memory_b, other, 450)):
        assert memory.flags.c_contiguous
        assert memory.dtype == STORAGES[storage].code
        base = draw_base(storage, 7, 500)
        bits = [values.view(np.uint8) for values in (memory.reshape(-1), np.roll(base, -offset)[: memory.size])]
        assert np.array_equal(*bits)


def test_a_product_has_rows_of_one_number_by_its_seed_and_the_others_stay() -> None:
    planted = planted_of(EVIDENCE, replace(DENSE, planted=5))
    assert planted is not None
    assert planted_of(EVIDENCE, DENSE) is None
    a, b = operands_of(EVIDENCE, replace(DENSE, planted=5), base_of)
    dense_a, dense_b = operands_of(EVIDENCE, DENSE, base_of)
    assert len(set(planted.rows.tolist())) == PLANTED_ROWS == 8
    assert ((a[planted.rows] != 0).sum(axis=1) == 1).all()
    assert np.array_equal(a[planted.rows, planted.places], planted.codes)
    assert np.array_equal(np.delete(a, planted.rows, axis=0), np.delete(dense_a, planted.rows, axis=0))
    assert np.array_equal(b, dense_b)
    other = planted_of(EVIDENCE, replace(DENSE, planted=6))
    assert other is not None
    assert set(other.rows.tolist()) != set(planted.rows.tolist())


def test_a_thin_product_has_as_many_rows_of_one_number_as_it_has_rows() -> None:
    a, _ = operands_of(replace(EVIDENCE, m=3), replace(DENSE, planted=5), base_of)
    assert ((a != 0).sum(axis=1) == 1).all()


@pytest.mark.parametrize("layout", ["nn", "nt", "tn"])
def test_a_product_is_scaled_along_k_by_its_seed(layout: Any) -> None:
    evidence = replace(EVIDENCE, layout=layout)
    a, b = operands_of(evidence, replace(DENSE, scaled=5), base_of)
    dense_a, dense_b = operands_of(evidence, DENSE, base_of)
    factors = np.float32(2) ** draw_exponents(np.random.default_rng(5), K).astype(np.float32)
    assert np.array_equal(a, dense_a * factors)
    assert np.array_equal(b, dense_b / factors[:, None])
    assert len(set(factors.tolist())) > 5


def test_planted_rows_are_scaled_with_the_others() -> None:
    planted, both = replace(DENSE, planted=5), replace(DENSE, planted=5, scaled=6)
    factors = np.float32(2) ** draw_exponents(np.random.default_rng(6), K).astype(np.float32)
    assert np.array_equal(operands_of(EVIDENCE, both, base_of)[0], operands_of(EVIDENCE, planted, base_of)[0] * factors)


def test_narrow_formats_are_not_scaled() -> None:
    with pytest.raises(ValueError, match="scaled without error"):
        operands_of(replace(EVIDENCE, a="bf16", b="bf16"), replace(DENSE, scaled=1), base_of)


def test_operands_belong_to_whoever_asked_for_them() -> None:
    kept = base_of("fp32", BASES).copy()
    for product in (DENSE, replace(DENSE, planted=1), replace(DENSE, scaled=1)):
        for matrix in operands_of(EVIDENCE, product, base_of):
            matrix[:] = 0
    assert np.array_equal(base_of("fp32", BASES), kept)


@pytest.mark.parametrize("name", [*STORAGES, INT32])
def test_the_bytes_of_c_are_those_of_its_numbers(name: str) -> None:
    assert product_bytes(replace(EVIDENCE, c=name)) == np.empty((M, N), code_dtype(name)).nbytes


def test_the_formats_are_those_that_can_be_drawn() -> None:
    assert module._OPERAND_BYTES.keys() == STORAGES.keys()


def test_evidence_that_makes_sense_is_accepted() -> None:
    require_sense(EVIDENCE, BYTES)
    require_sense(replace(EVIDENCE, bases=Bases(1, K * M), products=[replace(DENSE, b_offset=383)]), BYTES)
    require_sense(replace(EVIDENCE, products=[replace(DENSE, at=12)]), BYTES + 12)


def dense(**changed: int) -> dict[str, list[Product]]:
    return {"products": [DENSE, replace(DENSE, **changed)]}


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"m": 0}, "no elements"),
        ({"n": 0}, "no elements"),
        ({"k": 0}, "no elements"),
        ({"m": -1, "n": -1}, "no elements"),
        ({"layout": "tt"}, "no layout tt"),
        ({"a": "fp4"}, "no storage format"),
        ({"b": "tf32"}, "no storage format"),
        ({"a": "int32"}, "no storage format"),
        ({"c": "fp4"}, "no storage format"),
        ({"bases": Bases(1, K * M - 1)}, "shorter than an operand"),
        ({"bases": Bases(1, K * 100 - 1), "n": 100}, "shorter than an operand"),
        ({"products": []}, "must be a dense one"),
        ({"products": [replace(DENSE, planted=1), DENSE]}, "must be a dense one"),
        ({"products": [replace(DENSE, scaled=0), DENSE]}, "must be a dense one"),
        (dense(at=-1), "does not lie in a memory of 1920 bytes"),
        (dense(at=1), "does not lie in a memory of 1920 bytes"),
        (dense(at=2**70), "does not lie in a memory of 1920 bytes"),
        ({"m": M + 1}, "does not lie in a memory of 1920 bytes"),
        ({"c": "fp64"}, "does not lie in a memory of 1920 bytes"),
        (dense(a_offset=-1), "no operand begins at -1"),
        (dense(b_offset=-1), "no operand begins at -1"),
        (dense(a_offset=500), "no operand begins at 500"),
        (dense(b_offset=500), "no operand begins at 500"),
    ],
    ids=str,
)
def test_evidence_that_makes_no_sense_is_refused(changed: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        require_sense(replace(EVIDENCE, **changed), BYTES)


def test_what_is_asked_survives_the_pipe() -> None:
    dealt = Dealt(2**63 - 1, 3)
    seen = Seen(Look(loops=3, seconds=0.5, c=b"\0\xff", a=b"a", b=b"", seed=2**63 - 1), dealt, dealt, dealt)
    every = [DENSE, replace(DENSE, planted=2**62), replace(DENSE, scaled=0)]
    evidence = replace(EVIDENCE, products=every, seen=[seen, replace(seen, spots=None)])
    ledger = Ledger({"operands": dealt}, [seen])
    for request in (Claim(evidence, ledger), Prepare(["fp32", "int8"], BASES)):
        assert msgspec.json.decode(msgspec.json.encode(request), type=Claim | Prepare) == request


# --- bases


@pytest.mark.parametrize(
    ("shape", "length"),
    [
        ((1, 1, 1), 2),
        ((1, 1, 7), 8),
        ((2, 1, 4), 9),
        ((1, 5, 3), 16),
        ((4, 2, 4), 18),
        ((100, 200, 10), 2250),
        ((200, 100, 10), 2250),
        ((8192, 8192, 8192), 8192**2 + 8192**2 // 8),
    ],
)
def test_a_base_is_longer_than_an_operand(shape: tuple[int, int, int], length: int) -> None:
    assert SPARE == 8
    assert base_length(*shape) == length


@pytest.mark.parametrize("name", STORAGES)
@pytest.mark.parametrize("shape", [(2, 2, 2), (1, 1, 7), (24, 20, 16), (1, 64, 3)], ids=str)
def test_operands_from_other_offsets_have_other_sums(shape: tuple[int, int, int], name: str) -> None:
    """Else a kernel could know the sum of all of C without a product."""
    m, n, k = shape
    length = base_length(m, n, k)
    other = "fp8_e4m3" if name == "fp8_e5m2" else name
    evidence = replace(EVIDENCE, m=m, n=n, k=k, a=name, b=other, bases=Bases(7, length))
    drawn = [
        operands_of(evidence, replace(DENSE, a_offset=at, b_offset=at), base_of) for at in range(0, length, 1 + k // 4)
    ]
    assert len(drawn) > 3
    for storage, operands in zip((name, other), zip(*drawn, strict=True), strict=True):
        sums = {fsum(STORAGES[storage].widen(operand).flat) for operand in operands}
        assert len(sums) > len(operands) // 2
