"""Implements ``flopsbench submit``, which contributes a Result to the shared registry."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flopsbench.cli.complaint import complain
from flopsbench.cli.language import DEFAULT_LANGUAGE, LanguageOption, language
from flopsbench.errors import DocumentRejected, ExitCode, UsageError
from flopsbench.words.catalogue import phrase
from flopsbench.words.reason import Reason

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flopsbench.registry.pull_request import Contribution, GitHub
    from flopsbench.validate.finding import Finding

LONGEST_TITLE = 100


def submit_command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A Result of flopsbench run --profile registry.")],
    handle: Annotated[
        str | None, typer.Option(metavar="NAME", help="Name under which to contribute: yours on GitHub; '' for none.")
    ] = None,
    to: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The registry's folder; results/ of the clone.")
    ] = None,
    sign: Annotated[Path | None, typer.Option(metavar="KEY", help="Sign it with this ssh key.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Agree to all of it beforehand; asks nothing.")] = False,
    lang: LanguageOption = DEFAULT_LANGUAGE,  # noqa: ARG001 - its callback sets the language of all that is told
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
        _say("already_there", path=path)
        return
    if change:
        files = pull_request.missing(change)
        title = f"Sign result {path.stem}" if files and path not in files else change.title
        change = change._replace(files=files, title=title)
    target = pull_request.github(change.top) if change else None
    if change and not files and _was_proposed(change, target, path):
        return
    _show(document, files, change, target, found)
    if not yes and not typer.confirm(phrase(language(), "do_you_agree"), default=False):
        _say("nothing_written")
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
            _say("already_proposed", address=address)
        return address is not None
    if pushed:
        _say("proposed_on_branch", branch=change.branch, path=path)
        _say_where(change, "open_one_at", "open_one_there")
    else:
        _say("on_branch_alone", branch=change.branch, path=path)
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
        handle = typer.prompt(phrase(language(), "your_name"), default="", show_default=False)
    return parse_handle(handle) if handle and not handle.isspace() else None


def _check(document: bytes, file: Path) -> list[Finding]:
    """Print the findings about a document and return them; raise DocumentRejected where it cannot be published."""
    from rich.console import Console

    from flopsbench.registry.contribution import check_contribution
    from flopsbench.registry.validate import Checked
    from flopsbench.render.terminal.findings import report

    verdict = check_contribution(document)
    console = Console(highlight=False, stderr=verdict.rejected)
    for part in report([Checked(str(file), verdict.findings)], language()):
        console.print(part)
    if verdict.rejected:
        raise DocumentRejected(Reason("not_publishable", path=file))
    return verdict.findings


def _change(top: Path, files: dict[Path, bytes], document: bytes, submitter: str | None) -> Contribution:
    """Return the change that adds the files to the checkout, with the texts of its commit and pull request."""
    from textwrap import shorten

    from flopsbench.registry.pull_request import Contribution
    from flopsbench.render.terminal.result.machine import summary_line
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
    lang = language()
    console.print(disclosure(fields(document), lang))
    steps = [
        Reason("becomes_public"),
        Reason("public_domain"),
        *(
            Reason("signature_is_written_to" if path.suffix == SUFFIX else "it_is_written_to", path=path)
            for path in files
        ),
    ]
    if change and is_begun(change):
        steps += [Reason("git_goes_on", branch=change.branch)]
    if change and target:
        where = target.upstream if target.remote else Reason("your_fork_of", upstream=target.upstream)
        there = opened(change, target)
        steps += [Reason("git_pushes", branch=change.branch, where=where)]
        steps += [Reason("part_of_request", there=there) if there else Reason("gh_opens")]
    elif change:
        steps += [Reason("you_are_told")]
    reviews = [
        Reason("name_and_reason", name=each.code, reason=each.sentence) for each in found if each.level == "review"
    ]
    for title, items in (("reviewer_asks", reviews), ("if_you_agree", steps)):
        if items:
            lines = dict.fromkeys(f"- {item.text(lang)}" for item in items)
            console.print("\n".join([f"\n{phrase(lang, title)}", *lines]), soft_wrap=True, markup=False)


def _publish(files: dict[Path, bytes], change: Contribution | None, target: GitHub | None) -> None:
    """Open the pull request where gh can; otherwise write the files and print the commands that are left."""
    from flopsbench.registry import pull_request

    if change and target:
        _say("request_opened", address=pull_request.propose(change, target))
        return
    known = {path for path in files if path.exists()}
    with ExitStack() as undo:
        pull_request.put_files(files, undo)
        undo.pop_all()
    for path in files:
        _say("already_there" if path in known else "written_file", path=path)
    if change:
        _tell(change)


def _tell(change: Contribution) -> None:
    """Print the commands that are left to run, and what is to be done after them."""
    from flopsbench.registry.pull_request import commands

    lines = commands(change)
    print()
    if len(lines) > 1:
        _say("publish_with", count=len(lines))
    else:
        _say("publish_with_one")
    print("", *lines, "", sep="\n")
    _say_where(change, "and_open_at", "and_open_there")


def _say_where(change: Contribution, at: str, there: str) -> None:
    """Print a sentence about the page on which a person opens the pull request, by the key for a known address."""
    from flopsbench.registry.pull_request import address

    page = address(change)
    if page:
        _say(at, page=page)
    else:
        _say(there)


def _say(key: str, **values: object) -> None:
    """Print a sentence in the language that was chosen."""
    print(Reason(key, **values).text(language()))
