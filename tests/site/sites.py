"""Sites that browsers look at: one built of sound Results, one whose every text is hostile."""

from __future__ import annotations

import csv
import json
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from flopsbench.registry.entry import Entry, Machine
from flopsbench.result.files import save
from flopsbench.result.types import METHOD_VERSION, Result
from flopsbench.site.build.build import build
from flopsbench.site.build.overview import Overview
from flopsbench.site.build.serve import HOST, server
from flopsbench.site.html.environment import assets
from flopsbench.site.html.pages import Pages
from flopsbench.site.model.read import read_entry
from tests.site.entries import CPU, H200, entry, figure, own
from tests.validate.fields import free_texts, plant
from tests.validate.honest import honest
from tests.validate.made import made

RESULTS = Path(__file__).parents[2] / "results"
MADE = 41  # Results beside the real ones: two of every kind of device, and one of the last
OLDER = 4  # and those of the first method
BOARD = "boards/bf16-ieee.html"
HOSTILE = (
    "\"'></title><script>window.ran=1</script><img src=x onerror=window.ran=1>{{7*7}}javascript:\u202e" + "W" * 300
)


@dataclass(frozen=True)
class Site:
    """A site that is being served, the registry it was built of, and what its data files say."""

    registry: Path
    folder: Path
    address: str

    @cached_property
    def index(self) -> list[dict[str, Any]]:
        """Every Result, newest first."""
        return list(self._data("index")["results"])

    @cached_property
    def compared(self) -> dict[str, Any]:
        """What is compared with what, and how."""
        return self._data("compare")

    @cached_property
    def machines(self) -> dict[str, dict[str, Any]]:
        """Every device that is compared, by the name of its page."""
        return {machine["slug"]: machine for machine in self.compared["machines"]}

    @cached_property
    def rows(self) -> list[dict[str, str]]:
        """Every row of every board."""
        with (self.folder / "data/boards.csv").open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    @property
    def board(self) -> list[dict[str, str]]:
        """The rows of the board that the tests look at, fastest first."""
        current = str(METHOD_VERSION)
        return [row for row in self.rows if (row["board"], row["method"]) == (Path(BOARD).stem, current)]

    @property
    def cpu(self) -> str:
        """A device that has no datasheet."""
        return next(slug for slug, machine in self.machines.items() if machine["kind"] == "cpu")

    def newest(self, device: str) -> dict[str, Any]:
        """The newest Result of a device."""
        return next(result for result in self.index if device in result["devices"])

    @cached_property
    def real(self) -> dict[str, Any]:
        """A Result of a machine that there is, where the site has one."""
        real = {path.relative_to(RESULTS).as_posix() for path in RESULTS.rglob("*.json")}
        return next((result for result in self.index if result["path"] in real), self.index[0])

    @property
    def kinds(self) -> dict[str, str]:
        """A page of every kind."""
        return {
            "home": "index.html",
            "board": BOARD,
            "device": f"devices/{H200.slug}.html",
            "result": self.newest(H200.slug)["page"],
            "real result": self.real["page"],
            "eflops": "eflops.html",
            "compare": f"compare.html?device={H200.slug}&device={self.cpu}",
            "about": "about.html",
            "missing": "404.html",
        }

    def _data(self, name: str) -> dict[str, Any]:
        return dict(json.loads((self.folder / f"data/{name}.json").read_bytes()))


KINDS = ("home", "board", "device", "result", "real result", "eflops", "compare", "about", "missing")


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of a site while it is served as ``flopsbench site serve`` does."""
    with server(folder, 0) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://{HOST}:{running.server_port}/"
        running.shutdown()
        thread.join()


@contextmanager
def sound_site(folder: Path) -> Iterator[Site]:
    """The real Results and some dozens of others, built as ``flopsbench site build`` does, and served.

    Some are of the first method, and some have own kernels.
    """
    shutil.copytree(RESULTS, folder / "registry")
    for number in range(MADE + OLDER):
        method = METHOD_VERSION if number < MADE else 1
        save(made(number, method, own=number % 2 == 0), folder / "registry")
    report = build(folder / "registry", folder / "site", jobs=1)
    assert not report.refused, report.refused
    with served(folder / "site") as address:
        yield Site(folder / "registry", folder / "site", address)


@contextmanager
def hostile_site(folder: Path) -> Iterator[Site]:
    """Pages of a registry whose every free text is hostile, as if no validator had ever looked; served."""
    entries = [_hostile_entry(number, *machines) for number, machines in enumerate([[H200], [CPU], [H200, CPU]])]
    overview, pages = Overview(entries), Pages()
    files = {page.name: getattr(pages, page.maker)(*page.content).encode() for page in overview.pages()}
    files |= {f"results/{each.page}.html": _hostile_result(each.page).encode() for each in entries}
    files |= {name: content() for name, content in overview.data().items()}
    files |= {f"assets/{name}": content for name, content in assets().items()}
    write(folder, files)
    with served(folder) as address:
        yield Site(folder, folder, address)


def write(folder: Path, files: dict[str, bytes]) -> None:
    """Write files by their names below a folder."""
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def _hostile_entry(number: int, *machines: Machine) -> Entry:
    owned = [_spoilt(own(device=machine.slug)) for machine in machines]
    figures = [
        replace(_spoilt(figure(device=each.slug)), backend="torch", kernel="matmul") for each in machines
    ] + owned
    known = entry(number, *figures, machines=[_spoilt(machine) for machine in machines], versions={HOSTILE: HOSTILE})
    return replace(known, **dict.fromkeys(("submitter", "profile", "tool", "attested", "signed_by"), HOSTILE))


def _spoilt(thing: Any) -> Any:
    kept = {"slug", "kind", "device", "unit", "regime", "dtype", "math"}
    texts = (name for name in thing.__struct_fields__ if isinstance(getattr(thing, name), str) and name not in kept)
    return replace(thing, **dict.fromkeys(texts, HOSTILE))


def _hostile_result(page: str) -> str:
    """The page of an honest Result after every free text of it was replaced, but for those that name other parts."""
    plain = msgspec.to_builtins(honest())
    for field in free_texts():
        if field.path not in ("cases.1.device", "cases.1.dtype", "devices.1.id"):
            plant(plain, field.path, HOSTILE)
    known = read_entry(honest(), f"v1/{H200.slug}/2026/{page}.json")
    superseded = replace(known, superseded_by=HOSTILE, superseded_for=HOSTILE)
    return Pages().result(msgspec.convert(plain, Result), superseded)
