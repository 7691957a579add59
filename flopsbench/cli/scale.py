"""Runs ``flopsbench scale``, which places a rate on the ladder and beside published totals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from flopsbench.cli.record import AsJsonOption, print_json
from flopsbench.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from flopsbench.scale.standing import Measured, Standing


def scale(
    rate: Annotated[str | None, typer.Argument(metavar="RATE", help='For example "790 TFLOPS".')] = None,
    dtype: Annotated[str | None, typer.Option(help="Precision the rate was measured in: bf16, fp64, ...")] = None,
    peak: Annotated[
        str | None, typer.Option(metavar="RATE|ID", help="Dense datasheet peak of the device, or its id: h200-sxm.")
    ] = None,
    against: Annotated[str | None, typer.Option(metavar="ID", help="One published total; --list shows them.")] = None,
    assume_precision: Annotated[
        str | None, typer.Option(metavar="FORMAT", help="What to assume where a source states no precision: fp16.")
    ] = None,
    lang: Annotated[str, typer.Option(help="en or zh.")] = "en",
    list_: Annotated[bool, typer.Option("--list", help="Show every published total and its basis.")] = False,
    as_json: AsJsonOption = False,
) -> None:
    """Place a rate on the ladder from MFLOPS to EFLOPS, beside published totals."""
    from flopsbench.words.catalogue import parse_language

    parse_language(lang)
    if list_:
        if rate is not None:
            raise UsageError("--list shows every published total and takes no rate")
        _show_list(lang, as_json)
        return
    if rate is None:
        raise UsageError('name a rate, for example flopsbench scale "790 TFLOPS", or ask for --list')
    measured = _measured(rate, dtype, peak)
    compared = _compare(measured, against, assume_precision)
    _show(measured, compared, lang, as_json)
    if against is not None and compared[0].counts is None:
        raise typer.Exit(ExitCode.NOT_COMPARABLE)


def _measured(rate_text: str, dtype_name: str | None, peak_text: str | None) -> Measured:
    """Return the rate, the dtype and the peak that were given; raise UsageError for one that makes no sense."""
    from flopsbench.dtype import parse_dtype
    from flopsbench.scale.standing import Measured
    from flopsbench.scale.rate import parse_rate

    rate = parse_rate(rate_text)
    dtype = parse_dtype(dtype_name) if dtype_name is not None else None
    peak_per_s = _peak_per_s(peak_text, rate.unit, dtype.name if dtype else None) if peak_text is not None else None
    return Measured(rate.value_per_s, rate.unit, dtype, peak_per_s)


def _peak_per_s(text: str, unit: str, dtype_name: str | None) -> float:
    """Return the peak in ``unit``, given as a rate or as the id of an accelerator."""
    from flopsbench.peaks.datasheet import nameplate
    from flopsbench.scale.rate import parse_rate

    if not text[:1].isalpha():
        peak = parse_rate(text)
        if peak.unit != unit:
            raise UsageError(f"the peak counts {peak.unit} and the rate {unit}: they must be the same")
        return peak.value_per_s
    if dtype_name is None:
        raise UsageError(f"the peak of {text} depends on the precision: add --dtype")
    return nameplate(text, dtype_name).rate_per_s


def _compare(measured: Measured, against: str | None, assume_precision: str | None) -> list[Standing]:
    """Compare the rate with one total, or with the best known ones."""
    from flopsbench.scale.aggregates import HEADLINES, aggregate
    from flopsbench.scale.compare import compare

    ids = HEADLINES if against is None else (against,)
    return [compare(aggregate(one), measured, assume_precision) for one in ids]


def _show(measured: Measured, compared: list[Standing], lang: str, as_json: bool) -> None:
    """Print the rate, the ladder and the comparisons."""
    if as_json:
        from flopsbench.scale.document import scale_document

        print_json(scale_document(measured, compared, lang))
        return
    from rich.console import Console

    from flopsbench.render.terminal.scale import comparisons, ladder, rate_in_words
    from flopsbench.scale.ladder import Mark
    from flopsbench.words.catalogue import phrase, precision

    dtype = precision(lang, measured.dtype.name) if measured.dtype else ""
    mark = Mark(f"{phrase(lang, 'this_rate')} {dtype}".strip(), measured.rate_per_s, measured.unit)
    console = Console(highlight=False)
    for part in (rate_in_words(measured, lang), ladder([mark], lang), comparisons(compared, lang)):
        console.print(part)
        console.print()


def _show_list(lang: str, as_json: bool) -> None:
    """Print every published total, growth and statement."""
    from flopsbench.scale.aggregates import load_aggregates, load_statements
    from flopsbench.scale.growth import series_growth

    if as_json:
        from flopsbench.scale.document import list_document

        print_json(list_document())
        return
    from rich.console import Console

    from flopsbench.render.terminal.totals import growths, statements, totals

    console = Console(highlight=False)
    entries = load_aggregates()
    for part in (totals(entries, lang), growths(series_growth(entries), lang), statements(load_statements(), lang)):
        console.print(part)
        console.print()
