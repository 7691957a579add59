"""Tells whose code a process has loaded: a project's own, libraries beside it, or code of another folder."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from functools import cache
from importlib.metadata import Distribution, distributions
from pathlib import Path
from types import ModuleType

import msgspec

PACKAGES = ("site-packages", "dist-packages")


class CodePlaces(msgspec.Struct, frozen=True):
    """CodePlaces are folders: ``own`` hold the code that one side is to run, ``other`` code that it must not."""

    own: list[str] = []
    other: list[str] = []


class LoadedCode(msgspec.Struct, frozen=True):
    """A LoadedCode is what a process had loaded in the end.

    ``project`` are the packages and modules of the project, ``libraries`` others that lie in its own folders, with
    their versions, ``tests`` digests of the files that were collected as tests, and ``elsewhere`` files of the project
    that do not belong to this side.
    """

    project: list[str] = []
    libraries: list[str] = []
    tests: list[str] = []
    elsewhere: list[str] = []


def loaded_code(places: CodePlaces, tests: Collection[str] = ()) -> LoadedCode:
    """Return what this process has loaded, by the folders that it lies in; ``tests`` are files of tests."""
    own, other = ([Path(folder).resolve() for folder in folders] for folders in (places.own, places.other))
    project, libraries, elsewhere = set[str](), set[str](), set[str]()
    for module in list(sys.modules.values()):
        path = _path(module)
        if path is None or str(path) in tests:
            continue
        packages = _packages(path)
        if _is_below(path, own):
            name = module.__name__.partition(".")[0]
            library = _indexed(packages).get(name) if packages else None
            (libraries if library else project).add(library or name)
        elif _is_below(path, other) and not packages:
            elsewhere.add(str(path))
    digests = sorted(hashlib.sha256(_bytes(path)).hexdigest() for path in tests)
    return LoadedCode(sorted(project), sorted(libraries), digests, sorted(elsewhere))


def _path(module: ModuleType) -> Path | None:
    """Return the file of a module; None for one without."""
    file = getattr(module, "__file__", None)
    return Path(file).resolve() if isinstance(file, str) else None


def _is_below(path: Path, folders: Sequence[Path]) -> bool:
    """Return whether a path lies below any of the folders."""
    return any(map(path.is_relative_to, folders))


def _packages(path: Path) -> Path | None:
    """Return the folder of packages that a file is installed in; None for one of a source tree."""
    return next((folder for folder in path.parents if folder.name in PACKAGES), None)


@cache
def _indexed(packages: Path) -> dict[str, str]:
    """Return the libraries in a folder of packages that came from an index, "numpy 2.4.6", by the modules they bring.

    What was installed from a folder or a repository says so in a file of its own (PEP 610): that is the project.
    """
    found: dict[str, str] = {}
    for distribution in distributions(path=[str(packages)]):
        if distribution.read_text("direct_url.json") is None and distribution.read_text("RECORD") is not None:
            found |= dict.fromkeys(_modules(distribution), f"{distribution.name} {distribution.version}")
    return found


def _modules(distribution: Distribution) -> Iterator[str]:
    """Yield the top-level modules of a distribution."""
    for file in distribution.files or ():
        if file.suffix in (".py", ".so", ".pyd"):
            yield file.parts[0].partition(".")[0]


def _bytes(path: str) -> bytes:
    """Return what stands in a file; nothing where it cannot be read."""
    with suppress(OSError):
        return Path(path).read_bytes()
    return b""
