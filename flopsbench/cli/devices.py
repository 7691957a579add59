"""Runs ``flopsbench devices``, which lists what could be measured here."""

from __future__ import annotations

from flopsbench.cli.language import DEFAULT_LANGUAGE, LanguageOption
from flopsbench.cli.record import AsJsonOption, print_found
from flopsbench.cli.unheard import unheard


def devices(as_json: AsJsonOption = False, lang: LanguageOption = DEFAULT_LANGUAGE) -> None:
    """List devices, backends, dtypes and peaks, and what is absent with the command that installs it."""
    from flopsbench.render.terminal.devices import devices as render
    from flopsbench.runs.bounds.look import look_apart
    from flopsbench.runs.inventory import inventory

    with unheard():
        found = look_apart(inventory)
    print_found(found, as_json, lang, render)
