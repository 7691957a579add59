"""Shows the kernels on a terminal: what each backend offers, and the front pages of the project's own."""

from __future__ import annotations

import inspect

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from flopsbench.backend import Kernel
from flopsbench.backends.cuda_source import KernelSource
from flopsbench.backends.installed import Absent, Broken, Loaded
from flopsbench.words.catalogue import phrase
from flopsbench.words.language import said


def kernels(backends: dict[str, Loaded], sources: list[KernelSource], lang: str = "en") -> RenderableType:
    """Return a table with one row per kernel and the default of each backend marked.

    The project's own kernels are listed even where cupy, which runs them, is missing.
    """
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column(phrase(lang, "column_backend"), no_wrap=True)
    table.add_column("--kernel", no_wrap=True)
    table.add_column(phrase(lang, "column_what"), overflow="fold")  # Chinese has no blanks to wrap at
    own = {source.kernel for source in sources}
    for name, backend in backends.items():
        if isinstance(backend, Absent):
            table.add_row(
                name, "-", Text(phrase(lang, "kernel_absent", install=said(backend.install, lang))), style="dim"
            )
            continue
        if isinstance(backend, Broken):
            table.add_row(name, "-", Text(said(backend.why, lang)), style="red")
            continue
        for index, (kernel, prepare) in enumerate(backend.KERNELS.items()):
            if kernel not in own:
                what = said(_what(prepare), lang)
                table.add_row(name, kernel, Text(phrase(lang, "kernel_default", what=what) if index == 0 else what))
    for source in sources:
        page = {name: said(getattr(source, name), lang) for name in ("what", "tile", "chips")}
        table.add_row("cupy", source.kernel, Text(phrase(lang, "kernel_page", **page)))
    return table


def _what(prepare: Kernel) -> str:
    """Return what a kernel runs: what its docstring says it prepares ("Prepare X; raise Y")."""
    prepared = (inspect.getdoc(prepare) or "").partition(";")[0].removeprefix("Prepare ")
    return (prepared[:1].upper() + prepared[1:]).replace("``", "")
