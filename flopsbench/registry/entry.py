"""Defines the Entry: a Result as boards and histories need it, small enough to hold 20,000 of them at once."""

from __future__ import annotations

from typing import Literal

import msgspec

from flopsbench.result.keys import is_vendor

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
