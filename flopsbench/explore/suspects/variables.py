"""Suspects variables of the environment: those that keep a library from instructions or cores first, then the rest."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import chain

from flopsbench.explore.why.hypothesis import Hypothesis
from flopsbench.explore.why.subject import Subject
from flopsbench.host.cpu.cores import EVERY_THREAD_VARIABLE
from flopsbench.host.environment import is_of_boards, settings
from flopsbench.peaks.instruction_sets import left_by, libraries, settings_for
from flopsbench.words.reason import Reason

ALONE = 3  # so many of the variables that nothing speaks against are tried one by one; the others all at once
KEPT = ("_VISIBLE_DEVICES", "_OVERRIDE_GFX_VERSION")  # without these it might be another device, or none


def of_holding_variables(subject: Subject) -> Iterator[Hypothesis]:
    """Yield the variables that keep a library from instructions, its own library first, then those from cores."""
    told = _told(subject)
    groups = dict.fromkeys(tuple(name for name in names if name in told) for names in _holding(subject))
    return (_hypothesis(names, told) for names in groups if names)


def of_other_variables(subject: Subject) -> Iterator[Hypothesis]:
    """Yield the variables that nothing speaks against, those called after the case's library first."""
    told, holding = _told(subject), set(chain.from_iterable(_holding(subject)))
    others = sorted(told.keys() - holding, key=lambda name: (not _is_of(subject.slow.library, name), name))
    for names in (*((name,) for name in others[:ALONE]), tuple(others[ALONE:])):
        if names:
            yield _hypothesis(names, told)


def _told(subject: Subject) -> dict[str, str]:
    """Return the variables that may matter for the case, with their values as documents show them."""
    return {
        name: text
        for name, text in settings(subject.environ).items()
        if subject.environ[name] and is_of_boards(name) != subject.slow.is_host and not name.endswith(KEPT)
    }


def _hypothesis(names: Sequence[str], told: Mapping[str, str]) -> Hypothesis:
    """Return that some variables hold the case down."""
    return Hypothesis(
        kind="variable",
        claim=Reason("why_variable", variables=", ".join(f"{name}={told[name]}" for name in names)),
        keep=Reason("why_unset", command=f"unset {' '.join(names)}"),
        unset=tuple(names),
    )


def _holding(subject: Subject) -> Iterator[list[str]]:
    """Yield the variables that hold the same thing together, of which one alone unset may change nothing."""
    yield from narrowing(subject)
    yield _of_threads(subject.environ)


def narrowing(subject: Subject) -> Iterator[list[str]]:
    """Yield the variables that leave instructions unused, those of each library that has any; its own library first."""
    vendor = subject.slow.result.host.cpu.vendor
    for library in sorted(libraries(), key=lambda each: each != subject.slow.paths):
        found = (
            setting.name
            for setting in settings_for(library, vendor)
            if left_by(library, setting, subject.environ.get(setting.name, ""))
        )
        yield list(dict.fromkeys(found))


def _of_threads(told: Collection[str]) -> list[str]:
    """Return the variables that set a number of threads: with one of several unset, another one still holds."""
    return [name for name in (*EVERY_THREAD_VARIABLE, "OMP_THREAD_LIMIT") if name in told]


def _is_of(library: str, name: str) -> bool:
    """Return whether a variable is called after the library that computes the case."""
    return name.startswith(library.partition(" ")[0].upper())
