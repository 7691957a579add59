"""Tests the file of a test suite: what is written is read back, and nothing else is taken for one."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopsbench.errors import DocumentRejected
from flopsbench.host import environment
from flopsbench.host.identity import this_hardware_key
from flopsbench.result.types import Rate, Software
from flopsbench.stats import Interval
from flopsbench.track.suite import baseline
from flopsbench.track.suite.baseline import Baseline, Spread, Timing
from flopsbench.track.suite.callable import Measurement

TIMING = Timing(flop=2000, median_s=1e-3, low_s=0.9e-3, high_s=1.2e-3, blocks=10)


def written(**changes) -> Baseline:
    document = baseline.baseline({"t.py::test_a": TIMING})
    return msgspec.structs.replace(document, **changes)


def encoded(**changes) -> bytes:
    return msgspec.json.encode(msgspec.to_builtins(written()) | changes)


def test_a_file_is_read_as_it_was_written(tmp_path):
    document = written()
    assert baseline.load(baseline.save(document, tmp_path / "new" / "b.json")) == document


positive = st.floats(1e-12, 1e9).map(lambda value: float(f"{value:.6g}"))
spreads = st.lists(positive, min_size=3, max_size=3).map(sorted)
names = st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]), min_size=1)


@st.composite
def timings(draw) -> Timing:
    low, median, high = draw(spreads)
    share = draw(st.none() | spreads)
    return Timing(
        flop=draw(st.integers(1, 2**63 - 1)),
        median_s=median,
        low_s=low,
        high_s=high,
        blocks=draw(st.integers(1, 60)),
        of_ceiling=share and Spread(share[1], share[0], share[2]),
        name=draw(st.none() | names),
    )


@pytest.mark.slow
@given(st.dictionaries(names, timings(), max_size=3))
def test_every_set_of_tests_survives_the_file(tests):
    document = written(tests=tests)
    assert baseline.decode(msgspec.json.encode(document)) == document


@given(st.binary(max_size=200))
def test_whatever_is_in_a_file_it_is_read_or_rejected(document):
    with pytest.raises(DocumentRejected):
        baseline.decode(document)


@pytest.mark.slow
@given(st.data())
def test_a_file_cut_short_is_rejected(data):
    whole = encoded()
    with pytest.raises(DocumentRejected):
        baseline.decode(whole[: data.draw(st.integers(0, len(whole) - 1))])


@pytest.mark.parametrize(
    ("document", "why"),
    [
        (b"", "not a baseline written by --flops-save"),
        (b"[]", "not a baseline"),
        (b'{"schema": "flopsbench.result", "schema_version": "1.0"}', "Invalid enum value 'flopsbench.result'"),
        (b'{"schema": "flopsbench.pytest", "schema_version": "2.0"}', "newer than the 1.1 this program reads"),
        (b'{"schema": "flopsbench.pytest", "schema_version": "1"}', "schema_version"),
        (encoded(tests={"a": {"flop": 1, "median_s": 0, "low_s": 1, "high_s": 1, "blocks": 1}}), "median_s"),
        (encoded(tests={"a": {"flop": 0, "median_s": 1, "low_s": 1, "high_s": 1, "blocks": 1}}), "flop"),
        (
            encoded(tests={"a": {"flop": 1, "median_s": 3, "low_s": 1, "high_s": 2, "blocks": 1}}),
            "outside its interval",
        ),
        (encoded(tests={"a\x1b[2J": msgspec.to_builtins(TIMING)}), "control characters"),
        (encoded().replace(b"0.001", b"NaN"), "not a baseline"),
    ],
)
def test_what_is_no_baseline_is_rejected_with_the_reason(document, why):
    with pytest.raises(DocumentRejected, match=why):
        baseline.decode(document)


def test_a_newer_minor_version_with_unknown_fields_is_read():
    assert baseline.decode(encoded(schema_version="1.7", mood="good")).tests == {"t.py::test_a": TIMING}


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(DocumentRejected, match=r"none\.json: cannot be read: No such file"):
        baseline.load(tmp_path / "none.json")


def test_the_key_of_the_machine_is_the_one_results_carry():
    assert this_hardware_key() == environment.host().hardware_key


def test_what_is_kept_of_a_measurement_gives_its_rate_again():
    rate = Rate(median=2e9, low=1e9, high=4e9, best=5e9, basis="blocks")
    kept = baseline.timing(Measurement(1000, rate=rate, blocks=12, of_ceiling=Interval(0.5, 0.4, 0.6)), "backward")
    assert kept.rate == Interval(2e9, 1e9, 4e9)
    assert kept.of_ceiling == Spread(0.5, 0.4, 0.6)
    assert kept.name == "backward"


def test_a_measurement_without_a_rate_is_not_kept():
    with pytest.raises(ValueError, match="nothing was measured"):
        baseline.timing(Measurement(1000))


def test_changed_versions_are_told_and_equal_ones_are_not():
    before = Software(python="3.11.7", versions={"numpy": "2.3.1", "torch": "2.6.0"})
    after = Software(python="3.12.1", versions={"numpy": "2.3.1", "cupy-cuda12x": "13.3"})
    told = list(baseline.version_changes(before, after))
    assert told == ["python 3.11.7 -> 3.12.1", "torch 2.6.0 -> none", "cupy-cuda12x none -> 13.3"]
