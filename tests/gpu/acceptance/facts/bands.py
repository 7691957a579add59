"""Holds each dtype's error bands against what the proof sees: the products are judged as those of a run are."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from flopsbench.backend import Unsupported
from flopsbench.backends.candidate import Candidate
from flopsbench.dtype import DTYPES, DType
from flopsbench.measure.case import prepare
from flopsbench.measure.gemm import Gemm, evidence_of, hand_over
from flopsbench.measure.referee import OwnReferee
from flopsbench.problem import Problem, Shape, shape_text
from flopsbench.result.types import Proof
from flopsbench.runs.plan import usual_layout
from flopsbench.text import error_line
from flopsbench.units import general
from tests.gpu.acceptance.report.journal import Finding, verdict_of
from tests.gpu.acceptance.steps import Context
from tests.gpu.reached import Reached, reached_by

SETS = 8  # of operands, which are as many products as a pass tells apart


def of_backend(name: str, context: Context) -> Iterator[Finding]:
    """What the proof sees of each dtype at each shape, shape by shape: whoever is cut short has seen every dtype."""
    reached = reached_by(name)
    for shape in context.scale.band_shapes:
        for dtype in DTYPES.values():
            if isinstance(reached, str):
                yield Finding(f"band_{dtype.name}", "not reached", reached, name)
            else:
                yield from _of_shape(reached, dtype, shape)


of_torch, of_cupy = partial(of_backend, "torch"), partial(of_backend, "cupy")


def _of_shape(reached: Reached, dtype: DType, shape: Shape) -> Iterator[Finding]:
    """What the proof sees of one dtype at one shape; what is refused, the contract's step tells."""
    guess, subject = f"band_{dtype.name}", f"{reached.name} {shape_text(*shape)}"
    try:
        proof = judged(reached, Problem(*shape, dtype, usual_layout(dtype), seed=1))
    except Unsupported:
        return
    except Exception as error:  # what CUDA raises is the finding
        yield Finding(guess, "instead", f"no proof: {error_line(error)}", subject)
        return
    low, high = proof.rms_band or (0.0, 0.0)
    residual, error = proof.max_residual or 0.0, proof.rms_error or 0.0
    of_rms = f"rms {general(error, 2)} of {general(low, 2)} to {general(high, 2)}"
    seen = f"residual {general(residual, 2)} of {general(proof.bound, 2)}, {of_rms}"
    figures = {"residual": residual, "bound": proof.bound, "rms": error, "low": low, "high": high}
    is_right = proof.passed or was_disturbed(proof)
    yield Finding(guess, verdict_of(is_right), seen if is_right else f"{seen}: {proof.reason}", subject, figures)


def was_disturbed(proof: Proof) -> bool:
    """Whether nothing but its seconds was against a product: one block, at rest before, is no measure of them."""
    return proof.reason_said is not None and proof.reason_said.code == "work_not_done"


def judged(reached: Reached, problem: Problem) -> Proof:
    """The proof of one block of launches, made, looked at and handed over as in a run; raise Unsupported."""
    referee = OwnReferee()
    work = prepare(Candidate(reached.space, reached.kernel, problem, reached.gpu), referee, SETS)
    assert isinstance(work, Gemm)
    loops = SETS // 2
    work.spoil()
    seconds = work.clock.time(work.launch, loops).seconds
    work.inspect(loops, seconds)
    return referee.judge(evidence_of(work), hand_over(work, loops))
