"""Writes the command that asks again for what a Result was asked for."""

from __future__ import annotations

import shlex

from flopsbench.result.types import Result
from flopsbench.units import general


def command_of(result: Result, verb: str, profile: str | None, *more: str) -> str:
    """Return ``flopsbench VERB`` with the options of a Result's run and with ``more``, as a line for a shell."""
    options = result.tool.options
    told = (
        ("--device", options.devices),
        ("--backend", options.backends),
        ("--dtype", options.dtypes),
        ("--size", options.sizes),
        ("--kernel", options.kernels),
        ("--profile", [profile] if profile else []),
        ("--time", [general(options.time_s)] if options.time_s else []),
    )
    words = (word for name, values in told if values for word in (name, ",".join(values)))
    return shlex.join(["flopsbench", verb, *words, *more])
