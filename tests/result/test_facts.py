"""Tests that every field of a host, a device, the software and the tool is shown or left out for a reason."""

from __future__ import annotations

import typing
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from flopsbench.result.facts import FACTS, Fact, Told, facts, gibibytes, short_commit
from flopsbench.result.types import Blas, DeviceRecord, Host, Options, Record, Software, Tool, Virtualisation
from flopsbench.words.catalogue import WORDS
from tests.documents import device, host, result

# What no place shows as a fact, and why.
NOT_SHOWN = {
    Host: {
        "hardware_key": "it stands for the fields above it, and tells machines apart, not what they are",
        "machine_id": "tells whether two Results are of one machine; a reader has no use for it",
        "cpu.vendor": "part of the model's name",
        "memory.available_bytes": "changes from second to second, and no figure rests on it",
        "virtualisation.affinity": "the usable cores say what it leaves",
    },
    DeviceRecord: {
        "id": "what the facts stand under",
        "kind": "the first half of the id",
        "index": "the second half of the id",
        "vendor": "part of the name; boards have a column for it",
    },
    Software: {},
    Blas: {},
    Tool: {
        "name": "always flopsbench",
        "options": "shown as the command that repeats the run",
    },
}


def fields(record: type[Record], prefix: str = "") -> Iterator[str]:
    """Yield the path of every field of a type of record, those of the records in it instead of these."""
    hints = typing.get_type_hints(record)
    for field in msgspec.structs.fields(record):
        inner = next(filter(is_part, (hints[field.name], *typing.get_args(hints[field.name]))), None)
        listed = typing.get_origin(hints[field.name]) is list
        yield from fields(inner, f"{prefix}{field.name}.") if inner and not listed else [f"{prefix}{field.name}"]


def is_part(hint: Any) -> bool:
    """Whether a field holds a record that belongs to its own; what was asked for is one thing."""
    return isinstance(hint, type) and issubclass(hint, Record) and hint is not Options


def forgotten(record: type[Record]) -> set[str]:
    """The fields that are neither shown nor left out for a reason, and the paths that lead to no field."""
    return set(fields(record)) ^ {*(fact.path for fact in FACTS[record]), *NOT_SHOWN[record]}


@pytest.mark.parametrize("record", FACTS)
def test_every_field_is_shown_or_left_out_for_a_reason(record: type[Record]) -> None:
    assert not forgotten(record), "add a Fact, or say in NOT_SHOWN why it is not shown"
    assert not {fact.path for fact in FACTS[record]} & NOT_SHOWN[record].keys()


def test_a_new_field_is_not_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    class Faster(Virtualisation, frozen=True):
        turbo: bool | None = None

    assert "turbo" in set(fields(Faster))
    every = FACTS[Host]
    for i, fact in enumerate(every):
        rest = {Host: every[:i] + every[i + 1 :]}
        monkeypatch.setattr("tests.result.test_facts.FACTS", rest)
        assert forgotten(Host) == {fact.path}


def test_no_two_facts_of_a_record_share_a_label() -> None:
    for rows in FACTS.values():
        labels = [fact.label for fact in rows]
        assert len(set(labels)) == len(labels)


def test_every_word_of_the_table_stands_in_both_languages() -> None:
    for fact in (fact for rows in FACTS.values() for fact in rows):
        assert not fact.heading or fact.heading in WORDS
        assert not fact.phrase or fact.heading
        if fact.phrase and f"{fact.phrase}_on" not in WORDS:
            assert all("{value}" in text or "{count}" in text for text in WORDS[fact.phrase])


def shown(record: Record) -> list[tuple[str, str]]:
    return [(told.label, told.text) for told in facts(record)]


def test_what_is_known_is_told_and_nothing_else() -> None:
    assert shown(host(virtualisation=Virtualisation(quota_cpus=1.5), on_battery=True)) == [
        ("CPU", "AMD EPYC 9B14"),
        ("architecture", "x86_64"),
        ("usable cores", "8"),
        ("logical cores", "8"),
        ("memory, GiB", "32"),
        ("operating system", "Linux"),
        ("OS kernel", "6.8.0"),
        ("CPU quota", "1.5"),
        ("on battery", "on"),
    ]


def test_a_device_is_told_in_units_that_people_read() -> None:
    gpu = device(memory_bytes=80 << 30, power_limit_w=700.0, clock_max_hz=1.98e9, ecc=False, mig=True)
    told = {each.fact.path: each.whole for each in facts(gpu)}
    assert told["memory_bytes"] == "80 GiB"
    assert told["power_limit_w"] == "700 W"
    assert told["clock_max_hz"] == "1980 MHz"
    assert (told["ecc"], told["mig"]) == ("off", "on")


def test_each_version_and_each_setting_is_told_by_its_name() -> None:
    software = Software("3.12", {"numpy": "2.1"}, [Blas("mkl"), Blas("blis", "1.0", None, 4), Blas("mkl")], {"A": "1"})
    assert shown(software) == [
        ("python", "3.12"),
        ("numpy", "2.1"),
        ("BLAS", "blis 1.0 4 threads, mkl"),
        ("setting A", "1"),
    ]


def test_a_commit_is_told_short() -> None:
    assert shown(replace(result().tool, git_commit="1" * 40 + "+"))[1] == ("flopsbench commit", "1111111+")
    assert short_commit("abc") == "abc"


def test_memory_is_told_in_whole_gibibytes() -> None:
    assert [gibibytes(amount << 30) for amount in (24, 2048)] == ["24", "2048"]
    assert Told(Fact("x", "x", "GiB", gibibytes), 24 << 30).whole == "24 GiB"
