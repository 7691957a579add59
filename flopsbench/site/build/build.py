"""Builds the site of a registry's folder: the same registry gives the same site, whatever an earlier build has left."""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from flopsbench.errors import UsageError
from flopsbench.registry import file
from flopsbench.registry.file import SIGNERS, SUFFIX
from flopsbench.registry.moderation import Moderation
from flopsbench.registry.population import duplicate_findings
from flopsbench.site.build.cache import Cache, Known, program
from flopsbench.site.build.folder import SiteFolder, put
from flopsbench.site.build.overview import Overview
from flopsbench.site.build.pool import Crew
from flopsbench.site.build.work import Batch, BatchOutcome, Page, SourceFile, key, publish, result_files, write_page
from flopsbench.site.html.environment import assets
from flopsbench.site.model.home import RefusedFile
from flopsbench.site.model.read import page_of
from flopsbench.words.reason import Reason

FILES_PER_BATCH = 25


@dataclass(frozen=True, slots=True)
class BuildReport:
    """A BuildReport says what a build did.

    It counts the ``results`` on the site, how many of them are ``fresh`` (new or changed), and the ``files`` of the
    site.
    """

    results: int
    fresh: int
    files: int
    refused: list[RefusedFile]


@contextmanager
def _no_search_for_cycles() -> Iterator[None]:
    """Switch off the garbage collector of cycles.

    A build makes hardly any cycles, and searching all Entries for them again and again takes a twelfth of the time.
    """
    searched = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if searched:
            gc.enable()


@_no_search_for_cycles()
def build(registry: Path, site: Path, jobs: int | None = None) -> BuildReport:
    """Build the site of a registry into a folder, with that many processes (default: one per usable CPU).

    Files of the folder that no build made stay as they are. Raises UsageError where ``registry`` is no registry, or
    where ``site`` cannot hold a site; DocumentRejected for a moderation file that is not valid.
    """
    _check_places(registry, site)
    sources, refused = _sources(registry)
    folder = SiteFolder(site)
    cache = Cache(folder, program())
    kept = _kept(registry, sources, cache, folder)
    todo = [source for source in sources if source.path not in kept]

    folder.announce(name for source in todo for name in result_files(source.page))
    cache.forget(kept)
    with Crew(jobs) as crew:
        outcomes = _publish(crew, registry, site, todo)
        known = kept | {each.path: each.known for each in outcomes if each.known}
        copied = duplicate_findings({path: each.times for path, each in known.items()})
        known = {path: known[path] for path in sorted(known) if path not in copied}
        entries = [each.entry for each in known.values()]
        refused += [RefusedFile(each.path, each.findings) for each in outcomes if not each.known]
        refused += [RefusedFile(path, [finding]) for path, finding in copied.items()]
        refused.sort(key=lambda each: each.path)
        overview = Overview(entries, refused)
        digests = _make_pages(crew, folder, list(overview.pages()), cache.pages)
    names = _write_data(folder, overview)
    files = {*digests, *names, *(name for entry in entries for name in result_files(entry.page))}
    folder.finish(files)
    cache.save(known, digests)
    fresh = len(known) - sum(path in kept for path in known)
    return BuildReport(len(known), fresh, len(files), refused)


def _check_places(registry: Path, site: Path) -> None:
    """Raise UsageError unless the one is a registry and the other lies outside of it."""
    if not (registry / file.LAYOUT).is_dir():
        raise UsageError(Reason("no_registry", path=registry, layout=file.LAYOUT))
    if site.resolve().is_relative_to(registry.resolve()):
        raise UsageError(Reason("site_in_registry", path=site))


def _sources(registry: Path) -> tuple[list[SourceFile], list[RefusedFile]]:
    """Return the files that may be published, in the order of their paths, and those that cannot.

    Hidden ones are in neither list.
    """
    moderation = Moderation.load(registry)
    hidden = set(map(page_of, moderation.hidden))
    attested = {page_of(id): run for id, run in moderation.attested.items()}
    superseded = {page_of(id): by for id, by in moderation.superseded.items()}
    reasons = {page_of(id): reason for id, reason in moderation.superseded_for.items()}
    signers = _signers(registry)
    sources, refused = [], []
    every = {found.place or found.path: found for found in file.files(registry)}
    shown = {_page(path) for path, found in every.items() if found.is_proper} - hidden
    for path, found in every.items():
        page = _page(path)
        if finding := found.finding or found.stray:
            refused.append(RefusedFile(path, [finding]))
        elif found.is_proper and page not in hidden:
            successor = superseded.get(page)
            leads = page_of(successor) if successor and page_of(successor) in shown else None
            signature = every.get(path + SUFFIX)
            keys = signers if signature and not signature.finding else None
            sources.append(SourceFile(path, page, attested.get(page), successor, reasons.get(page), leads, keys))
    return sources, refused


def _page(path: str) -> str:
    """Return the stem of a file's page, which is that of the file."""
    return path.rpartition("/")[2].removesuffix(".json")


def _signers(registry: Path) -> bytes:
    """Return a digest of the known keys, empty without any; it changes whenever the keys do."""
    path = registry / SIGNERS
    return hashlib.sha256(path.read_bytes()).digest() if path.is_file() else b""


def _kept(registry: Path, sources: Iterable[SourceFile], cache: Cache, folder: SiteFolder) -> dict[str, Known]:
    """Return what the cache knows about files that have not changed and whose pages are there, by path."""
    standing = folder.names()
    return {
        source.path: known
        for source in sources
        if (known := cache.results.get(source.path))
        and standing.issuperset(result_files(source.page))
        and key(registry, source) == known.key
    }


def _publish(crew: Crew, registry: Path, site: Path, sources: Sequence[SourceFile]) -> list[BatchOutcome]:
    """Check the files, write the pages of those that are sound, and return what came of each."""
    starts = range(0, len(sources), FILES_PER_BATCH)
    batches = [Batch(registry, site, sources[start : start + FILES_PER_BATCH]) for start in starts]
    return [each for batch in crew.map(publish, batches) for each in batch]


def _make_pages(crew: Crew, folder: SiteFolder, every: Sequence[Page], before: Mapping[str, bytes]) -> dict[str, bytes]:
    """Write the pages whose content has changed or that are missing; return the digest of each page's content."""
    digests = {page.name: page.digest for page in every}
    folder.announce(digests)
    stands = folder.names()
    changed = [page for page in every if before.get(page.name) != digests[page.name] or page.name not in stands]
    crew.map(partial(write_page, folder.path), changed)
    return digests


def _write_data(folder: SiteFolder, overview: Overview) -> list[str]:
    """Write the downloads and the assets (stylesheet, script, icon); return the names of the files."""
    files = overview.data() | {f"assets/{name}": partial(bytes, each) for name, each in assets().items()}
    folder.announce(files)
    for name, content in files.items():
        put(folder.path / name, content())
    return list(files)
