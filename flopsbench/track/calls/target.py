"""Defines what of a project is measured: the tests of a suite, a callable, or a command, and the work of one call."""

from __future__ import annotations

import shlex
from typing import Literal

import msgspec

from flopsbench.dtype import BYTES_PER_SECOND, FLOP_PER_S
from flopsbench.errors import UsageError
from flopsbench.problem import Amount
from flopsbench.result.types import LARGEST_INTEGER, Options
from flopsbench.track.suite.callable import A_CALL
from flopsbench.words.reason import Reason

SYNC = "--sync"  # in a title, before what waits for the device of a callable
TargetKind = Literal["suite", "call", "command"]


class CallTarget(msgspec.Struct, frozen=True):
    """A CallTarget is what is measured. ``arguments`` are those of pytest, the callable, or the words of a command.

    ``work`` is that of one call of a callable or a command; tests say their own. ``sync`` names what waits for a
    device.
    """

    kind: TargetKind
    arguments: list[str]
    work: Amount = A_CALL
    sync: str | None = None

    @property
    def title(self) -> str:
        """Return it as documents keep it: "suite tests/perf -k mul", "call package.module:function"."""
        waiting = [SYNC, self.sync] if self.sync else []
        return " ".join([self.kind, shlex.join([*self.arguments, *waiting])]).rstrip()


def parse_target(
    suite: list[str] | None,
    call: str | None,
    command: str | None,
    flop: float | None = None,
    bytes: float | None = None,
    sync: str | None = None,
) -> CallTarget | None:
    """Return the target that options ask for, None where none does; raise UsageError for options that do not fit."""
    asked = [
        f"--{kind}"
        for kind, given in zip(("suite", "call", "command"), (suite, call, command), strict=True)
        if given is not None
    ]
    if len(asked) > 1:
        raise UsageError(Reason("several_targets", options=" ".join(asked)))
    work = _work(flop, bytes)
    alone = [name for name, given in (("--flop", flop), ("--bytes", bytes), ("--sync", sync)) if given is not None]
    if alone and (call, command) == (None, None):
        raise UsageError(Reason("target_option_alone", option=alone[0]))
    if sync is not None and call is None:
        raise UsageError(Reason("sync_of_call_alone"))
    if suite is not None:
        return CallTarget("suite", suite)
    if call is not None:
        return CallTarget("call", [_named(call, "--call")], work, sync and _named(sync, "--sync"))
    return CallTarget("command", _words(command), work) if command is not None else None


def target_of(title: str, work: Amount = A_CALL) -> CallTarget:
    """Return the target that a document names; raise UsageError where it names none."""
    kind, _, rest = title.partition(" ")
    arguments = shlex.split(rest)
    if kind == "call":
        return CallTarget("call", arguments[:1], work, sync=arguments[2] if arguments[1:2] == [SYNC] else None)
    if kind == "suite":
        return CallTarget("suite", arguments, work)
    if kind == "command":
        return CallTarget("command", arguments, work)
    raise UsageError(Reason("no_target", title=repr(title)))


def with_target(options: Options, target: CallTarget) -> Options:
    """Return options that say what of the project was asked for."""
    return msgspec.structs.replace(options, calls=[target.title])


def _work(flop: float | None, bytes: float | None) -> Amount:
    """Return the work of a call; raise UsageError for what is no amount of work, or for two."""
    if flop is not None and bytes is not None:
        raise UsageError(Reason("flop_and_bytes"))
    for option, amount, unit in (("--flop", flop, FLOP_PER_S), ("--bytes", bytes, BYTES_PER_SECOND)):
        if amount is not None:
            if not 1 <= amount <= LARGEST_INTEGER:
                raise UsageError(Reason("no_amount_of_work", option=option))
            return Amount(round(amount), unit, 0)
    return A_CALL


def _named(text: str, option: str) -> str:
    """Return the name of a callable, "package.module:function"; raise UsageError for anything else."""
    module, colon, name = text.partition(":")
    if not (colon and all(part.isidentifier() for part in (*module.split("."), *name.split(".")))):
        raise UsageError(Reason("no_callable_name", option=option, text=repr(text)))
    return text


def _words(command: str) -> list[str]:
    """Return the words of a command; raise UsageError where it has none, or an open quotation."""
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise UsageError(Reason("command_unread", command=repr(command), error=error)) from None
    if not words:
        raise UsageError(Reason("command_empty"))
    return words
