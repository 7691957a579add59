"""Turns the signals that ask for an end into one KeyboardInterrupt, after which what was found is still written."""

from __future__ import annotations

import signal

ASKING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def catch_interrupts() -> None:
    """Let any of these signals raise KeyboardInterrupt, the first time.

    SIGHUP stays ignored where it is: who says nohup wants the program to outlive the terminal.
    """
    for caught in ASKING:
        if caught != signal.SIGHUP or signal.getsignal(caught) != signal.SIG_IGN:
            signal.signal(caught, _interrupt)


def ignore_interrupts() -> None:
    """Let nothing keep what was found from being written: ignore the signals that were caught."""
    for caught in ASKING:
        if signal.getsignal(caught) is _interrupt:
            signal.signal(caught, signal.SIG_IGN)


def _interrupt(*_: object) -> None:
    ignore_interrupts()
    raise KeyboardInterrupt
