"""Writes what both tables of a Result have in their cells: shares, the proof, and what a case is called."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from flopsbench import dtype
from flopsbench.analysis.vendor import is_own, share_of_vendor
from flopsbench.problem import OPS
from flopsbench.result.keys import implementation, op_title, short_shape
from flopsbench.result.types import Case, Efficiency, Result
from flopsbench.units import exponential, percent
from flopsbench.words.catalogue import phrase

NOTHING = "-"  # stands for what is unknown
NOT_RUN = ("unsupported", "skipped")  # a case that could not be, or whose turn never came

Table = Callable[[Sequence[Case], bool], RenderableType]  # of cases, which are own kernels or the vendor's


def with_row(result: Result) -> list[Case]:
    """Return the cases that were measured or failed, which tables show."""
    return [case for case in result.cases if case.status not in NOT_RUN]


def tables(result: Result, table: Table, lang: str) -> RenderableType:
    """Return the table of what was measured or failed; one of own kernels stands behind that of the vendor's GEMM."""
    shown = sorted(with_row(result), key=lambda case: (dtype.order(case.dtype), case.backend, case.kernel))
    vendors, own = ([case for case in shown if is_own(case) == owned] for owned in (False, True))
    parts = [table(vendors, False)] if vendors or not own else []
    parts += ["", Text(phrase(lang, "own_beside_vendor"), "bold")] if vendors and own else []
    parts += [table(own, True)] if own else []
    return Group(*parts)


def share_heads(own: bool) -> tuple[str, str]:
    """Return the keys of the heads of the two shares in a row."""
    return ("head_of_vendor", "head_of_ceiling") if own else ("head_of_ceiling", "head_of_peak")


def shares(case: Case, cases: Sequence[Case]) -> tuple[str, str]:
    """Return what a case reaches of ceiling and peak, an own kernel of the vendor's rate in ``cases`` and ceiling."""
    efficiency = case.stats.efficiency if case.stats else Efficiency()
    ceiling = share_text(efficiency.ceiling)
    if is_own(case):
        return share_text(share_of_vendor(case, cases)), ceiling
    return ceiling, share_text(efficiency.peak or efficiency.peak_at_clock)


def share_text(share: float | None) -> str:
    """Return a share of one as it stands in a table: whole per cent, below ten with a decimal."""
    return NOTHING if share is None else percent(share, 0 if share >= 0.1 else 1)


def proof(case: Case, lang: str, between: str) -> Text:
    """Return what the judge said of a product, with the rms error behind ``between``."""
    told = case.proof
    if told is None:  # some operations have none
        return Text(phrase(lang, "proof_absent"), "red") if OPS[case.op].proven else Text(NOTHING)
    if not told.passed:
        return Text(phrase(lang, "proof_wrong"), "bold red")
    if told.rms_error == 0:
        return Text(phrase(lang, "proof_exact"))
    error = "" if told.rms_error is None else f"{between}±{exponential(told.rms_error, 0)}"
    return Text(phrase(lang, "proof_right") + error)


def case_name(case: Case, cases: Sequence[Case]) -> str:
    """Return what a line below the table calls a case: dtype, backend, own kernel, and the shape of several."""
    alike = [other for other in cases if (other.dtype, other.backend) == (case.dtype, case.backend)]
    shapes = {(other.m, other.n, other.k) for other in alike}
    shape = [short_shape(case.m, case.n, case.k)] if len(shapes) > 1 else []
    return " ".join((case.dtype, *op_title(case.op), implementation(case.backend, case.kernel), *shape))


def copied(line: str) -> Text:
    """Return a line with a command, in which no line is broken: what is copied from a terminal then works."""
    return Text(line, no_wrap=True, overflow="ignore")
