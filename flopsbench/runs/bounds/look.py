"""Looks at backends in a throw-away copy of this process: one whose library ends it is named, and not asked again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from flopsbench.backends.installed import Broken, registered
from flopsbench.errors import FlopsbenchError
from flopsbench.host.parent import EndedApart, ask_apart
from flopsbench.words.reason import Reason

T = TypeVar("T")
# Looks without the backends that are broken, by their names, and calls what it is given with the name of each backend
# that it turns to, "" for none. What it returns can be pickled.
Look = Callable[[Mapping[str, Broken], Callable[[str], None]], T]


def look_apart(look: Look[T]) -> T:
    """Return what a look at the backends finds; begin it again without each backend that ends its process.

    Raise FlopsbenchError where something else ends it.
    """
    broken: dict[str, Broken] = {}
    while True:
        try:
            return ask_apart(lambda on_step: look(broken, on_step))
        except EndedApart as end:
            why = _why(end.code)
            if end.step in broken or end.step not in registered():
                raise FlopsbenchError(Reason("look_ended", why=why)) from None
            broken[end.step] = Broken(end.step, why)


def _why(code: int) -> Reason:
    """Return how a library has ended its process, by the exit code of that, negative for a signal."""
    return Reason("died_by_signal", signal=-code) if code < 0 else Reason("ended_process", code=code)
