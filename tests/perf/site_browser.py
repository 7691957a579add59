"""How quickly a browser shows and sorts the heaviest board: thousands of devices, more than any registry has.

    python -m tests.perf.site_browser [--devices 1000 3000] [--runs 5]

Under a second is asked for, for each. Printed as medians over fresh visits: the milliseconds from asking for the page
until it is loaded and laid out, also beside a board without devices; and those from a click on a header until the rows
are on the screen in their new order, for the slowest column and for the median one.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterable
from pathlib import Path
from statistics import median

from msgspec.structs import replace as altered
from playwright.sync_api import Browser

from flopsbench.registry.entry import Entry
from flopsbench.result.types import METHOD_VERSION
from flopsbench.site.html.environment import assets
from flopsbench.site.html.pages import Pages
from flopsbench.site.model.boards import Board, Ranking, make_boards
from tests.site.browser import INSTALL, browsing, chromium, visit
from tests.site.entries import H200, entry, figure
from tests.site.sites import served, write

# Nothing is loaded before it is laid out, and nothing laid out before it is asked how high it is.
LOADED = "performance.now() + 0 * document.body.offsetHeight"
SORTED = """async header => {
    const start = performance.now();
    header.querySelector('button').click();
    await new Promise(drawn => requestAnimationFrame(() => setTimeout(drawn)));
    return performance.now() - start;
}"""


def write_site(folder: Path, devices: Iterable[int]) -> None:
    """One board per number of devices, with all that a row may show, and one of none."""
    boards = {number: make_boards(_entry(each, number) for each in range(number))[0] for number in devices}
    full = next(iter(boards.values()))
    boards[0] = Board(full.key, full.dtype, full.math, full.unit, [Ranking(METHOD_VERSION, [], [])], full.published)
    files = {"index.html": b""} | {f"assets/{name}": content for name, content in assets().items()}
    files |= {board(number): Pages().board(each).encode() for number, each in boards.items()}
    write(folder, files)


def board(devices: int) -> str:
    """Where the board of so many devices lies."""
    return f"boards/{devices}.html"


def _entry(number: int, devices: int) -> Entry:
    """A Result of a device that nobody else measured; neighbours are not neighbours by any column but the rate."""
    machine = altered(H200, slug=f"device-{number}", name=f"NVIDIA H200 of {number * 7919 % devices}")
    known = {
        "device": machine.slug,
        "watts": 400.0 + number * 31 % 300,
        "per_joule": 1e12 + number * 17 % devices * 1e8,
    }
    burst = figure(1e14 + number * 1e11, of_ceiling=0.5 + number * 13 % 50 / 100, **known)
    sustained = figure(9e13 + number * 7 % devices * 1e11, regime="sustained", **known)
    return entry(number, burst, sustained, machines=[machine], submitter=f"somebody-{number}")


def loading(browser: Browser, address: str, path: str) -> float:
    """Milliseconds until a page is loaded and laid out, for somebody who was never here."""
    with visit(browser, address) as visitor:
        visitor.open(path)
        return float(visitor.page.evaluate(LOADED))


def sorting(browser: Browser, address: str, path: str) -> list[float]:
    """Milliseconds of a click on each header."""
    with visit(browser, address) as visitor:
        visitor.open(path)
        headers = visitor.page.locator("table").first.locator("th[data-sort]").all()
        return [float(header.evaluate(SORTED)) for header in headers]


def main() -> None:
    """Print one line per number of devices."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--devices", type=int, nargs="+", default=[1000, 3000])
    parser.add_argument("--runs", type=int, default=5)
    asked = parser.parse_args()
    executable = chromium()
    if not executable:
        raise SystemExit(INSTALL)
    with tempfile.TemporaryDirectory() as name, browsing(executable) as browser:
        folder = Path(name)
        write_site(folder, asked.devices)
        with served(folder) as address:
            empty = median(loading(browser, address, board(0)) for _ in range(asked.runs))
            for devices in asked.devices:
                full = median(loading(browser, address, board(devices)) for _ in range(asked.runs))
                runs = [sorting(browser, address, board(devices)) for _ in range(asked.runs)]
                clicks = [median(column) for column in zip(*runs, strict=True)]
                print(
                    f"{devices:5} devices, {(folder / board(devices)).stat().st_size / 1e6:.1f} MB: "
                    f"loaded in {full:.0f} ms, {full / empty:.1f} x an empty board's {empty:.0f} ms; "
                    f"sorted in {max(clicks):.0f} ms, {median(clicks):.0f} ms by most columns",
                    flush=True,
                )


if __name__ == "__main__":
    main()
