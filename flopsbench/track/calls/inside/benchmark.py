"""Stands in for pytest-benchmark's fixture where two commits are compared: the same calls, measured by turns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, Generic, TypeVar

from flopsbench.backend import Elapsed, Launch
from flopsbench.errors import UsageError
from flopsbench.track.calls.inside.meter import CallMeter
from flopsbench.track.suite.callable import CallRequest, Measurement, parse_work

Returned = TypeVar("Returned")


@dataclass(frozen=True, slots=True)
class SetUpClock:
    """A SetUpClock calls ``set_up`` before each launch, outside of what is timed."""

    set_up: Callable[[], object]

    def time(self, launch: Launch, loops: int) -> Elapsed:
        """Return the seconds of ``loops`` launches, each after its own preparation."""
        seconds = 0.0
        for _ in range(loops):
            self.set_up()
            start = perf_counter()
            launch()
            seconds += perf_counter() - start
        return Elapsed(seconds)


@dataclass(frozen=True, slots=True)
class BenchmarkFigures:
    """A BenchmarkFigures is what tests ask ``benchmark.stats`` for, in seconds per call; ``ops`` are calls per second.

    They are of this process alone, for a test that looks at them: nothing is compared by them.
    """

    min: float
    median: float
    mean: float
    max: float
    ops: float
    rounds: int
    stddev: float = 0.0

    @classmethod
    def of(cls, measured: Measurement) -> BenchmarkFigures | None:
        """Return the figures of what was measured."""
        seconds = measured.seconds
        if seconds is None:
            return None
        return cls(seconds.low, seconds.estimate, seconds.estimate, seconds.high, 1 / seconds.estimate, measured.blocks)

    @property
    def stats(self) -> BenchmarkFigures:
        """Return the same figures, as pytest-benchmark keeps them below those of the whole benchmark."""
        return self

    def __getitem__(self, name: str) -> float:
        value: float = getattr(self, name)
        return value


@dataclass
class BenchmarkStandIn:
    """A BenchmarkStandIn is what tests use of pytest-benchmark's fixture; it can be called once, as that one.

    ``extra_info`` may hold ``flop``, or ``bytes``: the work of one call.
    """

    meter: CallMeter
    name: str
    test: str
    extra_info: dict[str, Any] = field(default_factory=dict)
    group: str | None = None
    enabled: bool = True
    disabled: bool = False
    stats: BenchmarkFigures | None = None
    _request: CallRequest | None = None

    def __call__(self, function: Callable[..., Returned], *args: Any, **kwargs: Any) -> Returned:
        """Measure ``function(*args, **kwargs)`` and return what a call of it returns."""
        return self.pedantic(function, args, kwargs)

    def pedantic(
        self,
        target: Callable[..., Returned],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        setup: Callable[[], Any] | None = None,
        teardown: Callable[..., Any] | None = None,
        **_: Any,
    ) -> Returned:
        """Measure a call after ``setup``, which may return its arguments; its rounds are not the caller's business."""
        if self._request:
            raise UsageError("benchmark is called once in a test")
        call = _NextCall(target, tuple(args), dict(kwargs or {}))

        def prepare() -> None:
            if teardown and call.results:
                teardown(*call.args, **call.kwargs)
            if setup and (given := setup()) is not None:
                call.args, call.kwargs = tuple(given[0]), dict(given[1])

        self._request = (
            CallRequest(call.launch, clock=SetUpClock(prepare)) if setup or teardown else CallRequest(call.launch)
        )
        self.stats = BenchmarkFigures.of(self.meter.measure(self._request, self.name))
        if teardown:
            teardown(*call.args, **call.kwargs)
        return call.results[-1]

    @property
    def fullname(self) -> str:
        """Return the id of the test."""
        return self.test

    def close(self) -> None:
        """Say that there is the call, now that the test has said all it knows of its work."""
        if self._request:
            work = parse_work(self.extra_info.get("flop"), self.extra_info.get("bytes"))
            self.meter.tell(CallRequest(self._request.fn, work), self.name, self.test)


@dataclass
class _NextCall(Generic[Returned]):
    """A _NextCall is a function with the arguments of its next call, and what the last one returned."""

    function: Callable[..., Returned]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    results: list[Returned] = field(default_factory=list)

    def launch(self) -> None:
        """Call the function, and keep the last result alone."""
        self.results[:] = [self.function(*self.args, **self.kwargs)]
