"""Runs ``flopsbench devices``, which lists what could be measured here."""

from __future__ import annotations

from typing import Annotated

import typer


def devices(as_json: Annotated[bool, typer.Option("--json", help="Write one JSON document.")] = False) -> None:
    """List devices, backends, dtypes and peaks, and what is absent with the command that installs it."""
    from flopsbench.runs.inventory import inventory

    found = inventory()
    if as_json:
        import msgspec

        print(msgspec.json.format(msgspec.json.encode(found), indent=2).decode())
        return
    from rich.console import Console

    from flopsbench.render.terminal.devices import devices as render

    Console(highlight=False).print(render(found))
