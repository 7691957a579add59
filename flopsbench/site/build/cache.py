"""Remembers what a build need not do again: the Entries of Results whose pages are there, and digests of other pages.

An Entry is forgotten before its page is touched. A build that is interrupted therefore leaves a cache that knows too
little, and never one that is wrong.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec

import flopsbench
from flopsbench.registry.entry import Entry
from flopsbench.result.files import write
from flopsbench.site.build.folder import SiteFolder

LIBRARIES = ("jinja2", "markupsafe", "msgspec")  # whose versions may change how a page looks


class Known(msgspec.Struct, frozen=True, array_like=True):
    """A Known is a Result whose page is there.

    ``key`` is the digest of all that the page was made of, except the program; ``times`` are the fingerprints of the
    times of its cases.
    """

    key: bytes
    entry: Entry
    times: list[int]


class Cache:
    """A Cache lies in the site's folder and holds what the last build knew.

    ``results`` are by path below the registry's folder, ``pages`` are digests by name of the page.
    """

    def __init__(self, folder: SiteFolder, program: str) -> None:
        """Read what the last build knew; that is nothing where there was none, or where another program built."""
        self._program = program
        self._results_file, self._pages_file = folder.hidden("results"), folder.hidden("pages")
        self.results: Mapping[str, Known] = _read(self._results_file, program, Known)
        self.pages: Mapping[str, bytes] = _read(self._pages_file, program, bytes)

    def forget(self, kept: Mapping[str, Known]) -> None:
        """Keep only these Results and no page, because files are about to change."""
        if not kept or kept != self.results:
            self._write(self._results_file, kept)
        self._pages_file.unlink(missing_ok=True)

    def save(self, results: Mapping[str, Known], pages: Mapping[str, bytes]) -> None:
        """Keep these Results and pages, whose files are there."""
        self._write(self._results_file, results)
        self._write(self._pages_file, pages)

    def _write(self, path: Path, known: Mapping[str, Any]) -> None:
        """Write one file of the cache, with the digest of this program."""
        write(path, msgspec.msgpack.encode((self._program, dict(sorted(known.items())))))


def _read(path: Path, program: str, kind: Any) -> dict[str, Any]:
    """Read one file of the cache, whose values are of that kind; empty unless this program wrote it."""
    try:
        built_by, known = msgspec.msgpack.decode(path.read_bytes(), type=tuple[str, dict[str, kind]])
    except (FileNotFoundError, msgspec.MsgspecError):
        return {}
    return known if built_by == program else {}


def program() -> str:
    """Return a digest of all that decides how a page looks, except the registry: this package and its libraries."""
    digest = hashlib.sha256()
    root = Path(flopsbench.__file__).parent
    for path in sorted(path for path in root.rglob("*") if path.is_file() and "__pycache__" not in path.parts):
        for part in (path.relative_to(root).as_posix().encode(), path.read_bytes()):
            digest.update(len(part).to_bytes(8, "big") + part)
    for library in LIBRARIES:
        digest.update(f"{library} {version(library)}\n".encode())
    return digest.hexdigest()
