"""Lets accidents happen within runs, and looks whether the case after each is measured."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import count
from pathlib import Path
from random import Random

from flopsbench import run
from flopsbench.errors import FlopsbenchError
from flopsbench.result.keys import case_id
from flopsbench.result.types import Case
from flopsbench.runs.messages import Begun, Event
from tests.gpu.acceptance.report.journal import Finding, verdict_of
from tests.gpu.acceptance.steps import Context
from tests.gpu.reached import reached_by

KERNELS = Path(__file__).parents[1] / "kernels"
TOO_LARGE = 200_000  # square: more memory than any board has
RUN_S = 10.0
# By the guess: the status of the case to which it happens, and the code of its reason where that is one of ours.
TOLD = {
    "too_large": ("unsupported", "too_little_memory"),
    "out_of_memory": ("skipped", "out_of_memory"),
    "sticky_error": ("failed", None),
}


def of_backend(name: str, context: Context) -> Iterator[Finding]:
    """What becomes of each accident, in a run of two cases: the accident, and one that is nothing special."""
    reached = reached_by(name)
    if isinstance(reached, str):
        yield from (Finding(guess, "not reached", reached, name) for guess in TOLD)
        return
    size, file = str(context.scale.edge // 4), KERNELS / f"accidents_{name}.py"
    yield found("too_large", name, [], [str(TOO_LARGE), size], [name])
    for guess, kernel in (("out_of_memory", "greedy"), ("sticky_error", "sticky")):
        yield found(guess, name, [f"{file}:{kernel}", f"{file}:honest"], [size], [])


of_torch, of_cupy = partial(of_backend, "torch"), partial(of_backend, "cupy")


def found(guess: str, name: str, kernels: Sequence[str], sizes: Sequence[str], backends: Sequence[str]) -> Finding:
    """What a run says of its first case, the accident, and of the one after it."""
    begun: list[str] = []
    try:
        asked = {"kernel": kernels, "size": sizes, "backend": backends, "dtype": ["fp32"]}
        result = run("cuda", **asked, time_s=RUN_S, seed=seed_of_order(2), on_event=noting(begun))
    except FlopsbenchError as error:
        return Finding(guess, "instead", f"no run: {error}", name)
    cases = {case_id(case): case for case in result.cases}
    first, *others = [cases[each] for each in begun if each in cases]
    status, code = TOLD[guess]
    as_told = first.status == status and (code is None or _code(first) == code)
    as_guessed = as_told and bool(others) and all(other.status == "ok" for other in others)
    return Finding(guess, verdict_of(as_guessed), "; then ".join(map(_told, (first, *others))), name)


def seed_of_order(cases: int) -> int:
    """The least seed by which a worker takes the first of so many cases first."""
    for seed in count():
        order = list(range(cases))
        Random(f"{seed}/0").shuffle(order)
        if order[0] == 0:
            return seed
    raise AssertionError


def noting(begun: list[str]) -> Callable[[Event], None]:
    """A listener that notes which case has its turn."""

    def on_event(event: Event) -> None:
        if isinstance(event, Begun) and event.id not in begun:
            begun.append(event.id)

    return on_event


def _code(case: Case) -> str | None:
    return case.reason_said.code if case.reason_said else None


def _told(case: Case) -> str:
    return f"{case.kernel} {case.m}: {case.status}" + (f", {case.reason}" if case.reason else "")
