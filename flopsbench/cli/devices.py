"""Runs ``flopsbench devices``, which lists what could be measured here."""

from __future__ import annotations

from flopsbench.cli.files import check_target
from flopsbench.cli.language import DEFAULT_LANGUAGE, LanguageOption
from flopsbench.cli.options import JsonOption
from flopsbench.cli.record import hand_over_found
from flopsbench.cli.unheard import unheard


def devices(json: JsonOption = None, lang: LanguageOption = DEFAULT_LANGUAGE) -> None:
    """List devices, backends, dtypes and peaks, and what is absent with the command that installs it."""
    from flopsbench.render.terminal.devices import devices as render
    from flopsbench.runs.bounds.look import look_apart
    from flopsbench.runs.inventory import inventory

    json = check_target("--json", json)
    with unheard():
        found = look_apart(inventory)
    hand_over_found(found, json, lang, render)
