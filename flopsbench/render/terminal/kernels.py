"""The kernels on a terminal: what each backend offers, and the front pages of our own."""

from __future__ import annotations

import inspect

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from flopsbench.backend import Backend
from flopsbench.backends.cuda_source import KernelSource
from flopsbench.backends.installed import Absent


def kernels(backends: dict[str, Backend | Absent], sources: list[KernelSource]) -> RenderableType:
    """A row a kernel, the default of each backend marked; own kernels are listed where cupy is missing, too."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for heading in ("backend", "--kernel", "what"):
        table.add_column(heading, no_wrap=heading != "what")
    own = {source.kernel for source in sources}
    for name, backend in backends.items():
        if isinstance(backend, Absent):
            table.add_row(name, "-", Text(f"absent: {backend.install}"), style="dim")
            continue
        for index, (kernel, prepare) in enumerate(backend.KERNELS.items()):
            if kernel not in own:
                what = (inspect.getdoc(prepare) or "").partition(";")[0].replace("``", "")
                table.add_row(name, kernel, Text(f"{what} (default)" if index == 0 else what))
    for source in sources:
        table.add_row("cupy", source.kernel, Text(f"{source.what}. Tile: {source.tile}. Chips: {source.chips}."))
    return table
