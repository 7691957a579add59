"""Runs ``flopsbench devices``, which lists what could be measured here."""

from __future__ import annotations

from typing import Annotated

import typer

from flopsbench.cli.record import print_record


def devices(as_json: Annotated[bool, typer.Option("--json", help="Write one JSON document.")] = False) -> None:
    """List devices, backends, dtypes and peaks, and what is absent with the command that installs it."""
    from flopsbench.runs.inventory import inventory

    found = inventory()
    if as_json:
        print_record(found)
        return
    from rich.console import Console

    from flopsbench.render.terminal.devices import devices as render

    Console(highlight=False).print(render(found))
