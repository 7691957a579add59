"""Defines what a comparison of calls and the process of one side say to each other, a line of JSON each."""

from __future__ import annotations

from typing import Literal

import msgspec

from flopsbench.problem import Amount
from flopsbench.result.types import Process, Said, Software, Status
from flopsbench.runs.bounds.loaded import CodePlaces, LoadedCode
from flopsbench.track.calls.target import CallTarget

# To find out what there is, each called once; in turns with another process; or alone, by the rules of a run.
Manner = Literal["look", "turns", "alone"]


class Asked(msgspec.Struct, frozen=True):
    """An Asked is what one process has to measure: of a target, the calls ``only``, all where that is None.

    ``tests`` are the tests they belong to, in the order in which they run; the ``deadly`` have ended a process before,
    and are left out. ``order`` is the number of the process.
    """

    target: CallTarget
    manner: Manner
    places: CodePlaces = CodePlaces()
    only: list[str] | None = None
    tests: list[str] = []
    deadly: list[str] = []
    order: int = 0


class CallFound(msgspec.Struct, frozen=True, tag=True):
    """A CallFound says that there is a call of this name, of which test, and what work one call of it is.

    Where it ``is_remote`` another device than this machine's cores computes, as far as the test says.
    """

    name: str
    test: str
    work: Amount
    dtype: str | None = None
    is_remote: bool = False


class BegunTest(msgspec.Struct, frozen=True, tag=True):
    """A BegunTest says which test begins, by its id."""

    test: str


class PathAbsent(msgspec.Struct, frozen=True, tag=True):
    """A PathAbsent says that a file, folder or test which pytest was given is not there on this side."""

    path: str


class CallReady(msgspec.Struct, frozen=True, tag=True):
    """A CallReady says that a call is warm, and that nothing is done before the answer: TURN or ENOUGH."""

    name: str


class CallTimed(msgspec.Struct, frozen=True, tag=True):
    """A CallTimed carries what one process has found of a call."""

    name: str
    process: Process


class CallLost(msgspec.Struct, frozen=True, tag=True):
    """A CallLost says why a test, and so every call in it, gave no rate: it was skipped, or it failed."""

    test: str
    status: Status
    reason: str
    reason_said: Said | None = None


class CodeSeen(msgspec.Struct, frozen=True, tag=True):
    """A CodeSeen says whose code a process has loaded that looked what there is."""

    software: Software
    code: LoadedCode


class AllCalled(msgspec.Struct, frozen=True, tag=True):
    """An AllCalled says that nothing is left."""


class CallsRefused(msgspec.Struct, frozen=True, tag=True):
    """A CallsRefused says why nothing could be measured: the project cannot be imported, or has no such tests."""

    message: str
    message_said: Said | None = None


CallEvent = CallFound | BegunTest | PathAbsent | CallReady | CallTimed | CallLost | CodeSeen | AllCalled | CallsRefused
