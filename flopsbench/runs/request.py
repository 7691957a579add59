"""Parses what a run is asked for, and says which processes serve it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from flopsbench.backends.brought import brought_name
from flopsbench.device import device_forms
from flopsbench.dtype import parse_named_dtype
from flopsbench.errors import UsageError
from flopsbench.measure.profiles import PROFILES
from flopsbench.problem import parse_sizes
from flopsbench.result.types import Options, Profile
from flopsbench.runs.messages import Request
from flopsbench.runs.plan import check_device_names
from flopsbench.units import general
from flopsbench.words.reason import Reason


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
        dtypes=[parse_named_dtype(name).name for name in dtypes],
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
        raise UsageError(Reason("device_unnamed", known=device_forms()))
    check_device_names(options.devices)
    for size in options.sizes:
        if size != "auto":
            parse_sizes(size)
    if options.time_s is not None and not 0 < options.time_s < 1e6:
        raise UsageError(Reason("time_not_positive", time=general(options.time_s)))


def with_brought(options: Options, brought: Sequence[str]) -> Options:
    """Return the options with kernels that are brought as files or modules, under their names in documents."""
    names = [brought_name(kernel) for kernel in brought]
    backends = dict.fromkeys([*options.backends, *(name for name, _ in names)])
    kernels = dict.fromkeys([*options.kernels, *(function for _, function in names)])
    return replace(options, backends=list(backends), kernels=list(kernels))


def requests(
    options: Options, profile: Profile, seed: int, brought: Sequence[str] = (), memory_bytes: int | None = None
) -> Iterator[Request]:
    """Yield the request of each fresh process of a profile, in order; registry ends with the sustained regime."""
    rules = PROFILES[profile]
    shared = Request(options, profile, seed, brought=list(brought), memory_bytes=memory_bytes)
    for order in range(rules.processes):
        yield replace(shared, order=order)
    if rules.sustained:
        yield replace(shared, order=rules.processes, regime="sustained")
