"""Shows one series of a history: its chart, its levels with what changed when each began, and every point."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from markupsafe import Markup, escape

from flopsbench.render.charts import svg
from flopsbench.render.charts.text import limits
from flopsbench.render.html import cells
from flopsbench.render.terminal.comparison import how_to_accept, percent, word
from flopsbench.result.keys import case_title
from flopsbench.site.history.repository import linked_commit
from flopsbench.stats import median_interval
from flopsbench.track.comparison import Change
from flopsbench.track.history.changepoint import Segment
from flopsbench.track.history.commits import Commits
from flopsbench.track.history.judge import JudgedSeries, accepted_as, machine_name
from flopsbench.track.history.series import Point
from flopsbench.units import CALLS
from flopsbench.words.catalogue import LANGUAGES
from flopsbench.words.pages import TEXTS, both, shown

ADDRESS_DIGITS = 16


@dataclass(frozen=True)
class SeriesPage:
    """A SeriesPage is what the pages say of one series: ``change`` is what was decided."""

    judged: JudgedSeries
    change: Change
    commits: Commits
    repository: str | None

    @cached_property
    def address(self) -> str:
        """Return the name of its page, which stays the same as long as the series goes on."""
        text = "\n".join(self.judged.series.place)
        return f"series/{hashlib.sha256(text.encode()).hexdigest()[:ADDRESS_DIGITS]}.html"

    @property
    def title(self) -> str:
        """Return the case or the call in short."""
        return case_title(self.judged.series.case)

    @property
    def machine(self) -> str:
        """Return the machine in few words."""
        return machine_name(self.judged.series)

    @property
    def points(self) -> list[Point]:
        """Return its points, oldest first."""
        return self.judged.series.points

    @property
    def verdict(self) -> Markup:
        """Return the verdict in both languages."""
        return verdict_of(self.change)

    @property
    def reason(self) -> Markup:
        """Return why, where there is more to say."""
        return shown(self.change.reason or "")

    @property
    def level_now(self) -> str:
        """Return the level that the series has now."""
        return self._rate(math.exp(self.judged.last.level), 4)

    @property
    def now_per_s(self) -> float:
        """Return the same as a number, to sort by."""
        return math.exp(self.judged.last.level)

    @property
    def last_change(self) -> Markup:
        """Return the size of the last change of level, and when that was; a dash where it never changed."""
        if len(self.judged.segments) < 2:
            return Markup(cells.NONE)
        segment = self.judged.last
        when = self.when(self.points[segment.start])
        return Markup("{}<br><small>{}</small>").format(self._step(segment), when)

    @cached_property
    def levels(self) -> list[svg.Level]:
        """Return its levels as charts draw them, each with the interval of its median."""
        return [self._level(number, segment) for number, segment in enumerate(self.judged.segments)]

    @property
    def chart(self) -> Markup:
        """Return the chart of all points, levels and changes."""
        unit = self.judged.series.unit
        dots = [self._dot(number, point) for number, point in enumerate(self.points)]
        reach = sorted(self._drawn(math.exp(end)) for end in limits(self.judged))
        days = self.points[0].day, self.points[-1].day
        return svg.levels(
            dots, self.levels, (reach[0], reach[1]), days, svg.SECONDS if unit == CALLS else unit, "chart"
        )

    @property
    def trend(self) -> Markup:
        """Return the chart of its levels alone."""
        return svg.trend(self.levels)

    @property
    def is_of_times(self) -> bool:
        """Return whether what is shown are times, of which the lower is the faster."""
        return self.judged.series.unit == CALLS

    @property
    def facts(self) -> list[tuple[str, str]]:
        """Return what all its points have in common."""
        return [(name, value) for name, value in self.judged.series.keys.items() if value]

    @property
    def level_rows(self) -> Markup:
        """Return a row for each level, the newest first: since when it holds, how high it is, what changed."""
        rows = [self._level_row(number, segment) for number, segment in enumerate(self.judged.segments)]
        return Markup("\n").join(reversed(rows))

    @property
    def point_rows(self) -> Markup:
        """Return a row for each point, the newest first."""
        return Markup("\n").join(self._point_row(point) for point in reversed(self.points))

    def when(self, point: Point) -> Markup:
        """Return the day of a point, with its commit where it has one."""
        if point.commit is None:
            return escape(point.day)
        return Markup("{} {}").format(point.day, linked_commit(point.commit, self.repository))

    def _rate(self, per_s: float, digits: int = 3) -> str:
        """Return a rate of the series, or the time of a call."""
        return cells.rate(per_s, self.judged.series.unit, digits)

    def _drawn(self, per_s: float) -> float:
        """Return what a chart shows of a rate: of calls the seconds."""
        return 1 / per_s if self.is_of_times else per_s

    def _dot(self, number: int, point: Point) -> svg.Dot:
        """Return the mark of a point."""
        low, high = sorted((self._drawn(point.low_per_s), self._drawn(point.high_per_s)))
        return svg.Dot(number, self._drawn(point.rate_per_s), low, high)

    def _level(self, number: int, segment: Segment) -> svg.Level:
        """Return a level as charts draw it."""
        ends = sorted(map(self._drawn, self._interval(segment)))
        kind = self._kind(segment) if number else "first"
        return svg.Level(segment.start, segment.stop, self._drawn(math.exp(segment.level)), ends[0], ends[1], kind)

    def _interval(self, segment: Segment) -> tuple[float, float]:
        """Return the interval of the median of a segment's rates."""
        found = median_interval([point.rate_per_s for point in self.points[segment.start : segment.stop]])
        return found.low, found.high

    def _kind(self, segment: Segment) -> str:
        """Return what the change is that a segment begins with."""
        if segment in self.judged.accepted:
            return "accepted"
        if self.judged.range_of(segment).faster:
            return "faster"
        return "slower" if segment == self.judged.fallen else "other"

    def _step(self, segment: Segment) -> str:
        """Return by how much a segment lies above or below the one before it."""
        before = self.judged.segments[self.judged.segments.index(segment) - 1]
        return percent(math.expm1(segment.level - before.level))

    def _level_row(self, number: int, segment: Segment) -> Markup:
        """Return the row of a level."""
        row = (
            '<tr><th scope="row">{}</th><td class="date">{}</td>{}<td class="range">{}</td>'
            '<td class="number">{}</td><td>{}</td></tr>'
        )
        return Markup(row).format(
            number or cells.NONE,
            self.when(self.points[segment.start]),
            _number(math.exp(segment.level), self._rate(math.exp(segment.level), 4)),
            cells.interval(*self._interval(segment), self.judged.series.unit),
            self._step(segment) if number else cells.NONE,
            _listed(self._told(segment)) if number else cells.NONE,
        )

    def _told(self, segment: Segment) -> Iterator[Markup]:
        """Yield what is known of the beginning of a segment."""
        where = self.judged.range_of(segment)
        if where.good and where.bad:
            good, bad = (linked_commit(each, self.repository) for each in (where.good, where.bad))
            yield Markup("{}..{}").format(good, bad)
        yield from map(shown, self.judged.told(segment, self.commits))
        if not self.judged.differences(segment):
            yield TEXTS["history_same_environment"]
        if ack := self.judged.accepted.get(segment):
            yield shown(accepted_as(ack))
        elif segment == self.judged.fallen:
            yield shown(how_to_accept(self.judged.id_of(segment)))

    def _point_row(self, point: Point) -> Markup:
        """Return the row of a point."""
        row = '<tr><th scope="row" class="date">{}</th>{}<td class="range">{}</td><td class="number">{}</td></tr>'
        return Markup(row).format(
            self.when(point),
            _number(point.rate_per_s, self._rate(point.rate_per_s, 4)),
            cells.interval(point.low_per_s, point.high_per_s, self.judged.series.unit),
            len(point.results),
        )


def verdict_of(change: Change) -> Markup:
    """Return the verdict on a case in both languages."""
    english, chinese = (word(change.verdict, lang) for lang in LANGUAGES)
    return both(english, chinese)


def _number(value: float, told: str) -> Markup:
    """Return a cell that is sorted by its number."""
    return Markup('<td class="number" data-value="{}"><strong>{}</strong></td>').format(repr(value), told)


def _listed(lines: Iterator[Markup]) -> Markup:
    """Return lines as a list."""
    return Markup("<ul>{}</ul>").format(Markup("").join(Markup("<li>{}</li>").format(line) for line in lines))
