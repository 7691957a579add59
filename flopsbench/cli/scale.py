"""Runs ``flopsbench scale``, which places a rate on the ladder and beside published totals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from flopsbench.cli.complaint import complain
from flopsbench.cli.completion import accelerators, aggregates, dtypes, figures, one_of, precisions
from flopsbench.cli.files import check_target
from flopsbench.cli.language import DEFAULT_LANGUAGE, LanguageOption
from flopsbench.cli.options import JsonOption
from flopsbench.cli.record import put_json
from flopsbench.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from flopsbench.scale.standing import Measured, Standing

_MOST_OF_PEAK = 2.0  # what a peak that counts 2:4 sparsity is to a dense one; no clock is boosted so far


def scale(
    words: Annotated[
        list[str] | None, typer.Argument(metavar="RATE", help='For example "1590 EFLOPS": what is it? Or "790 TFLOPS".')
    ] = None,
    dtype: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", autocompletion=one_of(dtypes), help="Precision the rate was measured in: bf16, fp64, ..."
        ),
    ] = None,
    peak: Annotated[
        str | None,
        typer.Option(
            metavar="RATE|ID",
            autocompletion=one_of(accelerators),
            help="Dense datasheet peak of the device, or its id: h200-sxm.",
        ),
    ] = None,
    eta: Annotated[
        str | None, typer.Option(metavar="SHARE@N", help="Scaling efficiency, and on how many devices: 0.90@8.")
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(metavar="ID", autocompletion=one_of(aggregates), help="One published total; --list shows them."),
    ] = None,
    assume_precision: Annotated[
        str | None,
        typer.Option(
            metavar="FORMAT",
            autocompletion=one_of(precisions),
            help="What to assume where a source states no precision: fp16.",
        ),
    ] = None,
    about: Annotated[
        str | None,
        typer.Option(metavar="ID", autocompletion=one_of(figures), help="All that is known of one published figure."),
    ] = None,
    lang: LanguageOption = DEFAULT_LANGUAGE,
    list_: Annotated[bool, typer.Option("--list", help="Show every published figure and its basis.")] = False,
    json: JsonOption = None,
) -> None:
    """Say what a rate is, in people and in hardware; with its precision, beside published totals."""
    from flopsbench.words.reason import Reason

    rate, json = _rate_text(words or []), check_target("--json", json)
    if list_ or about is not None:
        if rate is not None or (list_ and about is not None):
            raise UsageError(Reason("scale_takes_no_rate"))
        _show_list(lang, json) if about is None else _show_about(about, lang, json)
        return
    if rate is None:
        raise UsageError(Reason("scale_needs_rate"))
    if (dtype, peak, eta, against, assume_precision) == (None,) * 5:
        _show_meaning(rate, lang, json)
        return
    measured = _measured(rate, dtype, peak, eta)
    compared = _compare(measured, against, assume_precision)
    _show(measured, rate, compared, lang, json)
    if against is not None and compared[0].counts is None:
        raise typer.Exit(ExitCode.NOT_COMPARABLE)


def _rate_text(words: Sequence[str]) -> str | None:
    """Return a rate, which a shell may have split into words; None for no words.

    A rate may begin with a minus, so that options that do not exist arrive among the words; raise UsageError for one.
    """
    from flopsbench.cli.usage import no_such_option

    if refused := no_such_option(words, "flopsbench scale"):
        raise refused
    return " ".join(words) if words else None


def _measured(rate_text: str, dtype_name: str | None, peak_text: str | None, eta_text: str | None) -> Measured:
    """Return what was given of a rate; raise UsageError for a part that makes no sense."""
    from flopsbench.dtype import parse_dtype
    from flopsbench.scale.rate import parse_rate
    from flopsbench.scale.standing import Measured, parse_scaling

    rate = parse_rate(rate_text)
    dtype = parse_dtype(dtype_name) if dtype_name is not None else None
    peak_per_s = _peak_per_s(peak_text, rate.unit, dtype.name if dtype else None) if peak_text is not None else None
    if peak_per_s is not None:
        _check_peak(rate.value_per_s, peak_per_s, rate.unit)
    scaling = parse_scaling(eta_text) if eta_text is not None else None
    return Measured(rate.value_per_s, rate.unit, dtype, peak_per_s, scaling)


def _peak_per_s(text: str, unit: str, dtype_name: str | None) -> float:
    """Return the peak in ``unit``, given as a rate or as the id of an accelerator."""
    from flopsbench.peaks.datasheet import nameplate
    from flopsbench.scale.rate import parse_rate
    from flopsbench.words.reason import Reason

    if not text[:1].isalpha():
        peak = parse_rate(text)
        if peak.unit != unit:
            raise UsageError(Reason("peak_counts_other", peak=peak.unit, unit=unit))
        return peak.value_per_s
    if dtype_name is None:
        raise UsageError(Reason("peak_needs_dtype", device=text))
    return nameplate(text, dtype_name).rate_per_s


def _check_peak(rate_per_s: float, peak_per_s: float, unit: str) -> None:
    """Raise UsageError for a rate that no boosted clock explains; one above the peak is told of on standard error."""
    from flopsbench.units import format_digits, format_rate
    from flopsbench.words.reason import Reason

    told = {"rate": format_rate(rate_per_s, unit), "peak": format_rate(peak_per_s, unit)}
    if rate_per_s > _MOST_OF_PEAK * peak_per_s:
        raise UsageError(Reason("rate_beyond_peak", **told, times=format_digits(rate_per_s / peak_per_s, 3)))
    if rate_per_s > peak_per_s:
        complain(Reason("rate_above_peak", **told))


def _compare(measured: Measured, against: str | None, assume_precision: str | None) -> list[Standing]:
    """Compare the rate with one total, or with the best known ones."""
    from flopsbench.scale.aggregates import HEADLINES, aggregate
    from flopsbench.scale.compare import compare

    ids = HEADLINES if against is None else (against,)
    return [compare(aggregate(one), measured, assume_precision) for one in ids]


def _show(measured: Measured, quoted: str, compared: list[Standing], lang: str, json: str | None) -> None:
    """Print the rate, the ladder and the comparisons."""
    from flopsbench.scale.document import scale_document

    if put_json(json, lambda: scale_document(measured, compared, lang)):
        return
    from rich.console import Console

    from flopsbench.render.terminal.scale import comparisons, ladder, rate_in_words
    from flopsbench.scale.ladder import Mark
    from flopsbench.words.catalogue import phrase, precision

    dtype = precision(lang, measured.dtype.name) if measured.dtype else ""
    counted_in = measured.dtype.name if measured.dtype else ""
    mark = Mark(f"{phrase(lang, 'this_rate')} {dtype}".strip(), measured.rate_per_s, measured.unit, counted_in)
    console = Console(highlight=False)
    for part in (rate_in_words(measured, lang, quoted), ladder([mark], lang), comparisons(compared, lang)):
        console.print(part)
        console.print()


def _show_list(lang: str, json: str | None) -> None:
    """Print every published total, growth and statement."""
    from flopsbench.scale.aggregates import load_aggregates, load_statements
    from flopsbench.scale.document import list_document
    from flopsbench.scale.growth import series_growth

    if put_json(json, list_document):
        return
    from rich.console import Console

    from flopsbench.render.terminal.published.totals import growths, statements, totals

    console = Console(highlight=False)
    entries = load_aggregates()
    for part in (totals(entries, lang), growths(series_growth(entries), lang), statements(load_statements(), lang)):
        console.print(part)
        console.print()


def _show_meaning(text: str, lang: str, json: str | None) -> None:
    """Print what a rate means, beside what the registry has measured where one is here."""
    from flopsbench.cli.registered import registered_rates
    from flopsbench.scale.meaning import meaning
    from flopsbench.scale.rate import parse_rate

    meant = meaning(parse_rate(text), registered_rates(lang))
    from flopsbench.scale.document import meaning_document

    if put_json(json, lambda: meaning_document(meant, lang)):
        return
    from rich.console import Console

    from flopsbench.render.terminal.published.meaning import screen

    Console(highlight=False).print(screen(meant, lang))


def _show_about(figure_id: str, lang: str, json: str | None) -> None:
    """Print all that is known of one published figure."""
    from flopsbench.scale.about import about

    card = about(figure_id)
    from flopsbench.scale.document import about_document

    if put_json(json, lambda: about_document(card, lang)):
        return
    from rich.console import Console

    from flopsbench.render.terminal.published.about import screen

    Console(highlight=False).print(screen(card, lang))
