"""Loads published totals of compute, each with its date, its source and what that source does not state."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

from flopsbench.errors import UsageError
from flopsbench.scale.rate import ParsedRate, parse_rate
from flopsbench.units import format_rate, grouped
from flopsbench.words.catalogue import phrase
from flopsbench.words.reason import Reason

COUNT_UNITS = ("chips", "H100e")  # counts of devices, which are no rates
H100_EQUIVALENT = "h100-sxm"  # the accelerator that "H100e" counts, by its id in the table of datasheet peaks
# The totals that are shown unless another is asked for, the best known first.
HEADLINES = (
    "cn-miit-ai-2025",
    "cn-idc-ai-2024",
    "cn-miit-ai-2026h1",
    "cn-cmcc-harbin",
    "top500-202606-lineshine-rmax",
    "top500-202606-elcapitan-rmax",
    "top500-202606-frontier-rmax",
)

Precision = Literal["fp64", "fp32", "fp16", "fp8", "fp4", "int8/fp8", "mixed", "unstated"]
Verification = Literal["retrieved", "secondary"]  # whether the source itself was read, or another text that quotes it

DATA = Path(__file__).with_name("aggregates.json")
_DATE = re.compile(r"\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?|-Q[1-4]|-H[12])?", re.ASCII)


class Citation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A Citation says where a figure was published; ``via`` names the text it was read in where that is another.

    What ends in ``_zh`` is the Chinese of a name that is not the same in Chinese.
    """

    title: str
    publisher: str
    url: str | None = None
    published: str | None = None
    via: str | None = None
    title_zh: str | None = None
    publisher_zh: str | None = None
    via_zh: str | None = None

    def __post_init__(self) -> None:
        if self.url is not None and not self.url.startswith(("http://", "https://")):
            raise ValueError(f"{self.url!r} is not a web address")
        _check_date(self.published)

    def localized(self, lang: str) -> Citation:
        """Return the citation with its names in a language, as its ``title``, ``publisher`` and ``via``."""
        if lang != "zh":
            return self
        return msgspec.structs.replace(
            self,
            title=self.title_zh or self.title,
            publisher=self.publisher_zh or self.publisher,
            via=self.via_zh or self.via,
        )


class Aggregate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An Aggregate is a published total: ``value`` and ``unit`` as quoted, a rate or a count of devices.

    ``basis`` is "peak" (nameplate), "achieved" (a benchmark's) or "unknown"; ``as_of`` the time it describes.
    ``assumed_precision`` is what to assume where the source states none, for the reason beside it. ``precision_read``
    is "secondary" where only another text labels the figure with its precision. ``extent`` says what it covers, where
    that is more than its kind.
    """

    id: str
    name_en: str
    name_zh: str
    value: str
    unit: str
    qualifier: Literal["exact", "approx", "at_least", "up_to", "forecast"]
    op_kind: Literal["flop", "op"]
    precision: Precision
    sparsity: Literal["dense", "sparse", "unstated"]
    basis: Literal["peak", "achieved", "unknown"]
    kind: Literal["national", "operator", "machine", "cluster", "target"]
    scope: str
    source: Citation
    quote: str
    verification: Verification
    confidence: Literal["high", "medium", "low"]
    as_of: str | None = None
    series: str | None = None
    chips: int | None = None
    benchmark: Literal["HPL", "HPL-MxP"] | None = None
    precision_read: Verification = "retrieved"
    assumed_precision: Literal["fp64", "fp32", "fp16", "fp8"] | None = None
    assumption_en: str = ""
    assumption_zh: str = ""
    extent_en: str = ""
    extent_zh: str = ""
    notes_en: str = ""
    notes_zh: str = ""

    def __post_init__(self) -> None:
        _check_date(self.as_of)
        for one in ("notes", "extent"):
            if bool(getattr(self, f"{one}_en")) != bool(getattr(self, f"{one}_zh")):
                raise ValueError(f"{self.id}: {one} stand in both languages or in none")
        if self.assumed_precision and not (self.assumption_en and self.assumption_zh):
            raise ValueError(f"{self.id}: an assumption needs its reason")
        try:
            int(self.value) if self.is_count else parse_rate(self.quoted)
        except UsageError as error:  # the data is wrong, not the user
            raise ValueError(f"{self.id}: {error}") from None

    @property
    def is_count(self) -> bool:
        """Return whether the total counts devices and is no rate."""
        return self.unit in COUNT_UNITS

    @property
    def quoted(self) -> str:
        """Return the value and the unit as the source gives them."""
        return f"{self.value} {self.unit}"

    @property
    def rate(self) -> ParsedRate:
        """Return the total as a rate; raise UsageError for a count of devices."""
        return parse_rate(self.quoted)

    @property
    def precision_or_assumed(self) -> str:
        """Return the precision that the source states, else the one to assume, else "unstated"."""
        return (self.assumed_precision or "unstated") if self.precision == "unstated" else self.precision

    @property
    def digits(self) -> int:
        """Return the number of significant digits of the source's figure."""
        return len(self.value.rstrip("0")) if self.is_count else self.rate.digits

    @property
    def outlook(self) -> Literal["target", "forecast"] | None:
        """Return whether the total is a target or a forecast; None for one that exists."""
        if self.qualifier == "forecast":
            return "forecast"
        return "target" if self.kind == "target" else None

    def name(self, lang: str) -> str:
        """Return the total's name in English or Chinese."""
        return self.name_zh if lang == "zh" else self.name_en

    def printed(self, lang: str = "en") -> str:
        """Return the figure as quoted, with the prefix that fits beside it: "1590 EFLOPS (1.59 ZFLOPS)"."""
        if self.is_count:
            return phrase(lang, f"counted_{self.unit}", count=grouped(int(self.value)))
        scaled = format_rate(self.rate.value_per_s, self.rate.unit)
        return self.quoted if scaled.split()[1] == self.unit else f"{self.quoted} ({scaled})"


class Statement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A Statement is a published figure or definition that is no total; ``correction`` says where it is wrong.

    ``value`` is in words, with its unit; ``number`` is the count that it says, where something is computed from it.
    ``as_of`` is the time that it describes, ``said_on`` the day on which it was said.
    """

    id: str
    value_en: str
    value_zh: str
    text_en: str
    text_zh: str
    quote: str
    source: Citation
    number: int | None = None
    as_of: str | None = None
    said_on: str | None = None
    names: tuple[str, ...] = ()
    correction_en: str = ""
    correction_zh: str = ""
    verification: Verification = "retrieved"

    def __post_init__(self) -> None:
        _check_date(self.as_of)
        _check_date(self.said_on)

    def value(self, lang: str) -> str:
        """Return what it says, in a language."""
        return self.value_zh if lang == "zh" else self.value_en

    def text(self, lang: str) -> str:
        """Return the statement in a language, with its correction where it is wrong."""
        texts = (self.text_zh, self.correction_zh) if lang == "zh" else (self.text_en, self.correction_en)
        return (" " if lang == "en" else "").join(filter(None, texts))


class _AggregatesFile(msgspec.Struct, forbid_unknown_fields=True):
    """_AggregatesFile is the shipped file: the date on which it was compiled, totals and statements."""

    compiled: str
    aggregates: tuple[Aggregate, ...]
    statements: tuple[Statement, ...]

    def __post_init__(self) -> None:
        ids = [total.id for total in self.aggregates] + [statement.id for statement in self.statements]
        if len(set(ids)) < len(ids):
            raise ValueError("an id stands twice")


@cache
def _load() -> _AggregatesFile:
    """Return the shipped file."""
    return decode(DATA.read_bytes())


def decode(document: bytes) -> _AggregatesFile:
    """Return the totals and statements of a JSON document; raise msgspec.ValidationError where one is not sound."""
    return msgspec.json.decode(document, type=_AggregatesFile)


def load_aggregates() -> tuple[Aggregate, ...]:
    """Return every published total that is shipped."""
    return _load().aggregates


def load_statements() -> tuple[Statement, ...]:
    """Return every shipped figure or definition that is no total."""
    return _load().statements


def aggregate(aggregate_id: str) -> Aggregate:
    """Return the total with that id; raise UsageError naming the nearest ones."""
    by_id = {entry.id: entry for entry in load_aggregates()}
    if aggregate_id not in by_id:
        raise UsageError(Reason("no_published_total", id=repr(aggregate_id), hint=_hint(aggregate_id, by_id)))
    return by_id[aggregate_id]


def figure(figure_id: str) -> Aggregate | Statement:
    """Return the total or the statement with that id; raise UsageError naming the nearest ones."""
    entries: tuple[Aggregate | Statement, ...] = (*load_aggregates(), *load_statements())
    by_id = {entry.id: entry for entry in entries}
    if figure_id not in by_id:
        raise UsageError(Reason("no_published_figure", id=repr(figure_id), hint=_hint(figure_id, by_id)))
    return by_id[figure_id]


def _hint(entry_id: str, known: Iterable[str]) -> Reason:
    """Return where to look for what no entry has the id of: at the nearest ids, else at all."""
    near = get_close_matches(entry_id, list(known), n=3, cutoff=0.4)
    return Reason("did_you_mean", near=", ".join(near)) if near else Reason("see_scale_list")


def _check_date(date: str | None) -> None:
    """Raise ValueError for a date that is written in no known way."""
    if date is not None and not _DATE.fullmatch(date):
        raise ValueError(f"{date!r} is not a date like 2025, 2025-06, 2025-06-30, 2025-Q4 or 2025-H1")
