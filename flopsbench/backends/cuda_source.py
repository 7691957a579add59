"""Reads the project's own CUDA kernels, which ship with the package, and the front page of each.

A front page is the block of ``//`` lines at the top of a file. It has one ``Field: text`` per line; lines without a
field are prose for the human reader.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.resources import files

from flopsbench.errors import FlopsbenchError
from flopsbench.words.reason import Reason

CUDA_PACKAGE = "flopsbench.kernels.cuda"
NVRTC_OPTIONS = ("--std=c++17",)  # what every kernel is compiled with, by the backend and by the tests alike

_FIELDS = ("Kernel", "What", "Tile", "Chips", "Operations", "Launch")
_FIELD_LINE = re.compile(r"//\s*([A-Z][a-z]+):\s+(\S.*)")
_GRID_AND_BLOCK = re.compile(r"grid \(n/(\d+), m/(\d+)\) rounded up, block \((\d+), (\d+)\)")

Dimensions = tuple[int, int]


@dataclass(frozen=True, slots=True)
class KernelSource:
    """A KernelSource is one kernel file: what its front page says, and its code.

    ``kernel`` is the entry point (``extern "C"``) and the name of the file, ``what`` a sentence, ``tile`` how the
    work is divided, ``chips`` where it runs, ``operations`` the FLOP of one launch, ``launch`` its grid and block.
    """

    kernel: str
    what: str
    tile: str
    chips: str
    operations: str
    launch: str
    code: str

    def grid_and_block(self, m: int, n: int) -> tuple[Dimensions, Dimensions]:
        """Return the blocks (x, y) and the threads per block (x, y) for a C of m x n.

        Raise FlopsbenchError if Launch is not a rule for both.
        """
        match = _GRID_AND_BLOCK.fullmatch(self.launch)
        if match is None:
            raise FlopsbenchError(Reason("kernel_launch_rule", kernel=self.kernel, launch=repr(self.launch)))
        columns, rows, x, y = map(int, match.groups())
        return (-(-n // columns), -(-m // rows)), (x, y)


def kernel_sources() -> list[KernelSource]:
    """Return every CUDA kernel of the package in the order of names; raise FlopsbenchError for a bad front page."""
    names = sorted(entry.name for entry in files(CUDA_PACKAGE).iterdir() if entry.name.endswith(".cu"))
    return [kernel_source(name.removesuffix(".cu")) for name in names]


def kernel_source(kernel: str) -> KernelSource:
    """Return the kernel in ``kernels/cuda/<kernel>.cu``; raise FlopsbenchError if its front page is incomplete."""
    return parse_kernel(kernel, files(CUDA_PACKAGE).joinpath(f"{kernel}.cu").read_text(encoding="utf-8"))


def parse_kernel(kernel: str, code: str) -> KernelSource:
    """Return ``code`` with its front page; raise FlopsbenchError for missing fields or another file's name."""
    page = _front_page(code)
    missing = [field for field in _FIELDS if field not in page]
    if missing:
        raise FlopsbenchError(Reason("kernel_page_lacks", kernel=kernel, fields=", ".join(missing)))
    if page["Kernel"] != kernel:
        raise FlopsbenchError(Reason("kernel_page_misnames", kernel=kernel, name=repr(page["Kernel"])))
    return KernelSource(**{field.lower(): page[field] for field in _FIELDS}, code=code)


def _front_page(code: str) -> dict[str, str]:
    """Return the fields of a front page."""
    page: dict[str, str] = {}
    for line in code.splitlines():
        if not line.startswith("//"):
            break
        if match := _FIELD_LINE.fullmatch(line.rstrip()):
            page[match[1]] = match[2]
    return page
