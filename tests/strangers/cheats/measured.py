"""Has kernels of the corpus measured by a run, as anyone would: of its own where one may patch what another uses."""

from __future__ import annotations

import os
import secrets
import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import psutil

from flopsbench import run
from flopsbench.errors import FlopsbenchError
from flopsbench.result.types import Case

ROOT = Path(__file__).parents[3]
LIMIT_S = 60
MARK = "FLOPSBENCH_TEST_MARK"
# What a worker has to find: this corpus, and BLAS libraries whose threads do not wait for each other beside other work.
ENVIRONMENT: Mapping[str, str] = {
    "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])),
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}


class Outcome(NamedTuple):
    """An Outcome is the rate that a kernel was given in FLOP/s, or how it was refused: a code or the words.

    ``left`` is how many processes that it started are still there.
    """

    rate: float | None
    why: str = ""
    reason: str = ""
    case: Case | None = None
    left: int = 0

    def caught_by(self, sign: str) -> bool:
        """Whether there is no rate, and the reason has one of these codes, or these words in it.

        Without any: whether there is one, and nothing left.
        """
        if not sign:
            return self.rate is not None and not self.left
        return self.rate is None and (self.why in sign.split("|") or (" " in sign and sign in self.reason))


def measured(family: str, name: str, size: int, dtype: str, time_s: float = 1.0) -> Outcome:
    """Measure one kernel; the run has to come to an end by itself."""
    return measured_together(family, [name], size, dtype, time_s)[name]


def measured_together(
    family: str, names: Sequence[str], size: int, dtype: str, time_s: float = 1.0
) -> Mapping[str, Outcome]:
    """Measure kernels of a family by one run, each for so many seconds; what the run leaves is left by all of them."""
    with _marked() as mark:
        outcomes = _measured(family, names, size, dtype, time_s)
        left = sum(_is_marked(process, mark) for process in psutil.process_iter())
        return {name: outcome._replace(left=left) for name, outcome in outcomes.items()}


@contextmanager
def _marked() -> Iterator[str]:
    """Give a variable to all that is started meanwhile, by which it is known whoever its parent is."""
    os.environ[MARK] = secrets.token_hex()
    try:
        yield os.environ[MARK]
    finally:
        del os.environ[MARK]


def _is_marked(process: psutil.Process, mark: str) -> bool:
    with suppress(psutil.Error):
        return process.environ().get(MARK) == mark
    return False


def _measured(family: str, names: Sequence[str], size: int, dtype: str, time_s: float) -> dict[str, Outcome]:
    kernels = [f"{__package__}.{family}:{name}" for name in names]
    try:
        with _limited(LIMIT_S * len(names)):
            cases = run("cpu", kernel=kernels, size=str(size), dtype=dtype, time_s=time_s * len(names)).cases
    except (FlopsbenchError, TimeoutError) as error:
        return dict.fromkeys(names, Outcome(None, type(error).__name__, f"the run ended: {error}"))
    assert sorted(case.kernel for case in cases) == sorted(names)
    return {case.kernel: _outcome(case) for case in cases}


def _outcome(case: Case) -> Outcome:
    reason = str(case.reason or "")
    if case.status == "ok" and case.stats is not None:
        return Outcome(case.stats.rate.median, case=case)
    return Outcome(None, case.reason_said.code if case.reason_said else case.status, reason, case)


@contextmanager
def _limited(seconds: int) -> Iterator[None]:
    """Raise TimeoutError in what takes longer."""

    def end(number: int, frame: object) -> None:
        raise TimeoutError(f"no end within {seconds} s")

    before = signal.signal(signal.SIGALRM, end)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
