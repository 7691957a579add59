"""Turns the signals that ask for an end into one KeyboardInterrupt, after which what was found is still written."""

from __future__ import annotations

import signal
from collections.abc import Callable

from flopsbench.host.parent import ASKING

Handler = Callable[..., None]


def catch_interrupts() -> None:
    """Let any of these signals raise KeyboardInterrupt, the first time.

    SIGHUP stays ignored where it is: who says nohup wants the program to outlive the terminal.
    """
    for caught in ASKING:
        if caught in (signal.SIGINT, signal.SIGTERM) or signal.getsignal(caught) != signal.SIG_IGN:
            signal.signal(caught, _interrupt)


def catch_again() -> None:
    """Let the next of these signals interrupt what blocks, after one was caught: a pipe, perhaps, that nobody reads."""
    _exchange(_ignore, _interrupt)


def ignore_interrupts() -> None:
    """Let nothing keep what was found from being written, or a program that is done from ending as it did."""
    _exchange(_interrupt, _ignore)


def _interrupt(*_: object) -> None:
    ignore_interrupts()
    raise KeyboardInterrupt


def _ignore(*_: object) -> None:
    """Do nothing. It stands for SIG_IGN, which Python complains of where a signal has come but was not yet handled."""


def _exchange(handler: Handler, other: Handler) -> None:
    """Set another handler wherever the first is set."""
    for caught in ASKING:
        if signal.getsignal(caught) is handler:
            signal.signal(caught, other)
