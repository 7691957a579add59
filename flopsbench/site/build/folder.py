"""Keeps the folder that a site is built into: equal files are not written again, files of others never removed.

``.flopsbench-site/made`` in it lists every file a build has made, or was about to make when it was interrupted.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from flopsbench.errors import UsageError
from flopsbench.result.files import write
from flopsbench.words.reason import Reason

HIDDEN = ".flopsbench-site"


class SiteFolder:
    """A SiteFolder holds a site and, perhaps, files of others.

    Names are those of files below it, with slashes.
    """

    def __init__(self, path: Path) -> None:
        """Take the folder, or make it; raise UsageError unless it is empty or holds a site."""
        self.path = path
        self._list = self.hidden("made")
        try:
            path.mkdir(parents=True, exist_ok=True)
            if not self._list.is_file():
                if any(each.name != HIDDEN for each in path.iterdir()):
                    raise UsageError(Reason("folder_no_site", path=path))
                self._list.parent.mkdir(exist_ok=True)
                self._list.touch()
            self._made = set(self._list.read_text(encoding="utf-8").splitlines())
        except OSError as error:
            raise UsageError(Reason("folder_holds_no_site", path=path, error=error.strerror)) from None

    def hidden(self, name: str) -> Path:
        """Return the path of a file that belongs to the builder, not to the site."""
        return self.path / HIDDEN / name

    def names(self) -> set[str]:
        """Return every file that builds have made and that is still there."""
        folders = {name.rpartition("/")[0] for name in self._made}
        there = {f"{folder}/{name}".removeprefix("/") for folder in folders for name in self._listed(folder)}
        return there & self._made

    def _listed(self, folder: str) -> list[str]:
        """Return the names in a folder; none where it is missing."""
        path = self.path / folder
        return os.listdir(path) if path.is_dir() else []

    def announce(self, names: Iterable[str]) -> None:
        """Note which files are about to be made, so that they are known as the site's after an interruption."""
        announced = set(names)
        new = sorted(announced - self._made)
        self._made.update(new)
        for folder in {(self.path / name).parent for name in announced}:
            folder.mkdir(parents=True, exist_ok=True)
        with self._list.open("a", encoding="utf-8") as file:
            file.writelines(f"{name}\n" for name in new)

    def finish(self, names: Iterable[str]) -> None:
        """Remove all files that builds have made except these, and the folders that become empty."""
        kept = set(names)
        obsolete = [self.path / name for name in sorted(self._made - kept)]
        for path in obsolete:
            path.unlink(missing_ok=True)
        for folder in {path.parent for path in obsolete} - {self.path}:
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()
        self._made = kept
        write(self._list, "".join(f"{name}\n" for name in sorted(kept)).encode())


def put(path: Path, content: bytes) -> None:
    """Write a file unless it holds exactly that content already."""
    try:
        if path.stat().st_size == len(content) and path.read_bytes() == content:
            return
    except FileNotFoundError:
        pass
    write(path, content, durable=False)  # thousands, and a build makes them again
