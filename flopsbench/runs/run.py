"""Takes a run through its steps, from the request to the Result, as ``flopsbench.run``.

Read ``run`` as the table of contents: the request, the fresh processes one after the other, and the Result of what
they observed.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from flopsbench import errors
from flopsbench.dtype import parse_dtype
from flopsbench.errors import FlopsbenchError
from flopsbench.measure.profiles import PROFILES
from flopsbench.problem import parse_sizes
from flopsbench.result.codec import decode, encode
from flopsbench.result.keys import case_id
from flopsbench.result.types import Options, Profile, Regime, Result
from flopsbench.runs import messages
from flopsbench.runs.gather import Header, Observed, assemble, header
from flopsbench.runs.messages import Event, Request
from flopsbench.runs.plan import check_device_names
from flopsbench.runs.process import WorkerProcess
from flopsbench.units import general
from flopsbench.words.reason import Reason

OnEvent = Callable[[Event], None]
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
    seed: int | None = None,
    on_event: OnEvent | None = None,
    on_partial: OnPartial | None = None,
) -> Result:
    """Measure, prove and describe this machine: return one Result with every case asked for.

    Empty sequences mean "what is usual here". ``time_s`` is the budget of one process for all its cases, in
    seconds. ``on_event`` is called with each event as it happens. ``on_partial`` is called after each case with the
    Result as it stands, marked ``interrupted``, so that a run which is killed loses one case at most.
    Ctrl-C ends the run and keeps what was done: the Result then says ``interrupted``; so does a FlopsbenchError that
    one of the two raises, while any other error of theirs reaches the caller. Raise UsageError, or NothingMeasurable
    when there is nothing to run.
    """
    options = options_of(_listed(device), _listed(backend), _listed(dtype), _listed(size), _listed(kernel), time_s)
    observed = Observed(seed=secrets.randbelow(2**31) if seed is None else seed)
    about = header(options, profile)
    listener = Listener(observed, about, on_event or _ignore, on_partial or _ignore)
    try:
        for order, regime in processes(profile):
            run_process(Request(options, profile, observed.seed, order, regime), listener)
    except (KeyboardInterrupt, FlopsbenchError) as error:
        if not observed.planned:
            raise
        observed.interrupted = str(error) or Reason("case_interrupted")
    return as_read(assemble(observed, about))


@dataclass(frozen=True, slots=True)
class Listener:
    """A Listener takes what the workers report, keeps it, and hands it on to whoever watches the run."""

    observed: Observed
    about: Header
    on_event: OnEvent
    on_partial: OnPartial

    def hear(self, event: Event) -> None:
        """Keep what an event reports and hand it on; after a case, hand out the Result so far, too."""
        self.observed.take(event)
        self.on_event(event)
        if isinstance(event, messages.Ended):
            self._hand_out()

    def lose(self, ids: Sequence[str], last_words: str) -> None:
        """Record cases as failed whose worker died in them, and hand out the Result so far."""
        for id in ids:
            self.observed.lose(id, last_words)
        self._hand_out()

    def _hand_out(self) -> None:
        """Give the Result so far to whoever watches.

        Meanwhile the worker prepares its next case: making the Result takes milliseconds, the warm-up before the next
        block half a second and more.
        """
        if self.on_partial is _ignore:
            return
        try:
            so_far = as_read(replace(assemble(self.observed, self.about), interrupted=True))
        except Exception:  # what is wrong with it is told at the end of the run, which it must not end
            return
        self.on_partial(so_far)


def _ignore(_: object) -> None:
    """Do nothing: nobody watches the run."""


def as_read(result: Result) -> Result:
    """Return the Result exactly as a reader of its document will see it, id included."""
    return decode(encode(result))


def _listed(names: str | Sequence[str]) -> list[str]:
    return [names] if isinstance(names, str) else list(names)


def options_of(
    devices: Sequence[str],
    backends: Sequence[str] = (),
    dtypes: Sequence[str] = (),
    sizes: Sequence[str] = (),
    kernels: Sequence[str] = (),
    time_s: float | None = None,
) -> Options:
    """Parse the request; raise UsageError for what is wrong on any machine, before a process is started."""
    options = Options(
        devices=list(devices),
        dtypes=[parse_dtype(name).name for name in dtypes],
        backends=list(backends),
        kernels=list(kernels),
        sizes=list(sizes),
        time_s=time_s,
    )
    check_options(options)
    return options


def check_options(options: Options) -> None:
    """Raise UsageError for a device, size or time that no machine could have."""
    if not options.devices:
        raise errors.UsageError("name a device: cpu, cuda, cuda:N, all or auto")
    check_device_names(options.devices)
    for size in options.sizes:
        if size != "auto":
            parse_sizes(size)
    if options.time_s is not None and not 0 < options.time_s < 1e6:
        raise errors.UsageError(f"--time {general(options.time_s)}: give seconds, more than 0")


def processes(profile: Profile) -> Iterator[tuple[int, Regime]]:
    """Yield the fresh processes of a profile in order; the registry profile ends with one for the sustained regime."""
    rules = PROFILES[profile]
    for order in range(rules.processes):
        yield order, "burst"
    if rules.sustained:
        yield rules.processes, "sustained"


def run_process(request: Request, listener: Listener) -> None:
    """Serve a request by one worker; when it dies in a case, that case has failed and a new worker goes on."""
    done: list[str] = []
    while not run_worker(replace(request, skip=done), listener, done):
        pass


def run_worker(request: Request, listener: Listener, done: list[str]) -> bool:
    """Listen to one worker until it ends; return whether nothing is left to do.

    The ids of cases that need no other worker are appended to ``done``. What is left when a worker dies goes to a new
    one, unless this one died before it did anything: then its cases have failed.
    """
    under_way, did_nothing = None, True
    with WorkerProcess(request) as worker:
        for event in worker.events():
            listener.hear(event)
            if isinstance(event, messages.Begun):
                under_way = event.id
            elif isinstance(event, messages.Ended):
                done.append(case_id(event.case))
                under_way, did_nothing = None, False
            elif isinstance(event, messages.Finished | messages.Tainted):
                return isinstance(event, messages.Finished)
    planned = listener.observed.ids(request.regime)
    if not planned:
        raise FlopsbenchError(f"the measuring process ended before its work: {worker.last_words()}")
    if under_way is None and not did_nothing:
        return False
    lost = [under_way] if under_way else [id for id in planned if id not in done]
    listener.lose(lost, worker.last_words())
    done += lost
    return under_way is None
