"""Defines every error that a user can meet, and the exit code of each.

FlopsbenchError
├── UsageError            2  the request makes no sense: unknown dtype, malformed size, "EiFLOPS"
├── NotComparable         5  two things that may not be set beside each other
├── DocumentRejected      6  a file is not a Result that this version understands
├── NothingMeasurable     7  no device or backend that was asked for is available
└── Unsupported           -  a backend cannot run a problem here; becomes a row of the Result with its reason
"""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """ExitCode is what the process tells its caller; a code means the same in every command."""

    DONE = 0
    CRASH = 1
    USAGE = 2
    FAILED = 3
    INCONCLUSIVE = 4
    NOT_COMPARABLE = 5
    REJECTED = 6
    NOTHING_MEASURABLE = 7
    INTERRUPTED = 130


class FlopsbenchError(Exception):
    """FlopsbenchError carries a sentence for the user; ``exit_code`` is what the command line returns for it.

    The sentence is a Reason, which is known in both languages, or any text.
    """

    exit_code = ExitCode.CRASH

    @property
    def reason(self) -> str:
        """Return the sentence as it was given, so that a Reason stays one, which ``str`` would make a plain text."""
        given = self.args[0] if len(self.args) == 1 else None
        return given if isinstance(given, str) else str(self)


class UsageError(FlopsbenchError):
    """UsageError means that the request itself is wrong; the message says what would be right."""

    exit_code = ExitCode.USAGE


class NotComparable(FlopsbenchError):
    """NotComparable means that two rates or documents may not be set beside each other; the message says why."""

    exit_code = ExitCode.NOT_COMPARABLE


class DocumentRejected(FlopsbenchError):
    """DocumentRejected means that a file is not a Result that this version understands; the message says where and why.

    ``kind`` is what is wrong in a word: a code of the registry's validator without "integrity." before it.
    """

    exit_code = ExitCode.REJECTED

    def __init__(self, sentence: str, kind: str = "schema") -> None:
        super().__init__(sentence)
        self.kind = kind


class NothingMeasurable(FlopsbenchError):
    """NothingMeasurable means that no device or backend that was asked for is available."""

    exit_code = ExitCode.NOTHING_MEASURABLE


class Unsupported(FlopsbenchError):
    """Unsupported means that a backend cannot run a problem on a device; the message is the reason readers will see."""

    exit_code = ExitCode.NOTHING_MEASURABLE
