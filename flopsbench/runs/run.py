"""Takes a run through its steps, from the request to the Result, as ``flopsbench.run``.

``run`` and ``result_of`` are the table of contents: each step is a line and has a module of its own.
"""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Callable, Sequence

from msgspec.structs import replace

from flopsbench.analysis.by_ceilings import believed
from flopsbench.analysis.figures import with_figures
from flopsbench.analysis.limits import limits
from flopsbench.backends.brought import is_brought
from flopsbench.errors import FlopsbenchError
from flopsbench.result.codec import decode, encode
from flopsbench.result.types import INTERRUPTED, Profile, Result
from flopsbench.runs.bounds.memory import check_bound
from flopsbench.runs.gather import Header, Observed, document, header, joined
from flopsbench.runs.listener import Listener, OnEvent, serve
from flopsbench.runs.referee import ParentReferee
from flopsbench.runs.request import options_of, requests, with_brought

OnPartial = Callable[[Result], None]


def run(
    device: str | Sequence[str] = "auto",
    *,
    backend: str | Sequence[str] = (),
    dtype: str | Sequence[str] = (),
    size: str | Sequence[str] = (),
    kernel: str | Sequence[str] = (),
    profile: Profile = "quick",
    time_s: float | None = None,
    memory_bytes: int | None = None,
    seed: int | None = None,
    on_event: OnEvent | None = None,
    on_partial: OnPartial | None = None,
) -> Result:
    """Measure, prove and describe this machine: return one Result with every case asked for.

    Empty sequences mean "what is usual here". A kernel is the name of one that is registered, or brings itself, as
    "mypackage.mymodule:prepare" or the path of a file. ``time_s`` is the budget of one process for all its cases, in
    seconds: the least number of blocks of each case may exceed it by half a minute, and the cases left then say so.
    ``memory_bytes`` is what each process may allocate of the host's memory. ``on_event`` is called with each event as
    it happens. ``on_partial`` is called after each case with the Result as it stands, marked ``interrupted``, so that a
    run which is killed loses one case at most.
    Ctrl-C ends the run and keeps what was done: the Result then says ``interrupted``; so does a FlopsbenchError that
    one of the two raises, while any other error of theirs reaches the caller. Raise UsageError, or NothingMeasurable
    when there is nothing to run.
    """
    brought = [name for name in _listed(kernel) if is_brought(name)]
    kernels = [name for name in _listed(kernel) if not is_brought(name)]
    options = options_of(_listed(device), _listed(backend), _listed(dtype), _listed(size), kernels, time_s)
    options = with_brought(options, brought)
    check_bound(memory_bytes)
    observed = Observed(seed=secrets.randbelow(2**31) if seed is None else seed)
    about = header(options, profile)
    try:
        with ParentReferee() as referee:
            listener = Listener(observed, referee, on_event or _ignore, lambda: _hand_out(observed, about, on_partial))
            for request in requests(options, profile, observed.seed, brought, memory_bytes):
                serve(request, listener)
    except (KeyboardInterrupt, FlopsbenchError) as error:
        if not observed.planned:
            raise
        observed.interrupted = str(error) or INTERRUPTED
    return result_of(observed, about)


def result_of(observed: Observed, about: Header) -> Result:
    """Return the Result of what was observed, exactly as a reader of its document will see it, id included."""
    cases = joined(observed)
    host = believed(about.host, cases, observed.devices.values())
    known = limits(cases, observed.devices, host)
    figured = with_figures(cases, known, host)
    return as_read(document(observed, dataclasses.replace(about, host=host), figured, known))


def as_read(result: Result) -> Result:
    """Return the Result exactly as a reader of its document will see it, id included."""
    return decode(encode(result))


def _listed(names: str | Sequence[str]) -> list[str]:
    return [names] if isinstance(names, str) else list(names)


def _ignore(_: object) -> None:
    """Do nothing: nobody watches the run."""


def _hand_out(observed: Observed, about: Header, on_partial: OnPartial | None) -> None:
    """Give the Result so far to whoever watches.

    Meanwhile the worker prepares its next case: making the Result takes milliseconds, the warm-up before the next
    block half a second and more.
    """
    if on_partial is None:
        return
    try:
        so_far = as_read(replace(result_of(observed, about), interrupted=True))
    except Exception:  # what is wrong with it is told at the end of the run, which it must not end
        return
    on_partial(so_far)
