"""Implements ``flopsbench submit``, which contributes a Result to the shared registry."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flopsbench.cli.complaint import complain
from flopsbench.errors import DocumentRejected, ExitCode, UsageError
from flopsbench.words.reason import Reason

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flopsbench.registry.pull_request import Contribution, GitHub
    from flopsbench.validate.finding import Finding

LONGEST_TITLE = 100


def submit_command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A Result of flopsbench run --profile registry.")],
    handle: Annotated[
        str | None, typer.Option(metavar="NAME", help="Under which to contribute: your GitHub name; '' for none.")
    ] = None,
    to: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The registry's folder; results/ of the clone.")
    ] = None,
    sign: Annotated[Path | None, typer.Option(metavar="KEY", help="Sign it with this ssh key.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Agree to all of it beforehand; asks nothing.")] = False,
) -> None:
    """Check a Result, show all that becomes public, and open the pull request that adds it to the registry."""
    from flopsbench.cli.output import no_commands

    if not yes and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(Reason("submit_needs_consent"))
    try:
        with no_commands():
            _submit(file, handle, to, sign, yes)
    except (typer.Abort, KeyboardInterrupt) as error:
        complain(error.args[0] if error.args else Reason("nothing_written"))
        raise typer.Exit(ExitCode.INTERRUPTED) from None


def _submit(file: Path, handle: str | None, to: Path | None, sign: Path | None, yes: bool) -> None:
    """Do what the command does, once it is known that somebody can answer its questions."""
    from flopsbench.registry import pull_request, signature
    from flopsbench.registry.contribution import contribution, place, read_result_file
    from flopsbench.result.files import named

    folder = to or pull_request.find_registry(Path.cwd())
    if not folder.is_dir():
        raise UsageError(Reason("no_folder_to", folder=folder))
    if sign:
        signature.check_key(sign)
    with named(file):
        original = read_result_file(file)
        submitter = _submitter(original, handle, yes)
        if sign and not submitter:
            raise UsageError(Reason("sign_needs_handle"))
        document = contribution(original, submitter)
    found = _check(document, file)
    path = place(document, folder, file)
    files = {path: document}
    signed = signature.signature_path(path)
    if sign:  # made only after the consent: the key may ask for its passphrase
        files[signed] = signed.read_bytes() if signed.exists() else b""
    top = pull_request.checkout_around(folder)
    change = _change(top, files, document, submitter) if top else None
    if all(each.exists() for each in files) and (change is None or pull_request.is_merged(change)):
        print(f"already there: {path}")
        return
    if change:
        files = pull_request.missing(change)
        title = f"Sign result {path.stem}" if files and path not in files else change.title
        change = change._replace(files=files, title=title)
    target = pull_request.github(change.top) if change else None
    if change and not files and _was_proposed(change, target, path):
        return
    _show(document, files, change, target, found)
    if not yes and not typer.confirm("Do you agree?", default=False):
        print("nothing was written")
        return
    if sign and signed in files and not signed.exists():
        files[signed] = signature.sign(document, sign)
    _publish(files, change, target)


def _was_proposed(change: Contribution, target: GitHub | None, path: Path) -> bool:
    """Print where a change was proposed, and without gh what is left to do; return whether gh has nothing to do."""
    from flopsbench.registry import pull_request

    pushed = pull_request.is_pushed(change)
    if target:
        address = pull_request.opened(change, target) if pushed else None
        if address:
            print(f"already proposed: {address}")
        return address is not None
    if pushed:
        print(f"already proposed on the branch {change.branch}: {path}")
        print(f"if it has no pull request yet, open one {_where(change)}")
    else:
        print(f"on the branch {change.branch}, which no remote is known to have: {path}")
        _tell(change)
    return True


def _submitter(document: bytes, handle: str | None, yes: bool) -> str | None:
    """Return who contributes: as given, as the document says, as git knows its user on GitHub, or as answered."""
    from flopsbench.registry.contribution import parse_handle
    from flopsbench.registry.pull_request import github_user
    from flopsbench.result.codec import decode

    if handle is None:
        handle = decode(document).submitter or github_user()
    if handle is None and not yes:
        handle = typer.prompt("Your name on GitHub, or nothing to stay anonymous", default="", show_default=False)
    return parse_handle(handle) if handle and not handle.isspace() else None


def _check(document: bytes, file: Path) -> list[Finding]:
    """Print the findings about a document and return them; raise DocumentRejected where it cannot be published."""
    from rich.console import Console

    from flopsbench.registry.contribution import check_contribution
    from flopsbench.registry.validate import Checked
    from flopsbench.render.terminal.findings import report

    verdict = check_contribution(document)
    console = Console(highlight=False, stderr=verdict.rejected)
    for part in report([Checked(str(file), verdict.findings)]):
        console.print(part)
    if verdict.rejected:
        raise DocumentRejected(Reason("not_publishable", path=file))
    return verdict.findings


def _change(top: Path, files: dict[Path, bytes], document: bytes, submitter: str | None) -> Contribution:
    """Return the change that adds the files to the checkout, with the texts of its commit and pull request."""
    from textwrap import shorten

    from flopsbench.registry.pull_request import Contribution
    from flopsbench.render.terminal.result import summary_line
    from flopsbench.result.codec import decode

    result = decode(document)
    line = summary_line(result)
    title = "Result: " + shorten(line.partition(" | ")[0], LONGEST_TITLE, placeholder=" ...")
    who = f"Contributed by {submitter}" if submitter else "Contributed anonymously"
    body = f"```\n{line}\n```\n\n{who} with `flopsbench submit`; {result.license}.\n\n`{result.id}`\n"
    return Contribution(top, files, f"result-{next(iter(files)).stem[:16]}", title, body, submitter)


def _show(
    document: bytes, files: Iterable[Path], change: Contribution | None, target: GitHub | None, found: Iterable[Finding]
) -> None:
    """Print what becomes public, what a reviewer will ask about, and what will be done."""
    from rich.console import Console

    from flopsbench.registry.contribution import fields
    from flopsbench.registry.file import SUFFIX
    from flopsbench.registry.pull_request import is_begun, opened
    from flopsbench.render.terminal.disclosure import disclosure

    console = Console(highlight=False)
    console.print(disclosure(fields(document)))
    steps = [
        "all of the above becomes public, for good",
        "you dedicate it to the public domain under CC0 1.0:\n  https://creativecommons.org/publicdomain/zero/1.0/",
        *(f"{'its signature' if path.suffix == SUFFIX else 'it'} is written to {path}" for path in files),
    ]
    if change and is_begun(change):
        steps += [f"git goes on with the branch {change.branch}, which there is already"]
    if change and target:
        where = target.upstream if target.remote else f"your fork of {target.upstream}"
        there = opened(change, target)
        steps += [f"git pushes the branch {change.branch} with that alone to {where}"]
        steps += [f"it becomes part of the pull request {there}" if there else "gh opens the pull request"]
    elif change:
        steps += ["you are told the three git commands that publish it"]
    reviews = dict.fromkeys(f"{each.code}: {each.sentence}" for each in found if each.level == "review")
    for title, items in (("A reviewer will ask about:", reviews), ("If you agree,", steps)):
        if items:
            console.print("\n".join([f"\n{title}", *(f"- {item}" for item in items)]), soft_wrap=True, markup=False)


def _publish(files: dict[Path, bytes], change: Contribution | None, target: GitHub | None) -> None:
    """Open the pull request where gh can; otherwise write the files and print the commands that are left."""
    from flopsbench.registry import pull_request

    if change and target:
        print(f"pull request: {pull_request.propose(change, target)}")
        return
    known = {path for path in files if path.exists()}
    with ExitStack() as undo:
        pull_request.put_files(files, undo)
        undo.pop_all()
    print(*(f"{'already there' if path in known else 'written'}: {path}" for path in files), sep="\n")
    if change:
        _tell(change)


def _tell(change: Contribution) -> None:
    """Print the commands that are left to run, and what is to be done after them."""
    from flopsbench.registry.pull_request import commands

    lines = commands(change)
    how_many = f"{len(lines)} commands" if len(lines) > 1 else "one command"
    print(f"\nPublish it with {how_many}; origin must be your fork, or yours to push to:\n")
    print(*lines, sep="\n")
    print(f"\nand open the pull request {_where(change)}")


def _where(change: Contribution) -> str:
    """Return the words for the page on which a person opens the pull request."""
    from flopsbench.registry.pull_request import address

    page = address(change)
    return f"at {page}" if page else "on the page of the repository"
