"""Judges products in a process of its own, which has never loaded the kernel and makes A and B again from a seed.

It is started as ``-m flopsbench.proof.judge MEMORY``: the descriptor, or the path, of the memory in which C lies. It
reads requests, a line each, on standard input, and answers a Claim with a line that holds the Proof; a Prepare gets
none. It ends when standard input closes.

What is drawn by chance is drawn after the evidence has come, from the operating system: no kernel can know which
vectors, rows and columns it will be judged by.
"""

from __future__ import annotations

import mmap
import os
import signal
import sys
from collections.abc import Iterable
from contextlib import suppress
from functools import lru_cache
from typing import BinaryIO, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from flopsbench.backends.operands import Codes, Float64, code_dtype
from flopsbench.dtype import INT32
from flopsbench.host.parent import die_with_parent
from flopsbench.proof.arithmetic import Indices, Planted, wrong_in_planted
from flopsbench.proof.bands import ENOUGH_ELEMENTS, Band, band, can_plant
from flopsbench.proof.dealing import with_products
from flopsbench.proof.evidence import Claim, Evidence, Prepare, Product, require_sense
from flopsbench.proof.exact import dot2, two_product
from flopsbench.proof.freivalds import FULL_ROWS, draw_signs, rms, slices
from flopsbench.proof.looks import complaint_of_looks, is_spoiled, scale_of, widened
from flopsbench.proof.operands import BaseOf, drawn_base, operands_of, planted_of
from flopsbench.proof.verdict import (
    NOTHING,
    Found,
    complaint_of,
    not_finite,
    not_the_product,
    proof_of,
    refused,
    without_band,
)
from flopsbench.result.types import Proof
from flopsbench.units import general
from flopsbench.words.reason import Reason

Memory = mmap.mmap | memoryview | bytes

IN_CACHE = 1 << 17  # elements that are widened at once: a MiB of float64
SHORT = 32  # terms of a sum in order
BASES_KEPT = 2  # of A and of B: at 8192 x 8192 each takes up to 0.6 GB

_REQUESTS: msgspec.json.Decoder[Prepare | Claim] = msgspec.json.Decoder(Prepare | Claim)


def judge(evidence: Evidence, memory: Memory, random: np.random.Generator, base_of: BaseOf) -> Proof:
    """Check every C in the memory against its A·B; raise ValueError for evidence that makes no sense.

    The proof fails by the first product that is wrong, or computed in another arithmetic than its name says, and
    then has the figures of that product alone.
    """
    require_sense(evidence, len(memory))
    if _band(evidence, evidence.m * evidence.n) is None:
        return refused(without_band(evidence.a, evidence.math, evidence.c))
    found: list[Found] = []
    with np.errstate(all="ignore"):  # C may hold anything; what is no number fails
        for product in evidence.products:
            found.append(_found(evidence, product, memory, random, base_of))
            if found[-1].complaint:
                return proof_of(found[-1:], _checked(evidence))
        if complaint := complaint_of_looks(evidence, random, base_of):
            found.append(found[-1]._replace(complaint=complaint))
    return proof_of(found, _checked(evidence))


def _checked(evidence: Evidence) -> str:
    """Return what was judged, for the reader of a document."""
    planted = sum(product.planted is not None for product in evidence.products)
    scaled = sum(product.scaled is not None for product in evidence.products)
    return (
        "after timing, by a process without the kernel that made A and B again: "
        f"{len(evidence.products)} products, {planted} with rows of one number, {scaled} scaled by powers of two; "
        f"numbers of A, B and C after {len(evidence.seen)} blocks and passes"
    )


def _band(evidence: Evidence, elements: int) -> Band | None:
    """Return the band of so many elements; None where nobody knows how this arithmetic errs."""
    return band(evidence.a, evidence.math, evidence.c, evidence.n, evidence.k, elements)


# --- one product


class Matrix(NamedTuple):
    """A Matrix is an operand or a product as it is stored, widened to float64 in parts, never whole."""

    codes: Codes
    storage: str

    def widened(self, codes: Codes) -> Float64:
        """Return some of the codes as the numbers that they mean."""
        return widened(self.storage, codes)

    def times(self, x: Float64) -> Float64:
        """Return the matrix times every row of x, one row of the result for each, by loops of numpy, not by a BLAS."""
        parts = [_sums(self.widened(part), x) for part in slices(self.codes, IN_CACHE)]
        return np.concatenate(parts, axis=1)

    def times_squared(self, weights: Float64) -> Float64:
        """Return the squares of the matrix's numbers times a vector."""
        parts = [
            np.einsum("ij,ij,j->i", wide, wide, weights) for wide in map(self.widened, slices(self.codes, IN_CACHE))
        ]
        return np.concatenate(parts)


def _sums(wide: Float64, x: Float64) -> Float64:
    """Return some rows times every row of x: short sums, which are added pairwise, as long ones err by sqrt(n) u."""
    whole = wide.shape[1] // SHORT * SHORT
    blocks = [values[:, :whole].reshape(len(values), -1, SHORT) for values in (wide, x)]
    rest = np.einsum("ij,vj->vi", wide[:, whole:], x[:, whole:])
    sums: Float64 = np.einsum("ibj,vbj->vib", *blocks).sum(axis=2) + rest
    return sums


class Matrices(NamedTuple):
    """Matrices are A (m x k), B (k x n) and C (m x n), which should equal scale·A·B."""

    a: Matrix
    b: Matrix
    c: Matrix
    scale: float


def _found(evidence: Evidence, product: Product, memory: Memory, random: np.random.Generator, base_of: BaseOf) -> Found:
    """Return what is found of one product."""
    of, planted = _matrices(evidence, product, memory, base_of), planted_of(evidence, product)
    rows = np.arange(evidence.m)
    dense = rows if planted is None else np.delete(rows, planted.rows)
    found = _found_in_rows(evidence, of, dense, random)
    if product.scaled is not None and found.complaint and found.complaint.code == "less_precise":
        return found._replace(complaint=Reason("loses_range", **found.complaint.values))
    if planted is not None and not found.complaint:
        return found._replace(complaint=_planted_complaint(evidence, of, planted, found.band))
    return found


def _matrices(evidence: Evidence, product: Product, memory: Memory, base_of: BaseOf) -> Matrices:
    """Make A and B again, and look at C where it lies."""
    code = code_dtype(evidence.c)
    c = np.frombuffer(memory, code, evidence.m * evidence.n, product.at).reshape(evidence.m, evidence.n)
    a, b = operands_of(evidence, product, base_of)
    return Matrices(Matrix(a, evidence.a), Matrix(b, evidence.b), Matrix(c, evidence.c), scale_of(evidence))


def _found_in_rows(evidence: Evidence, of: Matrices, rows: Indices, random: np.random.Generator) -> Found:
    """Return what is found of the dense rows of a product; the whole of C must have been computed."""
    count, width = max(FULL_ROWS, -(-ENOUGH_ELEMENTS // evidence.n)), min(ENOUGH_ELEMENTS, evidence.n)
    chosen, columns = np.sort(random.permutation(rows)[:count]), np.sort(random.permutation(evidence.n)[:width])
    elements = chosen.size * width
    limits = _band(evidence, elements if elements >= ENOUGH_ELEMENTS else 0) or NOTHING
    x = draw_signs(random, evidence.m, evidence.k, evidence.n)
    sums = of.c.times(x)
    if not np.isfinite(sums).all() or (evidence.c == INT32 and is_spoiled(evidence.c, of.c.codes).any()):
        return Found(limits, complaint=not_finite())
    if not rows.size:
        return Found(limits)
    residual = _residual(of, x, sums, rows)
    exact = dot2(of.a.widened(of.a.codes[chosen]), of.b.widened(np.take(of.b.codes, columns, axis=1)))
    c = of.c.widened(of.c.codes[np.ix_(chosen, columns)])
    error = _ratio(rms(exact.error_of(c / of.scale)), rms(exact.value))
    return Found(limits, residual, error, complaint_of(residual, error, limits))


def _residual(of: Matrices, x: Float64, sums: Float64, rows: Indices) -> float:
    """Return the largest |Cx - scale·A(Bx)| of some rows, each relative to the rms that such a sum has in its row.

    That is sqrt(sum over p of A[i, p]^2·|B[p]|^2) where signs are drawn: rows of few terms differ much in size, and
    errs a row of large ones by more. Powers of two along k do not change it.
    """
    off = np.abs(sums - of.scale * of.a.times(of.b.times(x)))[:, rows]
    sizes = of.scale * np.sqrt(of.a.times_squared(of.b.times_squared(np.ones(x.shape[1]))))[rows]
    relative = np.where(off == 0, 0, off / sizes)  # a row of zeros gives zeros
    return _ratio(float(relative.max()), float(sizes.any()))


def _ratio(error: float, size: float) -> float:
    """Return an error relative to a size, as a number that JSON can hold; an error of nothing is the largest."""
    ratio = float(error) / size if size > 0 else np.nan
    return ratio if np.isfinite(ratio) else float(np.finfo(np.float64).max)


def _planted_complaint(evidence: Evidence, of: Matrices, planted: Planted, limits: Band) -> Reason | None:
    """Return what is wrong with the rows of C whose row of A holds one number; None for right ones.

    An arithmetic that rounds the operands may err in each product by as much as in sums of them.
    """
    c, numbers = of.c.widened(of.c.codes[planted.rows]), of.a.widened(of.a.codes[planted.rows, planted.places])
    b = of.b.widened(of.b.codes[planted.places])
    right = of.scale * two_product(numbers[:, None], b).value
    off = _ratio(np.abs(c - right).max(), rms(right))
    if not can_plant(evidence.math):
        wrong: NDArray[np.bool_] = ~(np.abs(c - right) <= limits.residual * np.abs(right))
        return not_the_product(off, limits) if wrong.any() else None
    wrong = wrong_in_planted(c, numbers, b, evidence.a, evidence.c, of.scale)
    if not wrong.any():
        return None
    return Reason("not_rounded_once", wrong=int(wrong.sum()), elements=wrong.size, error=general(off, 2))


# --- the process


def main() -> None:
    """Serve whoever writes to standard input, until that closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when to end
    die_with_parent()
    told = sys.argv[1]
    with os.fdopen(os.dup(1), "wb") as answers, open(int(told) if told.isdecimal() else told, "rb") as memory:
        serve(iter(sys.stdin.buffer.readline, b""), answers, memory.fileno())


def serve(requests: Iterable[bytes], answers: BinaryIO, descriptor: int) -> None:
    """Answer each request for a verdict by a line, and draw bases ahead for each Prepare."""
    bases = lru_cache(maxsize=BASES_KEPT)(drawn_base)
    memory: Memory = b""
    for line in requests:
        if os.fstat(descriptor).st_size > len(memory):  # it has grown; the older view goes when nobody looks any more
            memory = mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ)
        if proof := answer(line, memory, bases):
            answers.write(msgspec.json.encode(proof) + b"\n")
            answers.flush()


def answer(line: bytes, memory: Memory, base_of: BaseOf) -> Proof | None:
    """Return the answer to a request, which never passes where anything goes wrong; None for a Prepare."""
    try:
        request = _REQUESTS.decode(line)
        if isinstance(request, Claim):
            evidence = with_products(request.evidence, request.ledger) if request.ledger else request.evidence
            return judge(evidence, memory, np.random.default_rng(), base_of)
    except Exception as error:  # whatever it is, the next case needs this process
        return refused(Reason("evidence_refused", error=str(error) or type(error).__name__))
    with suppress(Exception):  # the claim that needs these bases will tell
        for storage in request.storages:
            base_of(storage, request.bases)
    return None


if __name__ == "__main__":
    main()
