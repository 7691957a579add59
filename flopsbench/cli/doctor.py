"""Runs ``flopsbench doctor``, which says what makes this machine noisy."""

from __future__ import annotations

from typing import Annotated

import typer

from flopsbench.cli.record import print_record


def doctor(as_json: Annotated[bool, typer.Option("--json", help="Write one JSON document.")] = False) -> None:
    """Say what makes this machine noisy, and the command that would change it; changes nothing itself."""
    from flopsbench.doctor.diagnosis import diagnose

    found = diagnose()
    if as_json:
        print_record(found)
        return
    from rich.console import Console

    from flopsbench.render.terminal.doctor import diagnosis

    Console(highlight=False).print(diagnosis(found))
