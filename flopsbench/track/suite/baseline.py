"""Reads and writes the baseline of a test suite: what each measured test took when it was written, and where.

History of the format (``schema_version`` is major.minor; a reader refuses a newer major version):

1.0  the first
1.1  work in bytes (``B/s``), and calls of which only the time is known (``call/s``)
"""

from __future__ import annotations

import datetime
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal
from unicodedata import category

import msgspec

from flopsbench.dtype import Unit
from flopsbench.errors import DocumentRejected
from flopsbench.host import environment
from flopsbench.host.cpu.names import cpu_model
from flopsbench.host.identity import this_hardware_key
from flopsbench.result.codec import check_version
from flopsbench.result.files import named, read_regular, write
from flopsbench.result.types import Dimension, Positive, Record, Seconds, Software, Version, significant
from flopsbench.stats import Interval
from flopsbench.text import utc
from flopsbench.track.suite.callable import Measurement

SCHEMA_VERSION = "1.1"
OBEYED = {"Cc", "Cf", "Cs", "Zl", "Zp"}  # the categories of what a terminal obeys; names of tests may hold any blank

Schema = Literal["flopsbench.pytest"]


class Spread(Record, frozen=True):
    """A Spread is a median with its 95 % interval over blocks."""

    median: Positive
    low: Positive
    high: Positive

    @property
    def interval(self) -> Interval:
        """Return the spread as an Interval, with the median as its estimate."""
        return Interval(self.median, self.low, self.high)


class Timing(Record, frozen=True):
    """A Timing is one measured test: seconds and work per call, and the rate over the ceilings around the blocks.

    ``flop`` is the work: operations, or bytes, or the 1 of a call whose work nobody has said, as the unit tells.
    ``name`` tells it from the other measurements of the same test; the test's key ends in it.
    """

    flop: Dimension
    median_s: Seconds
    low_s: Seconds
    high_s: Seconds
    blocks: Dimension
    unit: Unit = "FLOP/s"
    of_ceiling: Spread | None = None
    name: str | None = None

    @property
    def rate(self) -> Interval:
        """Return the rate in ``unit``, with its interval."""
        return Interval(self.flop / self.median_s, self.flop / self.high_s, self.flop / self.low_s)


class Baseline(Record, frozen=True):
    """A Baseline is the file: timings by test, "tests/test_gemm.py::test_matmul[64]".

    The name of a measurement stands after its test, where the test gave one.
    """

    schema: Schema
    schema_version: Version
    created: str
    hardware_key: str
    cpu: str
    software: Software
    tests: dict[str, Timing]


def timing(measurement: Measurement, name: str | None = None) -> Timing:
    """Return what a baseline keeps of a measurement, at a document's precision; raise ValueError for no rate."""
    seconds, share = measurement.seconds, measurement.of_ceiling
    if seconds is None:
        raise ValueError("nothing was measured")
    median_s, low_s, high_s = map(significant, seconds)
    return Timing(
        flop=measurement.amount,
        median_s=median_s,
        low_s=low_s,
        high_s=high_s,
        blocks=measurement.blocks,
        unit=measurement.unit,
        of_ceiling=share and Spread(*map(significant, share)),
        name=name,
    )


def baseline(tests: Mapping[str, Timing]) -> Baseline:
    """Return the baseline of this session on this machine; call it in the process that measured."""
    return Baseline(
        schema="flopsbench.pytest",
        schema_version=SCHEMA_VERSION,
        created=utc(datetime.datetime.now(datetime.UTC)),
        hardware_key=this_hardware_key(),
        cpu=cpu_model(),
        software=environment.software(),
        tests=dict(sorted(tests.items())),
    )


def save(saved: Baseline, path: Path) -> Path:
    """Write the file, whole or not at all; raise OSError when it cannot be written."""
    return write(path, msgspec.json.format(msgspec.json.encode(saved), indent=1) + b"\n")


def load(path: str | os.PathLike[str]) -> Baseline:
    """Read a baseline; raise DocumentRejected with the file's name and one sentence when it is none."""
    with named(path):
        return decode(read_regular(path))


def decode(document: bytes) -> Baseline:
    """Return the baseline in these bytes; raise DocumentRejected, saying where and why, for anything else."""
    try:
        check_version(msgspec.json.decode(document, type=_BaselineHead).schema_version, SCHEMA_VERSION)
        found = msgspec.json.decode(document, type=Baseline)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:  # a ValidationError is a DecodeError
        raise DocumentRejected(f"not a baseline written by --flops-save: {error}") from None
    for test, timed in found.tests.items():
        _check_test(test, timed)
    return found


class _BaselineHead(Record, frozen=True):
    """A _BaselineHead is what is looked at before the rest, so that a newer file is called newer and nothing else."""

    schema: Schema
    schema_version: Version


def _check_test(test: str, timed: Timing) -> None:
    """Raise DocumentRejected for a test with control characters or with a median outside its interval."""
    if any(category(char) in OBEYED for char in test):
        raise DocumentRejected(f"the test {test[:40]!r} holds control characters")
    shares = [timed.of_ceiling.interval] if timed.of_ceiling else []
    if any(not low <= median <= high for median, low, high in [(timed.median_s, timed.low_s, timed.high_s), *shares]):
        raise DocumentRejected(f"the test {test!r} has a median outside its interval")


def version_changes(before: Software, after: Software) -> Iterator[str]:
    """Yield the versions that changed, "numpy 2.3.1 -> 2.4.6": the first suspects of a changed rate."""
    old, new = ({"python": side.python, **side.versions} for side in (before, after))
    for library in dict.fromkeys([*old, *new]):
        if old.get(library) != new.get(library):
            yield f"{library} {old.get(library, 'none')} -> {new.get(library, 'none')}"
