"""Reads what maintainers say about published Results: hidden, superseded or attested. The Results stay untouched."""

from __future__ import annotations

import datetime
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from flopsbench.errors import DocumentRejected
from flopsbench.registry.file import MODERATION, ids_in
from flopsbench.result.files import named, read_regular, unnamed
from flopsbench.result.strict import parse_toml
from flopsbench.text import hidden, says_something
from flopsbench.validate.finding import Finding
from flopsbench.words.reason import Reason

# \Z instead of $, which also matches before a line break at the end.
Id = Annotated[str, Meta(pattern=r"^sha256:[0-9a-f]{64}\Z")]
ReasonText = Annotated[str, Meta(pattern=r"^[^\x00-\x1f\x7f-\x9f]{1,500}\Z")]
HttpsAddress = Annotated[str, Meta(pattern=r"^https://[A-Za-z0-9][A-Za-z0-9.-]*/[A-Za-z0-9._~/?#=&%+-]*\Z")]

AN_ID = Reason("wanted_id")
WANTED = {  # what each field must be, in words
    "id": AN_ID,
    "by": AN_ID,
    "reason": Reason("wanted_reason"),
    "run": Reason("wanted_address"),
    "date": Reason("wanted_day"),
}


class Reasoned(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A Reasoned is an entry that gives its reason, which pages show."""

    id: Id
    reason: ReasonText
    date: datetime.date

    def __post_init__(self) -> None:
        """Refuse a reason that nobody can read, though it is not empty."""
        if hidden(self.reason) or not says_something(self.reason):
            raise ValueError(f"reason: {WANTED['reason']}")


class Hide(Reasoned, frozen=True, forbid_unknown_fields=True):
    """A Hide names a Result that boards and pages no longer show."""


class Supersede(Reasoned, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A Supersede names a Result whose place another one, ``by``, has taken."""

    by: Id


class Attest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An Attest names a Result that the CI run at the address ``run`` measured, as a maintainer has verified."""

    id: Id
    run: HttpsAddress
    date: datetime.date


class _Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A _Document is the file as it is written: one table for each kind of entry."""

    hide: list[Hide] = []
    supersede: list[Supersede] = []
    attest: list[Attest] = []


class Moderation(msgspec.Struct, frozen=True):
    """A Moderation holds the entries of the file by the id of the Result they are about.

    ``hidden`` gives the reason, ``superseded`` the id of the successor, ``superseded_for`` the reason for that, and
    ``attested`` the address of the CI run.
    """

    hidden: dict[str, str] = {}
    superseded: dict[str, str] = {}
    superseded_for: dict[str, str] = {}
    attested: dict[str, str] = {}

    @property
    def named(self) -> list[tuple[str, str]]:
        """Return each id that the file names, behind the table in which it stands."""
        superseding = [*self.superseded, *self.superseded.values()]
        tables = {"hide": self.hidden, "supersede": superseding, "attest": self.attested}
        return list(dict.fromkeys((table, id) for table, ids in tables.items() for id in ids))

    @classmethod
    def load(cls, folder: str | os.PathLike[str]) -> Moderation:
        """Read ``moderation.toml`` of a registry's folder; an absent file says nothing about any Result.

        Raises DocumentRejected with one sentence for anything but well-formed entries.
        """
        path = Path(folder) / MODERATION
        if not path.exists() and not path.is_symlink():
            return cls()
        with named(path):
            document = _document(read_regular(path, Reason("no_file")))
            _refuse_repeated("hide", [entry.id for entry in document.hide])
            _refuse_repeated("supersede", [entry.id for entry in document.supersede])
            _refuse_repeated("attest", [entry.id for entry in document.attest])
            superseded = {entry.id: entry.by for entry in document.supersede}
            _refuse_cycle(superseded)
        return cls(
            hidden={entry.id: entry.reason for entry in document.hide},
            superseded=superseded,
            superseded_for={entry.id: entry.reason for entry in document.supersede},
            attested={entry.id: entry.run for entry in document.attest},
        )


def moderation_findings(registry: Path, changed: bool) -> Iterator[Finding]:
    """Yield what is wrong with ``moderation.toml`` of a registry's folder.

    Whether each Result that it names is there is asked only where the file has ``changed``, since it takes long.
    """
    try:
        moderation = Moderation.load(registry)
    except DocumentRejected as error:
        yield Finding("moderation.invalid", unnamed(error))
        return
    named = moderation.named if changed else []
    here = ids_in(registry, {id for _, id in named}) if named else set()
    for table, id in named:
        if id not in here:
            yield Finding("moderation.unknown", Reason("names_absent_result", id=id), table)


def _document(text: bytes) -> _Document:
    """Parse the bytes of the file; raise DocumentRejected with one sentence for anything but well-formed entries."""
    try:
        return msgspec.convert(_table(text), _Document)
    except msgspec.ValidationError as error:
        raise DocumentRejected(_sentence(str(error))) from None


def _sentence(said: str) -> str:
    """Return msgspec's complaint with the name of the field in front.

    For a field of WANTED the complaint is replaced by what the field must be: msgspec quotes the pattern, which says
    nothing to most readers.
    """
    found = re.fullmatch(r"(.*) - at `\$\.(.*)`", said)
    if not found:
        return said
    complaint, where = found.groups()
    return Reason("at_path", path=where, error=WANTED.get(where.rpartition(".")[2], complaint))


def _table(text: bytes) -> dict[str, Any]:
    """Parse TOML; raise DocumentRejected with one sentence for anything else."""
    try:
        return parse_toml(text.decode())
    except UnicodeDecodeError as error:
        raise DocumentRejected(Reason("not_utf8", at=error.start)) from None


def _refuse_repeated(table: str, ids: Sequence[str]) -> None:
    """Raise DocumentRejected where a table names a Result twice."""
    seen: set[str] = set()
    for id in ids:
        if id in seen:
            raise DocumentRejected(Reason("twice_in_table", id=id, table=table))
        seen.add(id)


def _refuse_cycle(superseded: Mapping[str, str]) -> None:
    """Raise DocumentRejected where a chain of successors leads back to where it began."""
    arrive: set[str] = set()
    for start in superseded:
        chain: set[str] = set()
        id = start
        while id in superseded and id not in arrive:
            if id in chain:
                raise DocumentRejected(Reason("superseded_by_itself", id=id))
            chain.add(id)
            id = superseded[id]
        arrive |= chain
