"""Reads what of a project is asked for, and refuses what belongs to GEMM beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from flopsbench.errors import UsageError
from flopsbench.words.reason import Reason

if TYPE_CHECKING:
    from flopsbench.track.ab.spec import Spec
    from flopsbench.track.calls.target import CallTarget


def asked_target(
    suite: bool,
    pytest_args: list[str] | None,
    call: str | None,
    command: str | None,
    flop: float | None,
    bytes: float | None,
    sync: str | None,
    of_gemm: Mapping[str, str],
    specs: Iterable[Spec] = (),
) -> CallTarget | None:
    """Return what of a project is asked for, None for a GEMM; raise UsageError for what does not fit together.

    ``of_gemm`` are the options that choose a GEMM, as they were given, by their names.
    """
    from flopsbench.track.calls.target import parse_target

    target = parse_target(suite_arguments(suite, pytest_args), call, command, flop, bytes, sync)
    if target:
        refuse_of_gemm(of_gemm, specs)
    return target


def suite_arguments(suite: bool, given: list[str] | None) -> list[str] | None:
    """Return the arguments of pytest where a suite is asked for; raise UsageError for arguments without one."""
    if given and not suite:
        raise UsageError(Reason("arguments_of_suite", argument=given[0]))
    return list(given or ()) if suite else None


def refuse_of_gemm(given: Mapping[str, str], specs: Iterable[Spec] = ()) -> None:
    """Raise UsageError where something of a GEMM is asked for beside a project's own code."""
    asked = [f"--{name}" for name, text in given.items() if text not in ("", "auto")]
    asked += [f"backend={spec.backend}" for spec in specs if spec.backend]
    asked += [f"kernel={spec.kernel}" for spec in specs if spec.kernel]
    if asked:
        raise UsageError(Reason("option_of_gemm", option=asked[0]))
