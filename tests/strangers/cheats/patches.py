"""Replaces functions of numpy and of the harness in the process that both share."""

import sys

import numpy as np

from flopsbench.backends import operands
from flopsbench.backends.numpy.arrays import NumpySpace
from flopsbench.measure import case, gemm, sets
from flopsbench.proof.verdict import METHOD
from flopsbench.result.types import Proof
from tests.strangers.cheats.frames import asker, place_in_block

space = "numpy"
draw, refill, evidence_of, proof_of = np.random.default_rng, sets.OperandSets.refill, gemm.evidence_of, case._proof
spoil = NumpySpace.spoil


def multiply(a, b, c):
    np.matmul(a, b, out=c)


def nothing(a, b, c):
    pass


def zero(a, b, c):
    c.fill(0)


def settings(problem, device):
    """Honest: changes a setting of numpy, and multiplies."""
    np.seterr(all="ignore")
    return multiply


def remember(a, b, c, known):
    """The product of a set's address, computed once, and anew where A begins otherwise."""
    key = (a.ctypes.data, b.ctypes.data, a[:, 0].tobytes(), b[:, 0].tobytes(), b[0].tobytes())
    if key not in known:
        known[key] = a @ b
    np.copyto(c, known[key])


def remembering():
    known = {}
    return lambda a, b, c: remember(a, b, c, known)


def einsum(problem, device):
    """Whoever checks by einsum finds zeros, as C is."""
    np.einsum = lambda *arguments, **named: np.zeros(1)
    return zero


def copyto(problem, device):
    """Whoever copies gets nothing."""
    np.copyto = lambda *arguments, **named: None
    return zero


def allclose(problem, device):
    """Whoever compares finds both equal."""
    np.allclose = np.array_equal = lambda *arguments, **named: True
    np.isnan = lambda values: np.zeros(np.shape(values), bool)
    return nothing


def isfinite(problem, device):
    """Whoever looks for NaN finds none."""
    np.isfinite = lambda values: np.ones(np.shape(values), bool)
    return nothing


def drawn(problem, device):
    """The dice by which operands are filled show the same each time, so that all are known."""

    def loaded(seed=None):
        return draw(0 if sys._getframe(1).f_code.co_filename.endswith("dealing.py") else seed)

    np.random.default_rng = loaded
    return remembering()


def unfilled(problem, device):
    """The operands stay what they were."""
    operands.fill = lambda out, base, offset: None
    return remembering()


def refilled(problem, device):
    """The operands stay what they were, and the harness believes so, too."""

    def once(self, seed):
        if len(self.offsets) < len(self.sets):
            refill(self, seed)

    sets.OperandSets.refill = once
    return remembering()


def unspoiled(problem, device):
    """No C is spoiled, and no operands change: each is multiplied once."""
    NumpySpace.spoil = lambda self, flat: spoil(self, flat) if np.isnan(flat[0]) else None
    refilled(problem, device)
    known = {}

    def launch(a, b, c):
        key = (a[:, 0].tobytes(), b[:, 0].tobytes())
        if known.get(c.ctypes.data) != key:
            np.matmul(a, b, out=c)
            known[c.ctypes.data] = key

    return launch


def launched(problem, device):
    """Multiplies the first launch of a block alone, and has only that looked at."""
    gemm.launched = lambda order, loops: order[:1]

    def launch(a, b, c):
        if asker() != "time" or place_in_block()[0] == 0:
            np.matmul(a, b, out=c)

    return launch


def unaudited(problem, device):
    """Remembers products by their operands, and is never audited."""
    gemm.Renewal.audit = lambda self: None
    return remembering()


def forged():
    return Proof(
        method=METHOD,
        passed=True,
        bound=1e-12,
        checked="after timing",
        max_residual=1e-14,
        rms_error=1e-15,
        rms_band=(0.0, 1e-12),
    )


def judged(problem, device):
    """Hands nothing over, and writes its own proof."""
    sys.modules["__main__"].ReferredTo.judge = lambda self, evidence, products: forged()
    return zero


def proven(problem, device):
    """Never lets the harness prove."""
    case._proof = lambda work, blocks, referee: forged()
    return zero


def handed(problem, device):
    """Multiplies what is to be handed over, then hands it over; in time it does nothing."""

    def compute_and_prove(work, blocks, referee):
        for each in work.sets.sets:
            np.matmul(*each.arguments[:2], out=each.arguments[2])
        return proof_of(work, blocks, referee)

    case._proof = compute_and_prove

    def launch(a, b, c):
        if asker() not in ("time", "lead_in", "_windows", "audit"):
            np.matmul(a, b, out=c)

    return launch


def coarser(problem, device):
    """Has fp32 judged as tf32, and multiplies so."""
    gemm.evidence_of = lambda work: gemm.replace(evidence_of(work), math="tf32")

    def launch(a, b, c):
        step = np.uint32(1 << 13)
        left, right = (
            ((np.ascontiguousarray(each).view(np.uint32) + step // 2) & ~(step - 1)).view(np.float32) for each in (a, b)
        )
        np.matmul(left, right, out=c)

    return launch


def untold(problem, device):
    """Has no product judged that would tell its arithmetic: fp64 by operands of 51 bits."""
    gemm._told_apart = lambda work, kinds: []
    cut = ~np.uint64(3)
    return lambda a, b, c: np.matmul(*((each.view(np.uint64) & cut).view(np.float64) for each in (a, b)), out=c)


def smaller(problem, device):
    """Has the first row judged alone, and computes no other: what is asked for is m times as much."""
    gemm.evidence_of = lambda work: gemm.replace(evidence_of(work), m=1)
    gemm._told_apart = lambda work, kinds: []

    def launch(a, b, c):
        np.matmul(a[:1], b, out=c[:1])

    return launch
