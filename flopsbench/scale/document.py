"""Makes the JSON documents of ``flopsbench scale``: what the terminal shows, for programs."""

from __future__ import annotations

from typing import Any

import msgspec

from flopsbench.scale.about import Card
from flopsbench.scale.aggregates import Aggregate, load_aggregates, load_statements
from flopsbench.scale.growth import Growth, series_growth
from flopsbench.scale.ladder import key_presses, landmarks, neighbours, rung_of
from flopsbench.scale.meaning import DeviceCount, Meaning
from flopsbench.scale.standing import Measured, Standing
from flopsbench.units import format_rate
from flopsbench.words.reason import Reason

Document = dict[str, Any]


def scale_document(measured: Measured, comparisons: list[Standing], lang: str) -> Document:
    """Return a rate's place on the ladder and beside published totals; rates are in operations per second."""
    rung = rung_of(measured.rate_per_s)
    below, above = neighbours(rung)
    keys = key_presses(measured.rate_per_s)
    return {
        "schema": "flopsbench.scale",
        "rate_per_s": measured.rate_per_s,
        "unit": measured.unit,
        "printed": format_rate(measured.rate_per_s, measured.unit),
        "dtype": measured.dtype.name if measured.dtype else None,
        "peak_per_s": measured.peak_per_s,
        "rung": {
            "unit": rung.unit(measured.unit),
            "power_of_ten": rung.power_of_ten,
            "name_en": rung.name_en,
            "name_zh": rung.name_zh,
            "below": below.unit(measured.unit) if below else None,
            "above": above.unit(measured.unit) if above else None,
            "landmarks": msgspec.to_builtins(landmarks(rung, lang)),
        },
        "key_presses": {"people": keys.people, "seconds": keys.seconds},
        "comparisons": [_comparison(comparison, lang) for comparison in comparisons],
    }


def meaning_document(meant: Meaning, lang: str) -> Document:
    """Return what a rate means; rates are in operations per second, ``needed`` and ``clusters`` are not rounded."""
    reported = meant.reported
    alone = Measured(meant.rate.value_per_s, meant.rate.unit)
    return scale_document(alone, [], lang) | {
        "published": [total.id for total in meant.published],
        "total": meant.total.id if meant.total else None,
        "uncounted": _reason(meant.uncounted, lang) if meant.uncounted else None,
        "achieved_in_hpl": meant.is_hpl,
        "counted_in": None if meant.uncounted else meant.counted_in,
        "devices": [_device(device) for device in (*meant.devices, *meant.other)],
        "machines": [_device(device) for device in meant.machines],
        "clusters": {
            "reported": reported.number,
            "named": [one.id for one in reported.named],
            "median_per_s": reported.median_per_s,
            "mean_per_s": reported.mean_per_s,
        }
        if reported
        else None,
    }


def about_document(card: Card, lang: str) -> Document:
    """Return all that is known of one published figure."""
    return {
        "schema": "flopsbench.scale-about",
        "figure": msgspec.to_builtins(card.entry),
        "growth": [_growth(step) for step in card.steps],
        "outlooks": [total.id for total in card.outlooks],
        "may": [_reason(reason, lang) for reason in card.may],
        "may_not": [_reason(reason, lang) for reason in card.may_not],
    }


def list_document() -> Document:
    """Return every published total and statement that is shipped, and the growth within each series."""
    return {
        "schema": "flopsbench.scale-list",
        "aggregates": msgspec.to_builtins(load_aggregates()),
        "statements": msgspec.to_builtins(load_statements()),
        "growth": [_growth(span) for span in series_growth(load_aggregates())],
    }


def _comparison(comparison: Standing, lang: str) -> Document:
    """Return one comparison."""
    total = comparison.aggregate
    return {
        "id": total.id,
        "name": total.name(lang),
        "quoted": total.quoted,
        "qualifier": total.qualifier,
        "outlook": total.outlook,
        "as_of": total.as_of,
        "source": msgspec.to_builtins(total.source),
        "verdict": comparison.fairness,
        "reasons": [_reason(reason, lang) for reason in comparison.reasons],
        "counts": msgspec.to_builtins(comparison.counts),
    }


def _reason(reason: Reason, lang: str) -> Document:
    """Return a reason with its code."""
    return {"code": reason.code, "text": reason.text(lang)}


def _device(device: DeviceCount) -> Document:
    """Return how many of a device make the rate; ``source`` is the id of a published total or of a Result, or words."""
    source = device.source.id if isinstance(device.source, Aggregate) else device.source
    return {
        "name": device.name,
        "precision": device.precision,
        "each_per_s": device.each_per_s,
        "basis": device.basis,
        "needed": device.needed,
        "clusters": None if device.basis == "measured" else device.clusters,
        "source": source,
    }


def _growth(span: Growth) -> Document:
    """Return the growth of one series."""
    return {
        "series": span.later.series,
        "earlier": span.earlier.id,
        "later": span.later.id,
        "ratio": round(span.ratio, 3),
        "years": span.years,
        "per_year": round(span.per_year, 3),
    }
