"""Shows what a rate means on one screen: the unit, people, hardware, clusters, what is not known, and the sources."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from flopsbench.render.terminal.paragraph import Paragraph
from flopsbench.render.terminal.published.sources import Sources, is_second_hand
from flopsbench.render.terminal.published.trimmed import Trimmed
from flopsbench.render.terminal.scale import figure
from flopsbench.scale.aggregates import Aggregate, Statement
from flopsbench.scale.meaning import CHINAS_TOTAL, EXA, DeviceCount, Meaning, Reported
from flopsbench.scale.rules import formats, has_no_sparsity
from flopsbench.units import fixed, format_digits, format_rate, share
from flopsbench.words.catalogue import count, duration, phrase, precision

_DIGITS = 3
_SMALL = 0.01  # a smaller part of one device is said as 1 / so many
_MACHINES_SHOWN = 3  # machines of the registry, the fastest first
_PUBLISHED_SHOWN = 3  # totals of one value, the best known first
_LEAST_RATIO = 1.1  # a nameplate is not said to be so little more than another


def screen(meaning: Meaning, lang: str) -> RenderableType:
    """Return the screen; every figure carries the mark of its source, which stands at the end."""
    return _Screen(meaning, lang).whole()


class _Screen:
    """A _Screen makes the sections of one screen, which share the numbers of their sources."""

    def __init__(self, meaning: Meaning, lang: str) -> None:
        self.meaning, self.lang = meaning, lang
        self.sources = Sources(lang)
        self.rate_per_s, self.unit = meaning.rate.value_per_s, meaning.rate.unit
        self._in_clusters = any(map(_fills_clusters, meaning.devices))

    def whole(self) -> RenderableType:
        """Return all sections, without those that have nothing to say of this rate."""
        sections = (
            self._heading(),
            self._section("section_unit", [self._unit()]),
            self._section("section_people", self._people()),
            self._section(
                "section_clustered" if self._in_clusters else "section_hardware",
                self._hardware(),
            ),
            self._section("section_clusters", self._clusters()),
            self._section("section_supercomputers", self._supercomputers()),
            self._section("section_totals", self._beside_china()),
            self._section("section_open", self._unknown()),
            self._section("section_sources", [Paragraph(line, indent=4) for line in self.sources.lines()]),
            [Paragraph(self._more())],
        )
        return Trimmed(*(part for section in sections for part in section))

    def _say(self, key: str, **values: str) -> str:
        """Return a text of the catalogue in the language of the screen."""
        return phrase(self.lang, key, **values)

    def _count(self, value: float) -> str:
        """Return a count of devices, never finer than the rate."""
        total = self.meaning.total
        digits = min(_DIGITS, total.digits) if total else _DIGITS
        if value < _SMALL:
            return self._say("one_part", count=count(self.lang, 1 / value, digits))
        return count(self.lang, value, digits)

    def _section(self, key: str, parts: Sequence[RenderableType | str]) -> list[RenderableType]:
        """Return a section below its heading; nothing where it has no parts."""
        shown = [Paragraph(part) if isinstance(part, str) else part for part in parts]
        return [Paragraph(self._say(key), "bold"), Padding(Group(*shown), (0, 0, 0, 2))] if shown else []

    def _heading(self) -> list[RenderableType]:
        """Return the rate as it was written, with the prefix that fits, and the totals of this value."""
        scaled = format_rate(self.rate_per_s, self.unit)
        text = self.meaning.rate.text
        is_scaled = text.endswith(scaled.split()[1])
        parts: list[RenderableType] = [Text(text if is_scaled else f"{text} ({scaled})", "bold")]
        if published := self.meaning.published:
            told = list(map(self._quoted, published[:_PUBLISHED_SHOWN]))
            if left := len(published) - len(told):
                told.append(self._say("more_published", count=str(left)))
            parts.append(Paragraph(self._say("published_with_value", totals=self._say("and").join(told))))
        return parts

    def _quoted(self, total: Aggregate) -> str:
        """Return a published total as its source says it."""
        outlook = self._say(f"outlook_{total.outlook}") if total.outlook else ""
        as_written = _bare(total.quoted) == _bare(self.meaning.rate.text)
        if as_written and total.qualifier in ("exact", "forecast"):
            return outlook + total.name(self.lang) + self._cite(total)
        figure = self._quantity(total, self._say("this_value") if as_written else total.quoted)
        values = {"name": outlook + total.name(self.lang), "figure": figure}
        return self._say("quotes_total", **values, cite=self.sources.cite(total))

    def _quantity(self, total: Aggregate, printed: str) -> str:
        """Return a figure with what qualifies it: "more than 10"."""
        return self._say(f"quantity_{total.qualifier}", figure=printed)

    def _unit(self) -> str:
        """Return what the unit is, and the rate in words."""
        rung = self.meaning.quoted
        number = count(self.lang, self.rate_per_s, _DIGITS)
        flop = self.unit == "FLOP/s"
        if not rung.power_of_ten:
            return self._say("unit_flop_alone" if flop else "unit_op_alone", count=number)
        values = {"unit": rung.unit(self.unit), "power": str(rung.power_of_ten), "name": rung.name(self.lang)}
        return self._say("unit_flop" if flop else "unit_op", **values, count=number)

    def _people(self) -> list[str]:
        """Return how long people would need, and the article's slip where the rate is of its size."""
        keys = self.meaning.keys
        time = duration(self.lang, keys.seconds)
        if keys.people == 1:
            return [self._say("keys_one", time=time)]
        lines = [self._say("keys_and_population", keys=self._say("keys_world", time=time))]
        if analogy := self.meaning.analogy:
            lines.append(analogy.text(self.lang) + self._cite(analogy))
        return lines

    def _cite(self, source: Aggregate | Statement | str) -> str:
        """Return the mark of a source as it stands behind a sentence."""
        return self._say("cited", mark=self.sources.cite(source))

    def _hardware(self) -> list[RenderableType | str]:
        """Return the devices and what is to be known of their numbers, or why there are none."""
        if uncounted := self.meaning.uncounted:
            return [self._say("uncounted", reason=uncounted.text(self.lang))]
        notes = list(self._other_precisions())
        if self.meaning.is_hpl:
            notes.append(self._say("hpl_devices"))
        if not self.meaning.has_registry:
            notes.append(self._say("no_registry_here"))
        return [self._device_table(), *notes]

    def _device_table(self) -> RenderableType:
        """Return a line for every device: how many of it, how many clusters of it, its name, what one has."""
        devices = (*self.meaning.devices, *self.meaning.machines[:_MACHINES_SHOWN])
        grid = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="")
        grid.add_column(self._say("column_devices"), justify="right", no_wrap=True)
        if self._in_clusters:
            grid.add_column(self._say("column_clusters"), justify="right", no_wrap=True)
        grid.add_column()
        grid.add_column(self._say("column_each"), no_wrap=True)
        for device in devices:
            clusters = self._count(device.clusters) if _fills_clusters(device) else ""
            counts = [self._count(device.needed), *([clusters] if self._in_clusters else [])]
            grid.add_row(*counts, Paragraph(self._named(device)), Paragraph(self._each(device)))
        return grid

    def _named(self, device: DeviceCount) -> str:
        """Return what a device is called."""
        if device.basis == "share" and isinstance(device.source, Aggregate):
            return self._say("share_of_set", chips=str(device.source.chips))
        return device.name

    def _each(self, device: DeviceCount) -> str:
        """Return what one of a device has: its rate, the precision, whether that was measured, and its source."""
        rate = f"{format_rate(device.each_per_s, device.unit)} {precision(self.lang, device.precision)}"
        if device.basis == "measured":
            return self._say("each_measured", rate=rate, cite=self.sources.cite(self._say("registry_source")))
        if isinstance(device.source, str) and is_second_hand(device.source):
            return self._say("each_secondary", rate=rate)
        if device.basis == "nameplate" or not isinstance(device.source, Aggregate):
            return f"{rate} {self.sources.cite(device.source or '')}"
        of_set = device.source
        assumed = precision(self.lang, of_set.precision_or_assumed)
        more = self._say("set_source", figure=of_set.quoted, precision=assumed)
        return self._say("each_share", rate=rate, cite=self.sources.cite(of_set, more))

    def _other_precisions(self) -> list[str]:
        """Return how many of the first device it would be in other precisions."""
        if not self.meaning.other:
            return []
        numbers = [
            self._say("count_in", count=self._count(one.needed), precision=precision(self.lang, one.precision))
            for one in self.meaning.other
        ]
        return [
            self._say("other_precisions", name=self.meaning.other[0].name, counts=self._say("enumerated").join(numbers))
        ]

    def _clusters(self) -> list[str]:
        """Return what is reported of China's clusters, beside a rate that fills one."""
        reported = self.meaning.reported
        if reported is None:
            return []
        stated = [one for one in reported.named if one.precision != "unstated"]
        values = {
            "number": str(reported.number),
            "cite": self.sources.cite(reported.statement),
            "sizes": self._say("enumerated").join(map(self._sized, reported.named)),
            "stated": self._say("enumerated").join(_exa(one.rate.value_per_s) for one in stated),
            "median": _exa(reported.median_per_s),
            "mean": _exa(reported.mean_per_s),
        }
        return [self._say("clusters_reported", **values) + self._compared(reported)]

    def _sized(self, cluster: Aggregate) -> str:
        """Return the size of a named cluster with its bound, its precision where stated, and its source."""
        size = self._quantity(cluster, _exa(cluster.rate.value_per_s))
        stated = "" if cluster.precision == "unstated" else f" {precision(self.lang, cluster.precision)}"
        extent = (cluster.extent_en, cluster.extent_zh)
        covered = phrase(self.lang, "size_covers", extent=extent) if cluster.extent_en else ""
        return f"{size}{stated}{covered}{self._say('cited', mark=self.sources.cite(cluster, cluster.name(self.lang)))}"

    def _compared(self, reported: Reported) -> str:
        """Return what share of China's total all clusters would be; of another rate, how many of the median."""
        total = self.meaning.total
        if total is None or total.id != CHINAS_TOTAL:
            return self._say("clusters_times", times=self._count(self.rate_per_s / reported.median_per_s))
        low, high = reported.all_per_s()
        rates = {"low": format_digits(low / EXA, _DIGITS), "high": format_digits(high / EXA, _DIGITS)}
        shares = {"low_share": share(low / self.rate_per_s), "high_share": share(high / self.rate_per_s)}
        return self._say("clusters_share", **rates, **shares, total=total.quoted)

    def _supercomputers(self) -> list[str]:
        """Return how often Frontier's rate is in it, with the warning that the two do not count the same."""
        frontier = self.meaning.frontier
        fp64 = next((one for one in self.meaning.other if one.precision == "fp64"), None)
        if frontier is None or fp64 is None:
            return []
        nameplate = self.meaning.devices[0]
        ratio = nameplate.each_per_s / fp64.each_per_s
        values = {
            "times": self._count(self.rate_per_s / frontier.rate.value_per_s),
            "figure": format_rate(frontier.rate.value_per_s, self.unit, 4),
            "cite": self.sources.cite(frontier),
            "formats": formats(self.meaning.counted_in),
        }
        shown = {"board": nameplate.name, "ratio": format_digits(ratio, _DIGITS), "formats": values["formats"]}
        told = self._say("frontier_ratio", **shown) if ratio >= _LEAST_RATIO else ""
        return [self._say("frontier_warning", **values) + told]

    def _beside_china(self) -> list[str]:
        """Return how often the rate is in China's total."""
        chinas = self.meaning.chinas
        if chinas is None:
            return []
        times = chinas.rate.value_per_s / self.rate_per_s
        values = {"name": chinas.name(self.lang), "figure": figure(chinas, self.lang)}
        values |= {"cite": self.sources.cite(chinas)}
        if times >= 1:
            return [self._say("china_times", **values, times=self._count(times))]
        if times >= _SMALL:
            return [self._say("china_share", **values, share=share(times))]
        return [self._say("china_part", **values, part=self._count(times))]

    def _unknown(self) -> list[RenderableType]:
        """Return a line for everything that the total's source leaves open."""
        total = self.meaning.total
        told = list(self._open(total)) if total else [self._of_rate()]
        return [Paragraph(f"- {line}", indent=2) for line in told]

    def _of_rate(self) -> str:
        """Return what is not known of a rate that is taken for no total."""
        return self._say("open_which") if len(self.meaning.published) > 1 else self._say("open_of_rate")

    def _open(self, total: Aggregate) -> Iterator[str]:
        """Yield what the source of a total does not say."""
        if total.precision == "unstated":
            yield self._say("open_precision") + self._assumed(total)
        if total.precision_read == "secondary":
            yield self._say("open_label", precision=precision(self.lang, total.precision))
        if self.meaning.uncounted:
            yield self._say("open_mixed" if total.benchmark else "open_mixed_kinds")
        elif total.sparsity == "unstated" and not has_no_sparsity(total):
            yield self._say("open_sparsity")
        if total.basis == "unknown":
            yield self._say("open_basis")
        if total.qualifier == "at_least":
            yield self._say("open_bound")
        if total.as_of is None:
            yield self._say("open_date")

    def _assumed(self, total: Aggregate) -> str:
        """Return what is assumed of a total's precision, and why."""
        if total.assumed_precision is None:
            return ""
        why = (total.assumption_en, total.assumption_zh)
        return phrase(self.lang, "open_assumed", precision=precision(self.lang, total.assumed_precision), why=why)

    def _more(self) -> str:
        """Return what to ask next."""
        total = self.meaning.total
        return self._say("more_of_total", id=total.id) if total else self._say("more_of_rate")


def _fills_clusters(device: DeviceCount) -> bool:
    """Return whether a device is a card of which ten thousand or more make the rate."""
    return device.basis != "measured" and device.clusters >= 1


def _bare(quoted: str) -> str:
    """Return a rate as written, without blanks and in small letters."""
    return quoted.replace(" ", "").lower()


def _exa(rate_per_s: float) -> str:
    """Return a cluster's size in EFLOPS, to two decimals where it has them: "6.9", "5.76", "10"."""
    return fixed(rate_per_s / EXA, 2).rstrip("0").rstrip(".")
