"""Hands a Comparison over: to the terminal, as JSON, Markdown, JUnit XML and GitHub's annotations."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from flopsbench.cli.complaint import complain
from flopsbench.cli.files import STDOUT, check_target, put_or_keep
from flopsbench.errors import ExitCode, UsageError
from flopsbench.text import JSON_ESCAPE, without_commands
from flopsbench.words.reason import Reason

if TYPE_CHECKING:
    from flopsbench.track.comparison import Comparison


class Targets(NamedTuple):
    """Targets are where documents go, as the command line names them."""

    json: str | None = None
    markdown: str | None = None
    junit: str | None = None


def check_targets(json: str | None, markdown: str | None, junit: str | None = None) -> Targets:
    """Return the targets; refuse what cannot be written before minutes are spent on it, by a UsageError."""
    asked = {"--json": json, "--markdown": markdown, "--junit": junit}
    targets = Targets(*(check_target(option, target) for option, target in asked.items()))
    if targets.count(STDOUT) > 1:
        raise UsageError(Reason("one_document_on_stdout"))
    return targets


def hand_over(comparison: Comparison, targets: Targets, fail_on: str, lang: str = "en") -> ExitCode:
    """Write every document asked for, then print; return what the caller is to be told.

    Under GitHub Actions the job's summary gets the Markdown and the log the annotations, asked for or not. A target
    that cannot be written after all is named on standard error, the rest is written, and the exit code is 2 unless
    the comparison has worse to tell.
    """
    from flopsbench.render.files.junit import junit as as_junit
    from flopsbench.render.files.markdown import summary
    from flopsbench.track.comparison import exit_code, parse_fail_on

    failing = parse_fail_on(fail_on)
    documents = (
        ("--json", targets.json, as_json(comparison)),
        ("--markdown", targets.markdown, summary(comparison).encode()),
        ("--junit", targets.junit, as_junit(comparison, failing)),
    )
    written = [put_or_keep(option, target, document) for option, target, document in documents if target is not None]
    written.append(_append_to_summary(summary(comparison)))
    _print(comparison, lang, alone=STDOUT in targets)
    code = exit_code(comparison, failing)
    return code if code != ExitCode.DONE or all(written) else ExitCode.USAGE


def as_json(comparison: Comparison) -> bytes:
    """Return the comparison as a document that names its schema, floats to the digits documents keep."""
    import msgspec

    from flopsbench.result.types import significant
    from flopsbench.words.reason import plain

    record = msgspec.json.Decoder(float_hook=lambda text: significant(float(text))).decode(
        msgspec.json.encode(comparison, enc_hook=plain)
    )
    named = {"schema": comparison.schema, "schema_version": comparison.schema_version} | record
    document = msgspec.json.format(msgspec.json.encode(named).decode(), indent=1)
    return without_commands(f"{document}\n", JSON_ESCAPE).encode()


def _append_to_summary(text: str) -> bool:
    """Add to the page that GitHub shows for the job, and return whether that could be done.

    Other steps write to that page too.
    """
    target = os.environ.get("GITHUB_STEP_SUMMARY")
    if not target:
        return True
    try:
        with open(target, "a", encoding="utf-8") as file:
            file.write(f"{text}\n")
    except OSError as error:
        complain(Reason("summary_not_written", error=error.strerror))
        return False
    return True


def _print(comparison: Comparison, lang: str, alone: bool) -> None:
    """Print the report, unless a document has standard output ``alone``; GitHub reads annotations on either stream."""
    if not alone:
        from rich.console import Console

        from flopsbench.render.terminal.comparison import report

        with no_commands():
            Console(highlight=False).print(report(comparison, lang))
    if _under_github():
        from flopsbench.render.files.annotations import workflow_commands

        for line in workflow_commands(comparison):
            print(line, file=sys.stderr if alone else sys.stdout)


@contextmanager
def no_commands() -> Iterator[None]:
    """Keep GitHub from obeying what is printed meanwhile: texts of Results may look like its commands."""
    if not _under_github():
        yield
        return
    token = secrets.token_hex(16)
    print(f"::stop-commands::{token}", flush=True)
    try:
        yield
    finally:
        print(f"::{token}::", flush=True)


def _under_github() -> bool:
    """Return whether this runs in a job of GitHub Actions."""
    return os.environ.get("GITHUB_ACTIONS") == "true"
