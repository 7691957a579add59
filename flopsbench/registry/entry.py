"""A Result as the site's boards and histories need it: small enough to hold twenty thousand of them at once."""

from __future__ import annotations

from typing import Literal

import msgspec

Trust = Literal["self-reported", "signed", "attested", "reproduced"]  # from the least to the most


class Figure(msgspec.Struct, frozen=True, omit_defaults=True):
    """One measured and proven case. Rates in FLOP/s or OP/s (``unit``), ``shares`` of a limit as fractions.

    ``device`` is the slug of the page the case belongs to; ``math`` the mode of arithmetic ("ieee", "tf32").
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


class Machine(msgspec.Struct, frozen=True, omit_defaults=True):
    """A device of the Result that measured something; ``slug`` names its page, and is equal for equal devices.

    ``cores`` is the CPU's usable cores: two cores of a chip and all of them are not one device.
    """

    slug: str
    name: str
    kind: str
    vendor: str | None = None
    cores: int | None = None
    driver: str | None = None
    accelerator: str | None = None  # its id in the accelerators table


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One published Result. ``path`` is its file below the registry's folder, ``page`` the stem of its own page."""

    id: str
    path: str
    page: str
    created: str
    profile: str
    tool: str
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
        """The submitter as GitHub tells them apart: by letters, whatever their case."""
        return self.submitter.lower() if self.submitter else None
