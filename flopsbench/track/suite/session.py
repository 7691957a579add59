"""Keeps the measured tests of one pytest session: what each gave, and which tests of the baseline gave nothing."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from flopsbench.errors import DocumentRejected
from flopsbench.host.identity import this_hardware_key
from flopsbench.result.types import Record
from flopsbench.track.comparison import Change
from flopsbench.track.suite.baseline import Timing, load, timing
from flopsbench.track.suite.callable import Measurement
from flopsbench.track.suite.gate import LEAST_USE, Gate, least_called


class SuiteRow(Record, frozen=True):
    """A SuiteRow is one measurement: the test with the measurement's name, what it took, and how that compares."""

    test: str
    timing: Timing
    change: Change | None = None
    note: str | None = None


class Selection(NamedTuple):
    """A Selection says which tests a session was asked for, as far as pytest tells.

    ``selected`` and ``deselected`` are node ids, ``files`` the files that were collected, ``folders`` the places given
    on the command line or by the configuration. ``narrowed`` is whether -k, -m or a test's own id chose among them.
    """

    root: Path
    selected: Collection[str]
    deselected: Collection[str]
    files: Collection[str]
    folders: Collection[Path]
    narrowed: bool


class MissingTest(NamedTuple):
    """A MissingTest is a test of the baseline that gave no rate in this session, and why that counts."""

    test: str
    reason: str


@dataclass(slots=True)
class Suite:
    """A Suite is the rows of a session, by test, and the gate they are held against.

    ``passed`` are the rows whose test passed.

    ``absent`` are tests of the baseline that should have given a rate and gave none; ``not_selected`` counts those that
    this session was not asked for.
    """

    gate: Gate | None = None
    rows: dict[str, SuiteRow] = field(default_factory=dict)
    passed: set[str] = field(default_factory=set)
    absent: list[MissingTest] = field(default_factory=list)
    not_selected: int = 0

    def measure_and_judge(
        self, test: str, name: str | None, measure: Callable[[], Measurement]
    ) -> tuple[Measurement, SuiteRow]:
        """Measure a test, and compare it where there is a gate; a regression needs a second measurement that agrees."""
        measurement, row = self._once(test, name, measure)
        if row.change is None or row.change.verdict != "regression":
            return measurement, row
        again, second = self._once(test, name, measure)
        if second.change and second.change.verdict != "regression":
            reason = f"first {row.change.reason}; measured again at once: {second.change.reason}"
            second = replace(second, change=replace(second.change, verdict="inconclusive", reason=reason))
        return again, second

    def _once(self, test: str, name: str | None, measure: Callable[[], Measurement]) -> tuple[Measurement, SuiteRow]:
        """Measure once, and judge the measurement where there is a gate."""
        measurement = measure()
        timed = timing(measurement, name)
        return measurement, SuiteRow(test, timed, self.gate.judge(test, timed) if self.gate else None, measurement.note)

    def take(self, row: SuiteRow, passed: bool) -> None:
        """Remember a measurement; of a test that ran twice the last counts."""
        self.rows[row.test] = row
        (self.passed.add if passed else self.passed.discard)(row.test)

    def saved(self) -> dict[str, Timing]:
        """Return what a baseline of this session holds: a test that failed has no rate worth keeping.

        One that is too unsure to call even a test of half the rate would only look like a gate.
        """
        return {
            test: row.timing
            for test, row in self.rows.items()
            if test in self.passed and least_called(row.timing) < LEAST_USE
        }

    def unsure(self) -> dict[str, Timing]:
        """Return the tests that passed and are too unsure for a baseline."""
        saved = self.saved()
        return {test: row.timing for test, row in self.rows.items() if test in self.passed and test not in saved}

    def kept(self, file: Path) -> dict[str, Timing]:
        """Return what an earlier baseline of this machine holds of tests that have no rate to keep in this session.

        A test that became slower and failed would otherwise be missing from the baseline that tells.
        """
        try:
            earlier = load(file)
        except DocumentRejected:  # there is none, or something else lies there
            return {}
        if earlier.hardware_key != this_hardware_key():
            return {}
        saved = self.saved()
        return {test: timed for test, timed in earlier.tests.items() if test not in saved}

    def close(self, selection: Selection) -> None:
        """Find the tests of the baseline that gave no rate."""
        for test, base in self.gate.baseline.tests.items() if self.gate else ():
            if test in self.rows:
                continue
            reason = why_absent(node_of(test, base), selection)
            if reason:
                self.absent.append(MissingTest(test, reason))
            else:
                self.not_selected += 1

    @property
    def fails(self) -> bool:
        """Return whether tests that gave no rate fail the session."""
        return bool(self.gate and self.absent and "missing" in self.gate.fail_on)


def measurement_key(node_id: str, name: str | None) -> str:
    """Return the key of a measurement: its test, and its name where it has one."""
    return f"{node_id} {name}" if name else node_id


def node_of(test: str, timed: Timing) -> str:
    """Return the id of the test that a measurement belongs to: its key without the measurement's name."""
    return test.removesuffix(f" {timed.name}") if timed.name else test


def why_absent(node_id: str, selection: Selection) -> str | None:
    """Return why a test of the baseline that gave no rate counts as missing; None where it was not asked for.

    A test that was deselected, or lies outside the paths given, is not missing. One that cannot be found is missing
    only where nothing narrowed the selection: with -k, -m or the id of a test nobody can tell whether it was meant.
    A file that exists and was not collected was left out on purpose (--ignore, --last-failed) or is its own error.
    """
    file = node_id.partition("::")[0]
    if node_id in selection.deselected:
        return None
    if node_id in selection.selected:
        return "it was selected and gave no rate: skipped, failed, never reached, or flops was not called"
    if selection.narrowed:
        return None
    if file in selection.files:
        return f"it is no longer in {file}: removed or renamed"
    path = selection.root / file
    if not path.exists() and any(path.is_relative_to(folder) for folder in selection.folders):
        return f"{file} is gone"
    return None
