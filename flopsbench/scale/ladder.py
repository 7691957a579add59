"""Places a rate on a ladder whose rungs are a thousandfold apart, with published figures on each rung."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from flopsbench.peaks.datasheet import datasheet_peak, load_accelerators
from flopsbench.scale.aggregates import Aggregate, aggregate
from flopsbench.scale.rules import family
from flopsbench.units import PREFIXES, format_rate, prefix_index, printed_unit

WORLD_POPULATION = 8_000_000_000  # reached in November 2022 by the United Nations' estimate


@dataclass(frozen=True, slots=True)
class Rung:
    """A Rung is a step of the ladder: a prefix, its power of ten, and that many operations per second in words."""

    prefix: str
    power_of_ten: int
    name_en: str
    name_zh: str

    def unit(self, unit: str) -> str:
        """Return the unit in which a rate on this rung is printed: TFLOPS, or TOPS for OP/s."""
        return printed_unit(self.prefix, unit)

    def name(self, lang: str) -> str:
        """Return the rung's operations per second in words."""
        return self.name_zh if lang == "zh" else self.name_en


_NAMES = (
    ("one", "一次"),  # the lowest rung, for rates below a thousand per second
    ("thousand", "千次"),
    ("million", "百万次"),
    ("billion", "十亿次"),
    ("trillion", "万亿次"),
    ("quadrillion", "千万亿次"),
    ("quintillion", "百亿亿次"),
    ("sextillion", "十万亿亿次"),
    ("septillion", "亿亿亿次"),
    ("octillion", "千亿亿亿次"),
    ("nonillion", "百万亿亿亿次"),
)
RUNGS = tuple(Rung(prefix, 3 * i, *_NAMES[i]) for i, prefix in enumerate(PREFIXES))


@dataclass(frozen=True, slots=True)
class Mark:
    """A Mark is a rate to be shown on the ladder, with the words beside it.

    ``precision`` is the dtype or format that it counts in, empty for a rate of which that is not known; ``source`` the
    id of the Result that measured it, empty for any other.
    """

    label: str
    rate_per_s: float
    unit: str = "FLOP/s"
    precision: str = ""
    source: str = ""

    def printed(self) -> str:
        """Return the rate with the prefix that fits."""
        return format_rate(self.rate_per_s, self.unit)


@dataclass(frozen=True, slots=True)
class Landmark:
    """A Landmark is a published figure on a rung, with the precision it counts in and its source."""

    id: str
    mark: Mark
    precision: str
    source: str


def rung_of(rate_per_s: float) -> Rung:
    """Return the rung a rate is printed on; rates below a thousand per second are on the lowest, without prefix."""
    return RUNGS[prefix_index(rate_per_s)]


def neighbours(rung: Rung) -> tuple[Rung | None, Rung | None]:
    """Return the rung below and the rung above; None at either end."""
    i = RUNGS.index(rung)
    return (RUNGS[i - 1] if i else None), (RUNGS[i + 1] if i + 1 < len(RUNGS) else None)


# What readers may know, so that each rung from T to Z has something in 16 bit.
_DEVICES = ("rtx-4090", "h200-sxm", "b200-sxm")
_TOTALS = (
    "cn-cloudmatrix384",
    "cn-cmcc-harbin",
    "cn-idc-ai-2024",
    "cn-miit-ai-2025",
    "cn-nda-total-2024",
    "top500-202606-frontier-rmax",
    "top500-202606-lineshine-rmax",
)
_COLUMNS = {"fp16": "bf16"}  # a family by the name of the format that every datasheet states
USUAL_FAMILY = "fp16"


def landmarks(rung: Rung, precision: str = USUAL_FAMILY, lang: str = "en") -> list[Landmark]:
    """Return the published figures on a rung that count in a precision, or in another format of its width."""
    return [one for one in _known(family(precision), lang) if rung_of(one.mark.rate_per_s) == rung]


def ladder_family(marks: Iterable[Mark]) -> str:
    """Return the family of formats in which a ladder shows marks: of theirs that with most marks and landmarks."""
    families = [family(mark.precision) for mark in marks if mark.precision]
    entries = {one: families.count(one) + len(_known(one, "en")) for one in dict.fromkeys(families)}
    return max(entries, key=lambda one: entries[one], default=USUAL_FAMILY)


def column(counted_in: str) -> str:
    """Return the dtype in which datasheets state the peak of a family of formats."""
    return _COLUMNS.get(counted_in, counted_in)


def _known(counted_in: str, lang: str) -> list[Landmark]:
    """Return the landmarks of a family of formats."""
    devices = (_device(one, column(counted_in)) for one in _DEVICES)
    totals = (aggregate(one) for one in _TOTALS)
    stated = [_total(total, lang) for total in totals if family(total.precision_or_assumed) == counted_in]
    return [*(device for device in devices if device), *stated]


def _device(accelerator_id: str, dtype_name: str) -> Landmark | None:
    """Return an accelerator's dense datasheet peak as a landmark; None where its datasheet does not state the dtype."""
    accelerator = load_accelerators()[accelerator_id]
    peak = datasheet_peak(accelerator.names_seen[0], dtype_name)
    if peak is None:
        return None
    return Landmark(
        accelerator_id, Mark(accelerator.name, peak.rate_per_s, peak.unit, dtype_name), dtype_name, peak.source
    )


def _total(total: Aggregate, lang: str) -> Landmark:
    """Return a published total as a landmark."""
    mark = Mark(total.name(lang), total.rate.value_per_s, total.rate.unit, total.precision_or_assumed)
    return Landmark(total.id, mark, total.precision, total.source.localized(lang).title)


@dataclass(frozen=True, slots=True)
class KeyPresses:
    """KeyPresses is how many seconds ``people`` need for one second of a rate, at one calculation per second each."""

    people: int
    seconds: float


def key_presses(rate_per_s: float) -> KeyPresses:
    """Count key presses by all 8 billion people for rates that keep them busy for a minute, else by one person."""
    people = WORLD_POPULATION if rate_per_s >= 60 * WORLD_POPULATION else 1
    return KeyPresses(people, rate_per_s / people)
