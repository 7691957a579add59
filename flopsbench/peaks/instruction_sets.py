"""Finds which vector instructions the kernels of each library use, and what settings leave of them, in a sourced table.

x86 alone is in the order of ``sets``: no kernel is called narrow where the table cannot say what would be wider.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

import msgspec

_SETS = Path(__file__).with_name("instruction_sets.json")
_SEPARATORS = re.compile(r"[\s,;]+")

Kernels = Mapping[str, tuple[str, ...]]  # by the name of an instruction set: kernels, or values of a variable


class InstructionSet(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An InstructionSet is one generation of vector instructions.

    ``flag`` is Linux's name of it; ``work`` is about how much one instruction does, against the others.
    """

    name: str
    title: str
    flag: str
    work: int


class Gain(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"since": "from"}):
    """A Gain is how many times faster it was without what had kept a library to the set ``since``."""

    since: str
    times: str
    where: str


class LimitingSetting(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A LimitingSetting is a variable by which a library leaves instructions unused.

    ``leaves`` are its values by the set that they leave; where there are none, they are the names of kernels. It counts
    on CPUs of ``vendor`` alone where that is told.
    """

    name: str
    vendor: str | None = None
    leaves: Kernels = {}
    measured: Gain | None = None


class LibraryPaths(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """LibraryPaths are the ways through one library: its kernels by instruction set, and what chooses among them.

    ``widest`` is the last set that it has kernels for; ``elsewhere`` the set it uses on CPUs of others than ``vendor``.
    """

    name: str
    widest: str
    source: str
    source_url: str
    kernels: Kernels = {}
    settings: tuple[LimitingSetting, ...] = ()
    vendor: str | None = None
    elsewhere: str | None = None
    measured: Gain | None = None


class _Paths(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """_Paths are the whole file, the sets from the narrowest to the widest."""

    sets: tuple[InstructionSet, ...]
    libraries: tuple[LibraryPaths, ...]


@cache
def _table() -> _Paths:
    """Return the table."""
    return msgspec.json.decode(_SETS.read_bytes(), type=_Paths)


def libraries() -> tuple[LibraryPaths, ...]:
    """Return every library of the table."""
    return _table().libraries


def library_called(text: str) -> LibraryPaths | None:
    """Return the library by what a document calls it, with its version and kernel or without; None for another one."""
    return next((each for each in libraries() if f"{text} ".startswith(f"{each.name} ")), None)


def set_named(name: str | None) -> InstructionSet | None:
    """Return the set of that name; None for one that has no place in the order, such as Arm's."""
    return next((each for each in _table().sets if each.name == name), None)


def set_of_instruction(text: str | None) -> InstructionSet | None:
    """Return the set of an instruction that a ceiling is made of: avx512 of "avx512 fma 512-bit"."""
    return set_named((text or "").partition(" ")[0])


def widest_of_flags(flags: Iterable[str]) -> InstructionSet | None:
    """Return the widest set of a CPU by the flags that Linux lists; None where it lists none of them."""
    known = set(flags)
    return next((each for each in reversed(_table().sets) if each.flag in known), None)


def is_narrower(one: InstructionSet | None, other: InstructionSet | None) -> bool:
    """Return whether both are known and the first comes before the second."""
    sets = _table().sets
    return one is not None and other is not None and sets.index(one) < sets.index(other)


def narrowest(*sets: InstructionSet | None) -> InstructionSet | None:
    """Return the first of the known sets in their order."""
    return min(filter(None, sets), key=_table().sets.index, default=None)


def kernel_of(library: LibraryPaths, text: str) -> str | None:
    """Return the kernel that a document's text about a library ends with: Haswell of "OpenBLAS 0.3.30 Haswell"."""
    last = text.rpartition(" ")[2].lower()
    return next((each for names in library.kernels.values() for each in names if each.lower() == last), None)


def set_of_kernel(library: LibraryPaths, kernel: str | None) -> InstructionSet | None:
    """Return the set that a kernel of a library uses; None for an unknown kernel."""
    return set_named(_left_by(library.kernels, kernel or ""))


def left_by(library: LibraryPaths, setting: LimitingSetting, value: str) -> InstructionSet | None:
    """Return the set that the value of a variable leaves a library; None where it leaves all, or is none that counts.

    Of a list of values the one counts that leaves least.
    """
    words = _SEPARATORS.split(value.strip())
    return narrowest(*(set_named(_left_by(setting.leaves or library.kernels, word)) for word in words))


def _left_by(kernels: Kernels, word: str) -> str | None:
    """Return under which set a word stands, in capitals or not."""
    return next((name for name, words in kernels.items() if word.lower() in map(str.lower, words)), None)


def settings_for(library: LibraryPaths, vendor: str | None) -> Iterator[LimitingSetting]:
    """Yield the variables of a library that count on a vendor's CPUs."""
    yield from (each for each in library.settings if each.vendor in (None, vendor))


def used_by_itself(library: LibraryPaths, vendor: str | None, widest: InstructionSet) -> InstructionSet | None:
    """Return the widest set that a library uses on a vendor's CPU which has ``widest``, where no variable is set."""
    is_elsewhere = None not in (library.vendor, vendor) and library.vendor != vendor
    return narrowest(widest, set_named(library.widest), set_named(library.elsewhere) if is_elsewhere else None)
