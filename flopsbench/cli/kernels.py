"""Runs ``flopsbench kernels``, which lists what ``run --kernel`` takes."""

from __future__ import annotations

from flopsbench.cli.language import DEFAULT_LANGUAGE, LanguageOption
from flopsbench.cli.unheard import unheard


def kernels(lang: LanguageOption = DEFAULT_LANGUAGE) -> None:
    """List the kernels of every backend, and our own with their front pages."""
    from rich.console import Console

    from flopsbench.backends.cuda_source import kernel_sources
    from flopsbench.backends.installed import load_backends
    from flopsbench.render.terminal.kernels import kernels as render
    from flopsbench.runs.bounds.look import look_apart

    with unheard():  # what is printed comes from there: a kernel itself cannot
        table = look_apart(lambda broken, at: render(load_backends((), broken, at), kernel_sources(), lang))
    Console(highlight=False).print(table)
