"""Draws charts as SVG when the site is built: no script draws, and the same data gives the same bytes.

Nothing is scaled down on a phone. Horizontal positions are shares of the width (percentages, or an inner drawing that
stretches while its strokes do not), vertical positions are pixels, and letters keep their size. Charts have no colours
of their own: classes name what a mark is, and the stylesheet says how that looks in light and dark. A table on the same
page holds the figures that a chart shows; the chart is an image named by its caption (``caption`` is an id).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

import msgspec
from markupsafe import Markup, escape

from flopsbench.render.charts.scale import PARTS, Scale, decades, from_zero, percent_of_width, round_step
from flopsbench.render.html.cells import rate, short
from flopsbench.units import PREFIXES, duration_beside, fixed, general, printed_unit

LABEL_COLUMNS = 36  # as many fit above a bar, beside its figure, on a phone
TIMELINE_HEIGHT, TIMELINE_FOOT = 150, 20
LEVELS_HEIGHT = 220
TREND_HEIGHT = 24
RUNG_HEIGHT = 50
SAMPLES_HEIGHT, SAMPLES_PARTS = 92, 3
MARKS = ("dot", "square", "ring", "frame", "speck")  # told apart by shape; colour only helps

SECONDS = "s"  # the unit of a chart of times

Label = tuple[str, str]  # in English and Chinese


@dataclass(frozen=True, slots=True)
class Bar:
    """A Bar is one bar of a chart, in operations per second.

    ``limit`` is drawn as an empty frame beyond the bar, ``low`` and ``high`` as its whisker.
    """

    label: Label
    value: float
    low: float
    high: float
    limit: float | None = None


def bars(rows: Sequence[Bar], unit: str, caption: str) -> Markup:
    """Draw horizontal bars from zero, each with its label above, its rate, its whisker and its limit."""
    highest = max(max(row.high, row.limit or 0.0) for row in rows)
    scale = from_zero(highest)
    height = 42 * len(rows)
    drawn = [_axis(scale, unit, height)]
    for i, row in enumerate(rows):
        top = 42 * i
        drawn.append(_label(row.label, top + 14))
        drawn.append(f'<text class="figure" x="100%" y="{top + 14}" text-anchor="end">{rate(row.value, unit)}</text>')
        drawn.append(_rest("limit", scale, row.value, row.limit or 0.0, top + 20.5, 12))
        drawn.append(f'<rect class="bar" y="{top + 20}" width="{scale.percent(row.value)}" height="13"/>')
        drawn.append(_whisker(scale.percent(row.low), scale.percent(row.high), top + 26.5, 4))
    return _image("bars", height + 22, drawn, caption)


def spark(value: float, low: float, high: float, highest: float) -> Markup:
    """Draw a bar for a cell of a table: a rate and its whisker; the cell's width stands for ``highest``."""
    scale = Scale(0.0, highest)
    bar = f'<rect class="bar" y="3" width="{scale.percent(value)}" height="6"/>'
    whisker = f'<line class="whisker" x1="{scale.percent(low)}" x2="{scale.percent(high)}" y1="6" y2="6"/>'
    return Markup(f'<svg class="spark" height="12" aria-hidden="true">{bar}{whisker}</svg>')


def link(value: float, before: float, highest: float) -> Markup:
    """Draw one step of a table of losses: what is left as a bar, what was lost since ``before`` as an empty frame."""
    scale = Scale(0.0, highest)
    lost = _rest("lost", scale, value, before, 2.5, 9)
    bar = f'<rect class="bar" y="2" width="{scale.percent(value)}" height="10"/>'
    return Markup(f'<svg class="spark" height="14" aria-hidden="true">{lost}{bar}</svg>')


def within(value: float, low: float, high: float) -> Markup:
    """Draw an error and the band it had to lie in, on a logarithmic scale that ends at ten times the band's end."""
    scale = Scale(high / 1e4, high * 10, log=True)
    left = scale.share(low) if low > 0 else 0.0
    width = percent_of_width(scale.share(high) - left)
    band = f'<rect class="band" x="{percent_of_width(left)}" y="2" width="{width}" height="8"/>'
    at = scale.percent(value) if value > 0 else "0%"
    dot = f'<circle class="mark" cx="{at}" cy="6" r="3.5"/>'
    return Markup(f'<svg class="spark" height="12" aria-hidden="true">{band}{dot}</svg>')


@dataclass(frozen=True, slots=True)
class Dot:
    """A Dot is a rate at a time (in days since any day), with its interval."""

    day: float
    value: float
    low: float
    high: float


def timeline(series: Sequence[Sequence[Dot]], days: tuple[str, str], unit: str, caption: str) -> Markup:
    """Draw rates over time: one mark per series, one interval per dot; ``days`` are the first and the last."""
    dots = [dot for each in series for dot in each]
    across = Scale(min(dot.day for dot in dots), max(dot.day for dot in dots))
    up = _around(min(dot.low for dot in dots), max(dot.high for dot in dots))
    foot = TIMELINE_HEIGHT
    drawn = [_levels(up, unit, foot)]
    inner = []
    for i, each in enumerate(series):
        places = [(_inset(across.share(dot.day)), dot) for dot in each]
        whiskers = "".join(f"M{x} {_y(up, dot.low, foot)}V{_y(up, dot.high, foot)}" for x, dot in places)
        marks = "".join(f"M{x} {_y(up, dot.value, foot)}h0" for x, dot in places)
        inner.append(f'<path class="whisker" d="{whiskers}"/>{_marks(i, marks)}')
    drawn.append(_stretched(1000, foot, inner))
    drawn += _ends(days, foot)
    return _image("timeline", foot + TIMELINE_FOOT, drawn, caption)


@dataclass(frozen=True, slots=True)
class Level:
    """A Level is a stretch of dots, from ``start`` to ``stop`` (exclusive), with their median and its interval.

    ``kind`` is how it differs from the one before: "slower", "faster", "accepted" or "other"; "first" begins a chart.
    """

    start: int
    stop: int
    value: float
    low: float
    high: float
    kind: str


def levels(
    dots: Sequence[Dot],
    every: Sequence[Level],
    reach: tuple[float, float],
    days: tuple[str, str],
    unit: str,
    caption: str,
) -> Markup:
    """Draw a history: dots in their order with their intervals, levels with theirs, and numbered changes between them.

    A dot outside of ``reach``, the values to show at least, is drawn as a ring at the edge: one that was disturbed
    would flatten all others.
    """
    up = _around(*reach)
    foot = LEVELS_HEIGHT
    across = Scale(0, len(dots))
    places = [(px(round(1000 * across.share(i + 0.5), 1)), dot) for i, dot in enumerate(dots)]
    whiskers = "".join(f"M{x} {_y(up, dot.low, foot)}V{_y(up, dot.high, foot)}" for x, dot in places)
    inside = "".join(f"M{x} {_y(up, dot.value, foot)}h0" for x, dot in places if up.low <= dot.value <= up.high)
    edges = [(x, 4 if dot.value > up.high else foot - 4) for x, dot in places if not up.low <= dot.value <= up.high]
    outside = "".join(f"M{x} {y}h0" for x, y in edges)
    drawn = [_levels(up, unit, foot)]
    for level in every:
        top, bottom = (_y(up, value, foot) for value in (level.high, level.low))
        x, width = across.percent(level.start), across.percent(level.stop - level.start)
        drawn.append(f'<rect class="band" x="{x}" y="{px(top)}" width="{width}" height="{px(max(bottom - top, 1))}"/>')
    drawn.append(
        _stretched(1000, foot, [f'<path class="whisker" d="{whiskers}"/>', _marks(0, inside), _marks(2, outside)])
    )
    for number, level in enumerate(every):
        ends, y = (across.percent(level.start), across.percent(level.stop)), px(_y(up, level.value, foot))
        drawn.append(f'<line class="median" x1="{ends[0]}" x2="{ends[1]}" y1="{y}" y2="{y}"/>')
        if number:
            at = f'x1="{ends[0]}" x2="{ends[0]}" y1="{-2}" y2="{foot}"'
            drawn.append(f'<line class="change {level.kind}" {at}/>')
            drawn.append(f'<text class="tick" x="{ends[0]}" y="-5" text-anchor="middle">{number}</text>')
    drawn += _ends(days, foot)
    return _image("levels", foot + TIMELINE_FOOT, drawn, caption)


def trend(every: Sequence[Level]) -> Markup:
    """Draw the levels of a history alone, for a cell of a table."""
    up = _around(min(level.low for level in every), max(level.high for level in every))
    across = Scale(0, every[-1].stop)
    path = "".join(
        f"{'V' if number else 'M0 '}{_y(up, level.value, TREND_HEIGHT)}H{px(round(1000 * across.share(level.stop), 1))}"
        for number, level in enumerate(every)
    )
    line = _stretched(1000, TREND_HEIGHT, [f'<path class="level-line" d="{path}"/>'])
    return Markup(f'<svg class="spark" height="{TREND_HEIGHT}" aria-hidden="true">{line}</svg>')


def key(index: int) -> Markup:
    """Draw the mark of a series, for the legend."""
    return Markup(
        '<svg class="key" width="14" height="14" viewBox="0 0 14 14" aria-hidden="true">'
        f"{_marks(index, 'M7 7h0')}</svg>"
    )


class Strip(msgspec.Struct, frozen=True):
    """A Strip is the blocks of one process: the rate of each, and the ceilings before and after it where measured."""

    rates: Sequence[float]
    ceilings: Sequence[tuple[float, float]] = ()


def samples(strips: Sequence[Strip], median: float, low: float, high: float, unit: str, caption: str) -> Markup:
    """Draw every block in the order of time, process after process, under the ceilings measured around it.

    ``median``, ``low`` and ``high`` are the rate of the case and its interval.
    """
    highest = max(max(chain(strip.rates, *strip.ceilings)) for strip in strips)
    up = from_zero(highest, SAMPLES_PARTS)
    foot = SAMPLES_HEIGHT
    slope, ground = foot / up.high, foot + 0.5  # int() rounds down; with half a pixel more it rounds to the nearest
    top, middle, bottom = (foot - value * slope for value in (high, median, low))
    ceilings, blocks, borders, x = [], [], [], 0
    for strip in strips:
        if x:
            borders.append(f"M{x} 0V{foot}")
        x += 1
        ceilings.append(_ceiling_line(strip.ceilings, x, ground, slope))
        blocks += [f"M{i}.5 {int(ground - value * slope)}h0" for i, value in enumerate(strip.rates, x)]
        x += len(strip.rates) + 1
    paths = [
        f'<path class="border" d="{"".join(borders)}"/>' if borders else "",
        f'<path class="ceiling" d="{"".join(ceilings)}"/>' if any(ceilings) else "",
        f'<path class="mark dot" d="{"".join(blocks)}"/>',
    ]
    drawn = [
        _levels(up, unit, foot),
        f'<rect class="band" y="{fixed(top, 1)}" width="100%" height="{fixed(bottom - top, 1)}"/>',
        f'<line class="median" x2="100%" y1="{fixed(middle, 1)}" y2="{fixed(middle, 1)}"/>',
        _stretched(x, foot, paths),
    ]
    return _image("samples", foot + 2, drawn, caption)


def _ceiling_line(pairs: Iterable[tuple[float, float]], x: int, ground: float, slope: float) -> str:
    """Return a path through the ceilings before and after each block, or each run of blocks that share theirs."""
    parts: list[str] = []
    shared, end = (0.0, 0.0), 0.0
    for right, pair in enumerate(pairs, x + 1):
        before, after = pair
        if pair == shared:
            parts.pop()
        elif before != end:
            parts.append(f"{'L' if parts else 'M'}{right - 1} {int(ground - before * slope)}")
        parts.append(f"L{right} {int(ground - after * slope)}")
        shared, end = pair, after
    return "".join(parts)


@dataclass(frozen=True, slots=True)
class RungMark:
    """A RungMark is a mark on the ladder; ``kind`` is "measured", "machine" or "total".

    ``precision`` is that of its figure, ``printed`` the figure as it is shown.
    """

    label: Label
    precision: Label
    value: float
    printed: str
    kind: str


def ladder(rungs: Sequence[RungMark], unit: str, caption: str) -> Markup:
    """Draw rates on a logarithmic scale, one per line, the smallest on top; a line leads from the left to each mark."""
    scale = decades(min(rung.value for rung in rungs), max(rung.value for rung in rungs))
    height = RUNG_HEIGHT * len(rungs)
    drawn = []
    for tick in scale.ticks():
        at = scale.percent(tick)
        drawn.append(f'<line class="grid" x1="{at}" x2="{at}" y2="{height}"/>')
        prefix = PREFIXES[round(math.log10(tick)) // 3]
        drawn.append(_tick_text(scale.share(tick), height + 16, printed_unit(prefix, unit)))
    for i, rung in enumerate(rungs):
        top, at = RUNG_HEIGHT * i, scale.percent(rung.value)
        drawn.append(_label(rung.label, top + 14))
        drawn.append(f'<text class="figure" x="100%" y="{top + 14}" text-anchor="end">{escape(rung.printed)}</text>')
        drawn.append(_in_both(rung.precision, f'class="tick" x="100%" y="{top + 28}" text-anchor="end"'))
        drawn.append(f'<line class="lead-line" x2="{at}" y1="{top + 37}" y2="{top + 37}"/>')
        drawn.append(f'<circle class="{rung.kind}" cx="{at}" cy="{top + 37}" r="5"/>')
    return _image("ladder", height + 22, drawn, caption)


def _label(label: Label, y: float) -> str:
    """Return the text above a mark, cut where a phone has no more room."""
    english, chinese = (short(text, LABEL_COLUMNS) for text in label)
    return _in_both((english, chinese), f'x="0" y="{px(y)}"')


def _in_both(texts: Label, attributes: str) -> str:
    """Return a text in both languages, or once where it is equal in both."""
    english, chinese = map(escape, texts)
    if english == chinese:
        return f"<text {attributes}>{english}</text>"
    return f'<text lang="en" {attributes}>{english}</text><text lang="zh" {attributes}>{chinese}</text>'


def _image(kind: str, height: float, drawn: Iterable[str], caption: str) -> Markup:
    """Return a whole chart made of what is drawn, ``height`` pixels high."""
    head = (
        f'<svg class="chart {kind}" width="100%" height="{px(height)}" role="img" aria-labelledby="{escape(caption)}">'
    )
    return Markup(head + "".join(drawn) + "</svg>")


def _stretched(width: float, height: float, drawn: Iterable[str]) -> str:
    """Return a drawing that is as wide as the chart; the stylesheet keeps its strokes from stretching."""
    box = f'viewBox="0 0 {px(width)} {px(height)}" preserveAspectRatio="none"'
    return f'<svg class="stretched" width="100%" height="{px(height)}" {box}>{"".join(drawn)}</svg>'


def _marks(index: int, path: str) -> str:
    """Return marks at the start of each subpath, drawn as thick strokes of no length; ``index`` selects from MARKS."""
    mark = MARKS[index % len(MARKS)]
    inside = f'<path class="inside {mark}" d="{path}"/>' if mark in ("ring", "frame") else ""
    return f'<path class="mark {mark}" d="{path}"/>{inside}'


def _ends(days: tuple[str, str], foot: float) -> Iterable[str]:
    """Yield the first and the last day below a chart, once where they are the same."""
    first, last = days
    if first == last:
        yield f'<text class="tick" x="50%" y="{px(foot + 16)}" text-anchor="middle">{escape(first)}</text>'
    else:
        yield f'<text class="tick" x="0" y="{px(foot + 16)}">{escape(first)}</text>'
        yield f'<text class="tick" x="100%" y="{px(foot + 16)}" text-anchor="end">{escape(last)}</text>'


def _axis(scale: Scale, unit: str, height: float) -> str:
    """Return vertical lines at round rates, with the rates below."""
    drawn = []
    for i, tick in enumerate(scale.ticks()):
        at = scale.percent(tick)
        drawn.append(f'<line class="grid" x1="{at}" x2="{at}" y2="{px(height)}"/>')
        drawn.append(_tick_text(scale.share(tick), height + 16, _tick(tick, scale.high, unit), spare=i % 2 == 1))
    return "".join(drawn)


@lru_cache  # round scales are few, and every sample of blocks is drawn on one
def _levels(scale: Scale, unit: str, foot: float) -> str:
    """Return horizontal lines at round rates, with the rates to the left, where the stylesheet leaves a margin."""
    drawn = []
    for tick in scale.ticks():
        y = _y(scale, tick, foot)
        drawn.append(f'<line class="grid" x2="100%" y1="{px(y)}" y2="{px(y)}"/>')
        drawn.append(f'<text class="tick level" x="-6" y="{px(y + 4)}">{_tick(tick, scale.high, unit)}</text>')
    return "".join(drawn)


def _tick_text(share: float, y: float, text: str, spare: bool = False) -> str:
    """Return the label of a line; the stylesheet leaves out a ``spare`` one where there is little room."""
    anchor = "start" if share < 0.02 else "end" if share > 0.98 else "middle"
    kind = "tick spare" if spare else "tick"
    return f'<text class="{kind}" x="{percent_of_width(share)}" y="{px(y)}" text-anchor="{anchor}">{text}</text>'


def _tick(value: float, highest: float, unit: str) -> str:
    """Return a rate or a time on an axis, with the prefix of that at the axis's end."""
    if unit == SECONDS:
        return duration_beside(value, highest)
    index = min(int(math.log10(highest) + 1e-9) // 3, len(PREFIXES) - 1) if highest >= 1 else 0
    return f"{general(value / 10.0 ** (3 * index))} {printed_unit(PREFIXES[index], unit)}" if value else "0"


def _rest(kind: str, scale: Scale, value: float, limit: float, y: float, height: float) -> str:
    """Return an empty frame from the end of a bar to its limit; nothing where the bar reaches the limit."""
    if limit <= value:
        return ""
    width = percent_of_width(scale.share(limit) - scale.share(value))
    return f'<rect class="{kind}" x="{scale.percent(value)}" y="{px(y)}" width="{width}" height="{px(height)}"/>'


def _whisker(low: str, high: str, y: float, half: float) -> str:
    """Return a horizontal line between two places, with ends of twice ``half`` pixels."""
    ends = "".join(
        f'<line class="whisker" x1="{x}" x2="{x}" y1="{px(y - half)}" y2="{px(y + half)}"/>' for x in (low, high)
    )
    return f'<line class="whisker" x1="{low}" x2="{high}" y1="{px(y)}" y2="{px(y)}"/>{ends}'


def _around(low: float, high: float) -> Scale:
    """Return a scale from zero, or a narrower one where the values lie close together and would look alike."""
    if low < 0.6 * high:
        return from_zero(high)
    span = (high - low) or 0.1 * high
    while True:
        step = round_step(span, PARTS)
        first, last = math.floor(low / step - 0.1), math.ceil(high / step + 0.1)
        if last - first <= PARTS:
            return Scale(first * step, last * step, step)
        span = (last - first) * step  # rounding has made it wider, and coarser steps may be needed


def _inset(share: float) -> str:
    """Return a place in a drawing that is 1000 wide, such that the marks at both ends stay inside."""
    return px(round(20 + 960 * share, 1))


def _y(scale: Scale, value: float, foot: float) -> float:
    """Return the pixels from the top for a value on a scale whose lower end lies at ``foot``."""
    return round(foot - foot * scale.share(value), 1)


def px(value: float) -> str:
    """Return a coordinate or a length in pixels as SVG writes it: "14", "20.5"."""
    return general(value)
