"""The project's own CUDA kernels: sources that ship with the package, each with a front page that can be read.

A front page is the run of ``//`` lines a file opens with. It holds one ``Field: text`` a line; a line without a
field is prose for the human reader.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.resources import files

from flopsbench.errors import FlopsbenchError

CUDA_PACKAGE = "flopsbench.kernels.cuda"
NVRTC_OPTIONS = ("--std=c++17",)  # what every kernel is compiled with, by the backend and by the tests alike

_FIELDS = ("Kernel", "What", "Tile", "Chips", "Operations", "Launch")
_FIELD_LINE = re.compile(r"//\s*([A-Z][a-z]+):\s+(\S.*)")
_GRID_AND_BLOCK = re.compile(r"grid \(n/(\d+), m/(\d+)\) rounded up, block \((\d+), (\d+)\)")

Dimensions = tuple[int, int]


@dataclass(frozen=True, slots=True)
class KernelSource:
    """One kernel file: what its front page says, and its code.

    ``kernel`` is the entry point (``extern "C"``) and the name of the file, ``what`` a sentence, ``tile`` how the
    work is cut, ``chips`` where it runs, ``operations`` the FLOP of one launch, ``launch`` its grid and block.
    """

    kernel: str
    what: str
    tile: str
    chips: str
    operations: str
    launch: str
    code: str

    def grid_and_block(self, m: int, n: int) -> tuple[Dimensions, Dimensions]:
        """Blocks (x, y) and threads a block (x, y) for a C of m x n; raise FlopsbenchError if Launch says neither."""
        match = _GRID_AND_BLOCK.fullmatch(self.launch)
        if match is None:
            raise FlopsbenchError(f"kernel {self.kernel}: Launch is not a rule for a GEMM: {self.launch!r}")
        columns, rows, x, y = map(int, match.groups())
        return (-(-n // columns), -(-m // rows)), (x, y)


def kernel_sources() -> list[KernelSource]:
    """Every CUDA kernel that ships with the package, by name; raise FlopsbenchError for an incomplete front page."""
    names = sorted(entry.name for entry in files(CUDA_PACKAGE).iterdir() if entry.name.endswith(".cu"))
    return [kernel_source(name.removesuffix(".cu")) for name in names]


def kernel_source(kernel: str) -> KernelSource:
    """The kernel in ``kernels/cuda/<kernel>.cu``; raise FlopsbenchError if its front page is incomplete."""
    return parse_kernel(kernel, files(CUDA_PACKAGE).joinpath(f"{kernel}.cu").read_text(encoding="utf-8"))


def parse_kernel(kernel: str, code: str) -> KernelSource:
    """The front page of ``code``; raise FlopsbenchError naming the fields it lacks, or a name not the file's."""
    page = _front_page(code)
    missing = [field for field in _FIELDS if field not in page]
    if missing:
        raise FlopsbenchError(f"kernel {kernel}: its front page lacks {', '.join(missing)}")
    if page["Kernel"] != kernel:
        raise FlopsbenchError(f"kernel {kernel}: its front page calls it {page['Kernel']!r}")
    return KernelSource(**{field.lower(): page[field] for field in _FIELDS}, code=code)


def _front_page(code: str) -> dict[str, str]:
    page: dict[str, str] = {}
    for line in code.splitlines():
        if not line.startswith("//"):
            break
        if match := _FIELD_LINE.fullmatch(line.rstrip()):
            page[match[1]] = match[2]
    return page
