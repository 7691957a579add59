"""What a run and its worker processes say to each other: one request, then a line of JSON an event."""

from __future__ import annotations

import msgspec

from flopsbench.result.types import Case, Ceiling, DeviceRecord, Options, Profile, Regime, Software

TURN, ENOUGH = b"\n", b"enough\n"  # what a process that waits is sent: time another block, or come to an end


class Request(msgspec.Struct, frozen=True):
    """What one process has to do. ``only`` names the cases (by case_id) to run, ``skip`` those not to run again."""

    options: Options
    profile: Profile
    seed: int
    order: int = 0
    regime: Regime = "burst"
    skip: list[str] = []
    only: list[str] | None = None


class Started(msgspec.Struct, frozen=True, tag=True):
    """The worker knows the machine: every case of the request, in the plan's order, none of them reached yet."""

    cases: list[Case]
    devices: list[DeviceRecord]
    software: Software


class Begun(msgspec.Struct, frozen=True, tag=True):
    """A case has its turn, by its case_id."""

    id: str


class Block(msgspec.Struct, frozen=True, tag=True):
    """A block was timed: how many so far, and the rate of this one."""

    id: str
    count: int
    rate_per_s: float
    unit: str


class Waiting(msgspec.Struct, frozen=True, tag=True):
    """This process has had its turn and does nothing until it is sent TURN or ENOUGH."""


class Ended(msgspec.Struct, frozen=True, tag=True):
    """A case is done, or cannot be: its record with this one process, and what is known of its ceiling."""

    case: Case
    ceiling: Ceiling | None = None


class Finished(msgspec.Struct, frozen=True, tag=True):
    """All cases had their turn."""


class Tainted(msgspec.Struct, frozen=True, tag=True):
    """An error on a GPU may have broken it for this process: the cases left need a fresh one."""


class Refused(msgspec.Struct, frozen=True, tag=True):
    """The request cannot be served: the class name of an error of flopsbench, and its sentence."""

    error: str
    message: str


Event = Started | Begun | Block | Waiting | Ended | Finished | Tainted | Refused
