"""Completes names on a command line for the shell, without loading what an array library is needed for."""

from __future__ import annotations

from collections.abc import Callable, Iterable


def one_of(names: Callable[[], Iterable[str]]) -> Callable[[str], list[str]]:
    """Return what completes one name."""

    def complete(incomplete: str) -> list[str]:
        return [name for name in names() if name.startswith(incomplete)]

    return complete


def list_of(names: Callable[[], Iterable[str]]) -> Callable[[str], list[str]]:
    """Return what completes the last of several names, which commas join: "fp64,b" to "fp64,bf16"."""

    def complete(incomplete: str) -> list[str]:
        before, comma, last = incomplete.rpartition(",")
        given = before.split(",")
        return [f"{before}{comma}{name}" for name in names() if name.startswith(last) and name not in given]

    return complete


def dtypes() -> Iterable[str]:
    """Return the number formats that are measured."""
    from flopsbench.dtype import DTYPES

    return DTYPES


def profiles() -> Iterable[str]:
    """Return the profiles of a run."""
    from flopsbench.measure.profiles import RUN_PROFILES

    return RUN_PROFILES


def backends() -> Iterable[str]:
    """Return the names of the backends that are registered here, none of them loaded."""
    from flopsbench.backends.installed import registered

    return registered()


def kernels() -> Iterable[str]:
    """Return the names of the built-in backends' kernels, the vendors' and our own; no backend is loaded."""
    from flopsbench.backends.cuda_source import kernel_sources
    from flopsbench.result.keys import VENDOR_KERNELS

    return [*VENDOR_KERNELS.values(), *(source.kernel for source in kernel_sources())]


def devices() -> Iterable[str]:
    """Return how devices are named, with a number for each GPU that a driver has here."""
    from flopsbench.device import CUDA, KINDS, id_of
    from flopsbench.host.kernel.nvidia import boards, is_bound
    from flopsbench.host.trees import HERE

    ready = [board for board in boards(HERE) or () if is_bound(board)]
    return ["auto", "all", *KINDS, *(id_of(CUDA.name, index) for index, _ in enumerate(ready))]


def figures() -> Iterable[str]:
    """Return the ids of what was published."""
    from flopsbench.scale.aggregates import load_aggregates, load_statements

    return [*(each.id for each in load_aggregates()), *(each.id for each in load_statements())]


def aggregates() -> Iterable[str]:
    """Return the ids of published totals."""
    from flopsbench.scale.aggregates import load_aggregates

    return [each.id for each in load_aggregates()]


def accelerators() -> Iterable[str]:
    """Return the ids of accelerators with a datasheet's peak."""
    from flopsbench.peaks.datasheet import load_accelerators

    return load_accelerators()


def precisions() -> Iterable[str]:
    """Return the formats that may be assumed where a source states none."""
    from flopsbench.scale.compare import ASSUMABLE

    return ASSUMABLE


def verdicts() -> Iterable[str]:
    """Return the verdicts that can fail a comparison."""
    from flopsbench.track.comparison import MAY_FAIL

    return (*MAY_FAIL, "none")


def export_formats() -> Iterable[str]:
    """Return the formats that Results are exported in."""
    from flopsbench.track.export import FORMATS

    return FORMATS


def languages() -> Iterable[str]:
    """Return the languages that are spoken."""
    from flopsbench.words.catalogue import LANGUAGES

    return LANGUAGES
