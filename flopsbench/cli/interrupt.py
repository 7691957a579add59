"""Turns SIGINT and SIGTERM into one KeyboardInterrupt, after which what was found is still written."""

from __future__ import annotations

import signal

ASKING = (signal.SIGINT, signal.SIGTERM)


def catch_interrupts() -> None:
    """Let either signal raise KeyboardInterrupt, the first time."""
    for caught in ASKING:
        signal.signal(caught, _interrupt)


def ignore_interrupts() -> None:
    """Let nothing keep what was found from being written."""
    for ignored in ASKING:
        signal.signal(ignored, signal.SIG_IGN)


def _interrupt(*_: object) -> None:
    ignore_interrupts()
    raise KeyboardInterrupt
