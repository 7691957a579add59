"""Draws a history as SVG or PNG: points with their intervals, levels, change points. Needs the extra ``plot``."""

from __future__ import annotations

import io
import math
from typing import Any, Literal

from flopsbench.errors import UsageError
from flopsbench.host.parent import import_safely
from flopsbench.render.charts.text import limits
from flopsbench.render.terminal.comparison import percent
from flopsbench.text import error_line
from flopsbench.track.history.changepoint import Segment
from flopsbench.track.history.judge import JudgedSeries, machine_name
from flopsbench.units import PREFIXES, prefix_index, printed_unit

# Okabe and Ito's colours, told apart by readers with any colour vision; line styles say the same once more.
BLUE, VERMILION, GREEN, GREY = "#0072B2", "#D55E00", "#009E73", "#666666"
INCHES = (9, 4.5)
DOTS_PER_INCH = 150
MOST_DATES = 7  # on the axis

Format = Literal["svg", "png"]


def picture(judged: JudgedSeries, form: Format) -> bytes:
    """Return the series as SVG or PNG, the same bytes for the same history; raise UsageError without matplotlib."""
    try:
        figure_of = import_safely("matplotlib.figure").Figure
        matplotlib = import_safely("matplotlib")
    except ModuleNotFoundError:
        raise UsageError("pictures need matplotlib: pip install 'flopsbench[plot]'") from None
    except Exception as error:  # a build for another Python or processor raises whatever it likes
        raise UsageError(f"matplotlib cannot be imported: {error_line(error)}") from None
    # No date, and ids that do not depend on the process: the picture may be kept in git.
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams["svg.hashsalt"] = "flopsbench"
        figure = figure_of(figsize=INCHES, layout="constrained")
        _draw(figure.subplots(), judged)
        buffer = io.BytesIO()
        metadata = {"Date": None} if form == "svg" else {"Software": None}
        figure.savefig(buffer, format=form, dpi=DOTS_PER_INCH, metadata=metadata)
    return buffer.getvalue()


def _draw(axes: Any, judged: JudgedSeries) -> None:
    """Draw a series on these axes of matplotlib."""
    points, unit = judged.series.points, judged.series.unit
    index = prefix_index(max(point.rate_per_s for point in points))
    scale = 10.0 ** (3 * index)
    positions = range(len(points))
    rates = [point.rate_per_s / scale for point in points]
    low, high = ([value / scale for value in side] for side in zip(*(point[2:4] for point in points), strict=True))
    axes.vlines(positions, low, high, color=BLUE, alpha=0.35, linewidth=2, label="interval of a Result")
    axes.plot(positions, rates, "o", color=BLUE, markersize=3.5, label="Result")
    for number, segment in enumerate(judged.segments):
        ends, name = (segment.start - 0.5, segment.stop - 0.5), None if number else "level"
        axes.hlines(math.exp(segment.level) / scale, *ends, color="black", linewidth=1.5, label=name)
    for number, segment in enumerate(judged.segments[1:]):
        _mark(axes, judged, judged.segments[number], segment)
    _frame(axes, judged, scale)
    axes.set_title(f"{judged.series.case}\n{machine_name(judged.series)}", fontsize=10, loc="left", parse_math=False)
    axes.set_ylabel(printed_unit(PREFIXES[index], unit))
    axes.set_xticks(*_dates(judged))
    axes.grid(axis="y", alpha=0.3)
    axes.legend(loc="best", fontsize=8, framealpha=0.9)


def _mark(axes: Any, judged: JudgedSeries, before: Segment, segment: Segment) -> None:
    """Draw a line where a level begins, its style after what the change is: open, accepted, faster or of no concern."""
    step = percent(math.expm1(segment.level - before.level))
    if segment in judged.accepted:
        color, style, what = GREY, ":", "accepted"
    elif segment == judged.fallen:
        color, style, what = VERMILION, "-", "slower"
    elif segment.level > before.level:
        color, style, what = GREEN, "--", "faster"
    else:
        color, style, what = GREY, "--", "slower, came back or within the margin"
    axes.axvline(segment.start - 0.5, color=color, linestyle=style, linewidth=1.5, label=f"{step} {what}")


def _frame(axes: Any, judged: JudgedSeries, scale: float) -> None:
    """Keep the levels apart: a Result far outside is an arrow at the edge, or it would flatten all others."""
    low, high = (math.exp(limit) / scale for limit in limits(judged))
    axes.set_ylim(low, high)
    rates = [point.rate_per_s / scale for point in judged.series.points]
    below = [at for at, rate in enumerate(rates) if rate < low]
    above = [at for at, rate in enumerate(rates) if rate > high]
    for arrow, edge, outside in (("v", low, below), ("^", high, above)):
        name = "Result beyond the picture" if outside else None
        (marks,) = axes.plot(outside, [edge] * len(outside), arrow, color=BLUE, clip_on=False, label=name)
        marks.set_in_layout(False)


def _dates(judged: JudgedSeries) -> tuple[list[int], list[str]]:
    """Return positions and days of a few Results: the axis counts Results, which are not evenly spread in time."""
    points = judged.series.points
    step = math.ceil(len(points) / MOST_DATES)
    days: dict[str, int] = {}  # each once, at its first point among those few
    for position in range(0, len(points), step):
        days.setdefault(points[position].day, position)
    return list(days.values()), list(days)
