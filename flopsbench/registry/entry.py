"""Defines the Entry, a Result as boards and histories need it, and says which Results become one and which cases rank.

An Entry is small enough to hold 20,000 of them at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

from flopsbench.result.keys import is_vendor
from flopsbench.result.types import Case, Result, Stats
from flopsbench.units import share
from flopsbench.validate.finding import Finding
from flopsbench.words.reason import Reason

WIDEST = 0.25  # half the interval of a rate that is ranked, as a share of the rate
LEAST_EDGE = 1024  # of two of a ranked case's three sizes; smaller ones measure the call more than the device

Trust = Literal["self-reported", "signed", "attested", "reproduced"]  # from the least to the most


class Figure(msgspec.Struct, frozen=True, omit_defaults=True):
    """A Figure is one measured and proven case.

    ``median``, ``low`` and ``high`` are rates in ``unit`` (FLOP/s or OP/s); ``of_ceiling``, ``of_peak`` and
    ``of_peak_at_clock`` are fractions of a limit; ``per_joule`` is in operations per joule. ``device`` is the slug of
    the page that the case belongs to; ``math`` is the mode of arithmetic ("ieee", "tf32"). Of an own kernel
    ``of_vendor`` is the rate over the vendor's on the same problem in the same Result.
    """

    device: str
    dtype: str
    math: str
    unit: str
    shape: tuple[int, int, int]
    layout: str
    backend: str
    kernel: str
    library: str
    regime: str
    median: float
    low: float
    high: float
    of_ceiling: float | None = None
    of_peak: float | None = None
    of_peak_at_clock: float | None = None
    watts: float | None = None
    per_joule: float | None = None
    clock_hz: float | None = None
    grade: str | None = None
    of_vendor: float | None = None

    @property
    def is_vendor(self) -> bool:
        """Return whether the vendor's GEMM was measured, not an own kernel."""
        return is_vendor(self.backend, self.kernel)

    @property
    def unranked(self) -> Reason | None:
        """Return why the case has no place on boards, None where it may have one."""
        return _unranked(self.median, self.low, self.high, self.shape)


class Machine(msgspec.Struct, frozen=True, omit_defaults=True):
    """A Machine is a device of a Result that measured something; ``slug`` names its page, and equal devices share it.

    ``cores`` counts the CPU's usable cores: two cores of a chip and all of its cores are different devices.
    """

    slug: str
    name: str
    kind: str
    vendor: str | None = None
    cores: int | None = None
    driver: str | None = None
    accelerator: str | None = None  # its id in the accelerators table


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """An Entry is one published Result.

    ``path`` is its file below the registry's folder, ``page`` the stem of its page, ``method`` the version of the
    method: no rates of two versions are compared.
    """

    id: str
    path: str
    page: str
    created: str
    profile: str
    tool: str
    method: int
    machines: list[Machine]
    figures: list[Figure]
    versions: dict[str, str]
    submitter: str | None = None
    machine_id: str | None = None
    interrupted: bool = False
    signed_by: str | None = None  # handle of the key's owner
    attested: str | None = None  # address of the CI run that measured it
    superseded_by: str | None = None  # id
    superseded_for: str | None = None  # the reason
    successor: str | None = None  # the stem of that Result's page, where the site has one
    reviews: list[str] = []  # codes of what a person was asked to look at

    @property
    def owner(self) -> str | None:
        """Return the submitter in lower case, since GitHub does not tell handles apart by case."""
        return self.submitter.lower() if self.submitter else None


def why_unranked(case: Case, stats: Stats) -> Reason | None:
    """Return why a case with these figures has no place on boards, None where it may have one."""
    return _unranked(stats.rate.median, stats.rate.low, stats.rate.high, (case.m, case.n, case.k))


def _unranked(median: float, low: float, high: float, shape: tuple[int, int, int]) -> Reason | None:
    """Return why a rate has no place: its interval is too wide, or its product too small."""
    if (half := _half_width(median, low, high)) > WIDEST:
        return Reason("unranked_wide", half_width=share(half, 1), widest=share(WIDEST))
    return Reason("unranked_small", least=str(LEAST_EDGE)) if sorted(shape)[1] < LEAST_EDGE else None


def _half_width(median: float, low: float, high: float) -> float:
    """Return half the interval of a rate as a share of the rate."""
    return (high - low) / 2 / median


def entry_findings(result: Result) -> Iterator[Finding]:
    """Yield why a Result cannot be an entry of a registry: what it was measured for, and how well."""
    if result.tool.profile != "registry":
        yield Finding("entry.profile", Reason("no_registry_profile", profile=result.tool.profile), "tool.profile")
    if result.calls:
        yield Finding("entry.calls", Reason("calls_no_entry"), "calls")
    rates = [case.stats.rate for case in result.cases if case.stats]
    if all(_half_width(rate.median, rate.low, rate.high) > WIDEST for rate in rates):
        yield Finding("entry.width", Reason("no_narrow_case", widest=share(WIDEST)), "cases")
