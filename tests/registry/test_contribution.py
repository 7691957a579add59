"""A contribution: the same bytes every time, nothing of this machine in it, one file on a branch of its own."""

from __future__ import annotations

import io
import json
import os
import platform
import re
import shlex
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from rich.console import Console

from flopsbench.errors import DocumentRejected, UsageError
from flopsbench.host import privacy
from flopsbench.host.git.program import git as git_apart
from flopsbench.host.privacy import COMMON_NAMES
from flopsbench.registry import pull_request
from flopsbench.registry.contribution import (
    CHOSEN,
    check_contribution,
    contribution,
    fields,
    leaks,
    place,
    read_result_file,
)
from flopsbench.registry.pull_request import Contribution, GitHub
from flopsbench.render.terminal.disclosure import disclosure
from flopsbench.result.codec import decode, encode
from flopsbench.result.types import Result
from flopsbench.validate.document import validate_document
from flopsbench.validate.finding import CODES
from flopsbench.validate.text import leaves
from tests.systems import PIPES
from tests.validate.honest import honest

GOLDEN = sorted((Path(__file__).parents[1] / "golden").glob("*.json"))
HANDLE = "alice"
EVERY_KIND = {
    "wonderland": "host-name",
    "wonderland.example.org": "host-name",
    "alice": "user-name",
    "alice liddell": "user-name",
    "/home/liddell": "path",
    "192.0.2.17": "ip",
    "fe80::216:3eff:fe12:3456": "ip",
    "00:16:3e:12:34:56": "mac",
    "8932f937-d72c-4106-c12f-20bd9faed9f6": "serial",
}


@pytest.fixture(scope="module")
def result() -> Result:
    return replace(honest(), submitter=None)


@pytest.fixture
def file(tmp_path: Path, result: Result) -> Path:
    path = tmp_path / "result.json"
    path.write_bytes(encode(result))
    return path


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flopsbench.registry.contribution.telling_names", lambda: dict(EVERY_KIND))


# The document


def test_the_same_file_and_handle_are_the_same_bytes(file: Path) -> None:
    once = contribution(file.read_bytes(), HANDLE)
    assert decode(once).submitter == HANDLE
    assert validate_document(once).findings == []
    assert contribution(file.read_bytes(), HANDLE) == once
    file.write_bytes(once)
    assert contribution(file.read_bytes(), HANDLE) == once


def test_another_handle_is_another_id_and_nothing_else(file: Path) -> None:
    result = decode(file.read_bytes())
    by = {handle: decode(contribution(file.read_bytes(), handle)) for handle in ("alice", "bob", None)}
    assert len({each.id for each in by.values()}) == 3
    assert all(replace(each, id=result.id, submitter=None) == result for each in by.values())


def test_without_a_handle_the_file_stays_as_it_is(file: Path) -> None:
    assert contribution(file.read_bytes(), None) == file.read_bytes()


def test_a_handle_raises_the_version_of_an_older_document_and_can_be_taken_back(file: Path, result: Result) -> None:
    file.write_bytes(encode(replace(result, schema_version="1.0")))
    assert decode(contribution(file.read_bytes(), None)).schema_version == "1.0"
    made = contribution(file.read_bytes(), HANDLE)
    assert decode(made).schema_version == "1.2"  # the first with a submitter; it lacks what came later
    file.write_bytes(made)
    assert decode(contribution(file.read_bytes(), None)).submitter is None


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda text: text.replace(b'"seed": 1', b'"seed": 2'), "its id is not that of its bytes"),
        (lambda text: text[:100], "truncated"),
        (lambda text: b"", "the file is empty"),
        (lambda text: b"\xff", "not UTF-8"),
        (lambda text: text + b" " * 2**22, "is larger than 4 MiB"),
    ],
)
def test_what_flopsbench_did_not_write_is_no_contribution(
    damage: Callable[[bytes], bytes], sentence: str, file: Path
) -> None:
    file.write_bytes(damage(file.read_bytes()))
    with pytest.raises(DocumentRejected, match=sentence):
        contribution(file.read_bytes(), HANDLE)


@PIPES
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path, Path("/dev/null")):
        with pytest.raises(DocumentRejected, match="is not a regular file"):
            read_result_file(path)


def test_a_file_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="absent: there is no such file"):
        read_result_file(tmp_path / "absent")
    (tmp_path / "absent").symlink_to("nowhere")
    with pytest.raises(DocumentRejected, match="cannot be read: No such file"):
        read_result_file(tmp_path / "absent")


@pytest.mark.parametrize("handle", ["al ice", "-alice", "alice-", "a--b", "", "é", "a" * 40, "../x", "<b>"])
def test_what_is_no_handle_is_refused(handle: str, file: Path) -> None:
    with pytest.raises(UsageError, match="is no handle"):
        contribution(file.read_bytes(), handle)


def test_another_license_is_refused(result: Result) -> None:
    assert "integrity.license" in {
        finding.code for finding in check_contribution(encode(replace(result, license="MIT"))).findings
    }


# What must not leave the machine


def test_an_honest_document_holds_nothing_of_this_machine(result: Result) -> None:
    assert list(leaks(encode(result))) == []


@pytest.mark.parametrize(("name", "kind"), EVERY_KIND.items())
def test_a_name_is_found_in_whatever_text_it_stands(name: str, kind: str, result: Result, told: None) -> None:
    document, places = with_everywhere(name, json.loads(encode(replace(result, submitter="octo-cat"))))
    assert {finding.where for finding in leaks(document)} == places - {"id", "submitter"}
    assert {finding.code for finding in leaks(document)} >= {f"privacy.{kind}"}
    assert "cases[0].reason" not in places
    assert {"host.kernel", "devices[1].name", "software.env.OMP_NUM_THREADS", "cases[2].compute.library"} <= places
    assert not any(name in finding.sentence for finding in leaks(document))


def with_everywhere(name: str, document: Any) -> tuple[bytes, set[str]]:
    """The document with the name in each of its texts, and where these are."""
    places = {where for where, value in leaves(document) if isinstance(value, str)}

    def planted(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: planted(item) for key, item in value.items()}
        if isinstance(value, list):
            return [planted(item) for item in value]
        return f"{value} {name.upper()}, {value}" if isinstance(value, str) else value

    return json.dumps(planted(document)).encode(), places


def test_a_name_is_found_among_packages_and_variables(result: Result, told: None) -> None:
    software = replace(result.software, versions={"wonderland-tools": "1"}, env={"OMP_ALICE": "1"})
    found = [(finding.code, finding.where) for finding in leaks(encode(replace(result, software=software)))]
    assert found == [
        ("privacy.host-name", "software.versions.wonderland-tools"),
        ("privacy.user-name", "software.env.OMP_ALICE"),
    ]


def test_the_handle_may_be_the_login(file: Path, told: None) -> None:
    assert list(leaks(contribution(file.read_bytes(), "alice"))) == []


def test_a_host_called_like_its_hardware_is_not_told_by_it(result: Result, monkeypatch: pytest.MonkeyPatch) -> None:
    for host in (platform, "node"), (socket, "gethostname"), (socket, "getfqdn"):
        monkeypatch.setattr(*host, lambda: "h200.lab.example.org")
    assert "h200" in privacy.telling_names()
    assert list(leaks(encode(result))) == []
    named = replace(result, devices=[replace(result.devices[0], name="H200.lab.example.org"), result.devices[1]])
    assert [finding.where for finding in leaks(encode(named))] == ["devices[0].name"]


@pytest.fixture
def vm(monkeypatch: pytest.MonkeyPatch) -> None:
    for host in (platform, "node"), (socket, "gethostname"), (socket, "getfqdn"):
        monkeypatch.setattr(*host, lambda: "vm")


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.name)
def test_no_word_of_a_document_is_the_name_of_a_short_host(path: Path, vm: None) -> None:
    assert list(leaks(path.read_bytes())) == []


def test_a_host_of_two_letters_is_found(result: Result, vm: None) -> None:
    assert list(leaks(encode(result))) == []
    named = replace(result, host=replace(result.host, kernel="6.8.0-vm"))
    assert [(finding.code, finding.where) for finding in leaks(encode(named))] == [("privacy.host-name", "host.kernel")]


def test_no_word_of_two_letters_in_a_document_is_a_name(result: Result) -> None:
    """Whoever is called like one of them could contribute nothing."""
    documents = [encode(result), *(path.read_bytes() for path in GOLDEN)]
    texts = [text for each in documents for where, text in leaves(json.loads(each)) if where not in CHOSEN]
    words = [re.findall(r"(?<![^\W_])[A-Za-z]{2}(?![^\W_])", text) for text in texts if isinstance(text, str)]
    assert {word.lower() for found in words for word in found} <= COMMON_NAMES


def test_every_code_of_a_leak_is_one_the_validator_has() -> None:
    assert all(CODES[f"privacy.{kind}"] == "reject" for kind in EVERY_KIND.values())


# What becomes public


def test_every_field_is_listed_with_all_its_values(result: Result) -> None:
    listed = fields(encode(result))
    assert listed["cases[].processes[].block_s[]"] == [
        seconds for case in result.cases for process in case.processes for seconds in process.block_s
    ]
    everything = dict(leaves(json.loads(encode(result))))
    assert {re.sub(r"\[\d+\]", "[]", where) for where in everything} == set(listed)
    assert sum(map(len, listed.values())) == len(everything)


def text_of(renderable: Any) -> str:
    console = Console(width=80, file=io.StringIO(), highlight=False)
    console.print(renderable)
    return console.file.getvalue()  # type: ignore[attr-defined]  # the stand-in has it


def test_the_disclosure_shows_every_text_and_sums_up_numbers_within_80_columns(result: Result) -> None:
    shown = text_of(disclosure(fields(encode(result))))
    assert max(map(len, shown.splitlines())) <= 80
    together = re.sub(r"\s+", "", shown)
    for where, values in fields(encode(result)).items():
        name = where.partition(".")[2] or where
        texts = [value for value in values if isinstance(value, str)]
        assert all(re.sub(r"\s+", "", text) in together for text in texts)
        assert re.search(rf"^ *{re.escape(name)} ", shown, re.MULTILINE)
    blocks = fields(encode(result))["cases[].processes[].block_s[]"]
    assert f"{len(blocks)} numbers, {min(blocks)} to {max(blocks)}" in re.sub(r"\s+", " ", shown)
    assert shown.count("\ndocument") == 1


def test_no_text_of_a_document_is_markup_for_the_terminal() -> None:
    assert "[red]x[/red]" in text_of(disclosure({"host.os": ["[red]x[/red]"]}))


# Its place


def test_the_place_is_by_device_year_and_id(file: Path, tmp_path: Path) -> None:
    document = contribution(file.read_bytes(), HANDLE)
    id = decode(document).id
    path = place(document, tmp_path, file)
    assert path == tmp_path / "v1/nvidia-h200/2026" / f"{id[7:23]}.json"


def test_something_else_at_its_place_is_refused(file: Path, tmp_path: Path) -> None:
    document = contribution(file.read_bytes(), HANDLE)
    path = place(document, tmp_path, file)
    path.parent.mkdir(parents=True)
    path.write_bytes(document)
    assert place(document, tmp_path, file) == path
    path.write_bytes(document + b" ")
    with pytest.raises(DocumentRejected, match="another file lies where"):
        place(document, tmp_path, file)


def test_the_same_run_under_another_handle_is_refused(file: Path, tmp_path: Path, result: Result) -> None:
    other = place(contribution(file.read_bytes(), "bob"), tmp_path, file)
    other.parent.mkdir(parents=True)
    other.write_bytes(contribution(file.read_bytes(), "bob"))
    with pytest.raises(DocumentRejected, match=f"the same run is in the registry already: {other}"):
        place(contribution(file.read_bytes(), HANDLE), tmp_path, file)
    assert place(contribution(file.read_bytes(), HANDLE), tmp_path, other)  # the file itself is about to be contributed
    another = tmp_path / "another.json"
    another.write_bytes(encode(replace(honest(seed=2), submitter=None)))
    assert place(contribution(another.read_bytes(), HANDLE), tmp_path, another)


# The checkout


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


GH = """#!{python}
import json, os, pathlib, subprocess, sys
folder = pathlib.Path({folder!r})
with open(folder / "calls", "a") as calls:
    print(json.dumps(sys.argv[1:]), file=calls)
answers = json.loads((folder / "answers").read_text())
what = " ".join(sys.argv[1:3])
if what == "repo fork" and answers.get("fork"):
    subprocess.run(["git", "remote", "add", sys.argv[-1], answers["fork"]], check=True)
code, text = answers.get(what, [1, "gh: not now"])
print(text, file=sys.stderr if code else sys.stdout)
sys.exit(code)
"""


class Gh:
    """A gh in front of PATH that answers as told and keeps what it was asked."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir()
        (folder / "gh").write_text(GH.format(python=sys.executable, folder=str(folder)))
        (folder / "gh").chmod(0o755)
        self.answer()

    def answer(self, permission: str = "WRITE", parent: Any = None, **others: Any) -> None:
        about = {"nameWithOwner": "octo/flopsbench", "viewerPermission": permission, "parent": parent}
        known = {
            "api user": [0, HANDLE],
            "repo view": [0, json.dumps(about)],
            "repo fork": [0, ""],
            "pr create": [0, "https://github.com/octo/flopsbench/pull/7"],
        }
        answers = known | {name.replace("_", " "): answer for name, answer in others.items()}
        (self._folder / "answers").write_text(json.dumps(answers))

    @property
    def calls(self) -> list[list[str]]:
        return [json.loads(line) for line in (self._folder / "calls").read_text().splitlines()]


@pytest.fixture(autouse=True)
def surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A git that knows no user, and no gh."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    programs = tmp_path / "programs"
    programs.mkdir()
    for program in ("git", "env"):
        (programs / program).symlink_to(shutil.which(program) or "")
    monkeypatch.setenv("PATH", str(programs))


@pytest.fixture
def gh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Gh:
    made = Gh(tmp_path / "gh")
    monkeypatch.setenv("PATH", f"{tmp_path / 'gh'}{os.pathsep}{os.environ['PATH']}")
    return made


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A fresh clone of a flopsbench with a registry, from a bare repository."""
    work, bare, clone = tmp_path / "work", tmp_path / "octo/flopsbench.git", tmp_path / "clone"
    (work / "results").mkdir(parents=True)
    (work / "results/README.md").write_text(f"{pull_request.README_TITLE}\n")
    git(work, "init", "--quiet", "--initial-branch=main")
    git(work, "add", ".")
    git(work, "-c", "user.name=t", "-c", "user.email=t@localhost", "commit", "--quiet", "--message", "begin")
    git(work, "clone", "--quiet", "--bare", str(work), str(bare))
    git(work, "clone", "--quiet", "--bare", str(work), str(tmp_path / "alice/flopsbench.git"))
    git(work, "clone", "--quiet", str(bare), str(clone))
    return clone


@pytest.fixture
def change(clone: Path) -> Contribution:
    path = clone / "results/v1/a device; it's/2026/0123.json"
    return Contribution(clone, {path: b"{}\n"}, "result-0123", 'Result: it\'s "1 TFLOPS" $(x)', "body", HANDLE)


def untouched(clone: Path) -> bool:
    """Whether nothing of a contribution is left in the clone."""
    left = git(clone, "status", "--porcelain", "--ignored"), git(clone, "branch", "--format=%(refname:short)")
    return left == ("", "main") and git(clone, "branch", "--show-current") == "main" and not list(clone.rglob("*2026*"))


@pytest.mark.clone
def test_the_registry_is_found_from_anywhere_in_the_clone(clone: Path, tmp_path: Path) -> None:
    assert pull_request.find_registry(clone / "results") == clone / "results"
    for elsewhere in (tmp_path, Path("/")):
        with pytest.raises(UsageError, match="git clone"):
            pull_request.find_registry(elsewhere)
    (clone / "results/README.md").write_text("# My results\n")
    with pytest.raises(UsageError, match="no checkout of flopsbench"):
        pull_request.find_registry(clone)


@pytest.mark.process
def test_the_three_commands_publish_the_file_and_nothing_else(change: Contribution, tmp_path: Path) -> None:
    git(change.top, "config", "user.email", "alice@wonderland.example.org")
    (change.top / "mine").write_text("not yet")
    commands = pull_request.commands(change)
    assert len(commands) == 3
    assert all(shlex.split(command)[0] == "git" for command in commands)
    by_commands(change)
    published(change, tmp_path / "octo/flopsbench.git")
    assert git(change.top, "status", "--porcelain") == "?? mine"
    assert pull_request.is_committed(change.top, change.files)


def by_commands(change: Contribution) -> None:
    """Write the files, and do what the user is told to."""
    with ExitStack() as undo:
        pull_request.put_files(change.files, undo)
        undo.pop_all()
    for command in pull_request.commands(change):
        subprocess.run(["/bin/sh", "-c", command], cwd="/", check=True, capture_output=True)


def published(change: Contribution, bare: Path) -> None:
    """One commit on main with the file alone, by the handle, telling nothing of the user."""
    assert git(bare, "log", "--format=%s|%an|%ae|%cn|%ce", f"main..{change.branch}") == (
        f"{change.title}|alice|alice@users.noreply.github.com|alice|alice@users.noreply.github.com"
    )
    (path,) = change.files
    name = path.relative_to(change.top).as_posix()
    assert git(bare, "-c", "core.quotePath=off", "diff", "--name-only", "main", change.branch) == name
    assert git(bare, "show", f"{change.branch}:{name}") == "{}"


@pytest.mark.clone
@pytest.mark.parametrize("url", ["https://github.com/o/f", "https://github.com/o/f.git", "git@github.com:o/f.git"])
def test_the_page_that_opens_a_pull_request_is_told(url: str, change: Contribution) -> None:
    assert pull_request.address(change) is None
    git(change.top, "remote", "set-url", "origin", url)
    assert pull_request.address(change) == "https://github.com/o/f/pull/new/result-0123"


@pytest.mark.clone
def test_a_branch_begins_at_what_origin_has(change: Contribution, tmp_path: Path, gh: Gh) -> None:
    (change.top / "mine").write_text("a commit of my own")
    git(change.top, "add", "mine")
    git(change.top, "-c", "user.name=t", "-c", "user.email=t@localhost", "commit", "--quiet", "--message", "mine")
    target = pull_request.github(change.top)
    assert target
    pull_request.propose(change, target)
    published(change, tmp_path / "octo/flopsbench.git")


# gh


@pytest.mark.clone
def test_without_gh_or_its_login_there_is_none(clone: Path) -> None:
    assert pull_request.github(clone) is None


@pytest.mark.clone
@pytest.mark.parametrize(
    "answers",
    [
        {"api_user": [4, "To get started with GitHub CLI, please run:  gh auth login"]},
        {"repo_view": [1, "none of the git remotes point to a known GitHub host"]},
        {"repo_view": [0, "not JSON"]},
        {"repo_view": [0, "{}"]},
        {"repo_view": [0, "[]"]},
    ],
)
def test_a_gh_that_knows_no_user_or_repository_is_none(answers: Any, clone: Path, gh: Gh) -> None:
    gh.answer(**answers)
    assert pull_request.github(clone) is None


@pytest.mark.clone
def test_gh_tells_where_a_change_goes(clone: Path, gh: Gh) -> None:
    assert pull_request.github(clone) == GitHub("octo/flopsbench", "octo", "origin")
    gh.answer(permission="READ")
    assert pull_request.github(clone) == GitHub("octo/flopsbench", HANDLE, None)
    gh.answer(parent={"id": "1", "name": "ruler", "owner": {"id": "2", "login": "upstream"}})
    assert pull_request.github(clone) == GitHub("upstream/ruler", "octo", "origin")


@pytest.mark.clone
def test_who_may_push_opens_the_pull_request_from_a_branch(change: Contribution, tmp_path: Path, gh: Gh) -> None:
    address = pull_request.propose(change, GitHub("octo/flopsbench", "octo", "origin"))
    assert address == "https://github.com/octo/flopsbench/pull/7"
    published(change, tmp_path / "octo/flopsbench.git")
    shared = ["--title", change.title, "--body", "body"]
    assert gh.calls == [["pr", "create", "--repo", "octo/flopsbench", "--head", "result-0123", *shared]]
    assert git(change.top, "branch", "--show-current") == "result-0123"


@pytest.mark.clone
def test_who_may_not_push_opens_it_from_a_fork(change: Contribution, tmp_path: Path, gh: Gh) -> None:
    gh.answer(permission="READ", fork=str(tmp_path / "alice/flopsbench.git"))
    for again in (False, True):  # the second time, the fork and its remote are there
        if again:
            gh.answer(permission="READ")
            (path,) = change.files
            other = path.with_name("4567.json")
            change = change._replace(files={other: b"{}\n"}, branch="result-4567")
        pull_request.propose(change, GitHub("octo/flopsbench", HANDLE, None))
        published(change, tmp_path / "alice/flopsbench.git")
        assert gh.calls[-1][4:6] == ["--head", f"alice:{change.branch}"]


@pytest.mark.clone
def test_a_fork_that_gh_cannot_make_changes_nothing(change: Contribution, gh: Gh) -> None:
    gh.answer(repo_fork=[1, "HTTP 403"])
    with pytest.raises(UsageError, match="gh could not fork the repository: HTTP 403"):
        pull_request.propose(change, GitHub("octo/flopsbench", HANDLE, None))
    assert untouched(change.top)


@pytest.mark.clone
@pytest.mark.parametrize("step", ["switch", "write", "commit", "push"])
@pytest.mark.parametrize("detached", [False, True])
def test_whatever_fails_before_the_push_leaves_nothing_behind(
    step: str, detached: bool, change: Contribution, gh: Gh, tmp_path: Path
) -> None:
    clone = change.top
    if detached:
        git(clone, "switch", "--quiet", "--detach")
    if step == "switch":
        git(clone, "branch", "occupied")
        change = change._replace(branch="occupied/result")
    if step == "write":
        (clone / "results/v1").write_text("in the way")
        change = change._replace(files={clone / "results/new/x.json": b"", clone / "results/v1/2026/x.json": b""})
    if step == "commit":
        change = change._replace(branch="no branch")
    if step == "push":
        hook(tmp_path / "octo/flopsbench.git/hooks/pre-receive")
    with pytest.raises(UsageError):
        pull_request.propose(change, GitHub("octo/flopsbench", "octo", "origin"))
    assert git(clone, "rev-parse", "HEAD") == git(clone, "rev-parse", "origin/main")
    assert git(clone, "branch", "--show-current") == ("" if detached else "main")
    if step == "write":
        (clone / "results/v1").unlink()
    if step == "switch":
        git(clone, "branch", "-D", "occupied")
    if detached:
        git(clone, "switch", "--quiet", "main")
    assert untouched(clone)
    assert [each.name for each in (clone / "results").iterdir()] == ["README.md"]


def hook(path: Path, program: str = "echo 'not like this' >&2; exit 1") -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{program}\n")
    path.chmod(0o755)


@pytest.mark.clone
def test_an_interruption_leaves_nothing_behind(change: Contribution, gh: Gh, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(pull_request, "push", interrupted)
    with pytest.raises(KeyboardInterrupt):
        pull_request.propose(change, GitHub("octo/flopsbench", "octo", "origin"))
    assert untouched(change.top)


@pytest.mark.clone
def test_what_the_user_has_staged_stays_staged(change: Contribution, gh: Gh, tmp_path: Path) -> None:
    (change.top / "mine").write_text("not yet")
    git(change.top, "add", "mine")
    hook(tmp_path / "octo/flopsbench.git/hooks/pre-receive")
    with pytest.raises(UsageError, match="not like this"):
        pull_request.propose(change, GitHub("octo/flopsbench", "octo", "origin"))
    assert git(change.top, "status", "--porcelain") == "A  mine"
    (tmp_path / "octo/flopsbench.git/hooks/pre-receive").unlink()
    pull_request.propose(change, GitHub("octo/flopsbench", "octo", "origin"))
    published(change, tmp_path / "octo/flopsbench.git")
    assert git(change.top, "status", "--porcelain") == "A  mine"


@pytest.mark.clone
def test_after_the_push_the_page_is_told_where_gh_fails(change: Contribution, gh: Gh, tmp_path: Path) -> None:
    gh.answer(pr_create=[1, "HTTP 502"])
    address = pull_request.propose(change, GitHub("octo/flopsbench", "octo", "origin"))
    assert address == "https://github.com/octo/flopsbench/compare/result-0123?expand=1"
    published(change, tmp_path / "octo/flopsbench.git")


@pytest.mark.clone
def test_a_branch_that_has_grown_since_its_push_is_not_pushed(change: Contribution, gh: Gh) -> None:
    assert not pull_request.is_pushed(change)
    pull_request.propose(change, GitHub("octo/flopsbench", "octo", "origin"))
    assert pull_request.is_pushed(change)
    git(change.top, "switch", "--quiet", "main")
    assert pull_request.is_pushed(change)
    git(change.top, "switch", "--quiet", change.branch)
    git(change.top, *change.author, "commit", "--quiet", "--allow-empty", "--message", "more")
    assert not pull_request.is_pushed(change)


@pytest.mark.clone
@pytest.mark.parametrize(
    ("state", "more", "address"),
    [
        ("OPEN", False, "https://github.com/octo/flopsbench/pull/6"),
        ("OPEN", True, "https://github.com/octo/flopsbench/pull/6"),
        ("MERGED", False, "https://github.com/octo/flopsbench/pull/6"),
        ("MERGED", True, "https://github.com/octo/flopsbench/pull/7"),
        ("CLOSED", True, "https://github.com/octo/flopsbench/pull/7"),
        (None, False, "https://github.com/octo/flopsbench/pull/7"),
    ],
)
@pytest.mark.parametrize("owner", ["octo", HANDLE])
def test_what_is_added_goes_to_the_pull_request_that_is_open(
    state: str | None, more: bool, address: str, owner: str, change: Contribution, gh: Gh
) -> None:
    target = GitHub("octo/flopsbench", owner, "origin")
    pull_request.propose(change, target)
    (path,) = change.files
    change = change._replace(files={path.with_name("0123.json.sig"): b"signed"} if more else {})
    there = {"url": "https://github.com/octo/flopsbench/pull/6", "state": state}
    gh.answer(pr_view=[0, json.dumps(there)] if state else [1, "no pull requests found for branch"])
    assert pull_request.propose(change, target) == address
    head = change.branch if owner == "octo" else f"{owner}:{change.branch}"
    asked = ["pr", "view", head, "--repo", "octo/flopsbench", "--json", "url,state"]
    assert asked in gh.calls


@pytest.mark.clone
@pytest.mark.parametrize("answer", ["not JSON", "{}", "[]"])
def test_a_pull_request_that_gh_does_not_describe_is_none(answer: str, change: Contribution, gh: Gh) -> None:
    target = GitHub("octo/flopsbench", "octo", "origin")
    pull_request.propose(change, target)
    gh.answer(pr_view=[0, answer])
    assert pull_request.opened(change, target) is None


@pytest.mark.process
@pytest.mark.parametrize("by_hand", [False, True])
def test_neither_environment_nor_settings_sign_for_the_user(
    by_hand: bool, change: Contribution, gh: Gh, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AUTHOR_NAME", "AUTHOR_EMAIL", "COMMITTER_NAME", "COMMITTER_EMAIL"):
        monkeypatch.setenv(f"GIT_{name}", "liddell@wonderland.example.org")
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    for who in ("user", "author", "committer"):
        git(change.top, "config", f"{who}.name", "liddell")
        git(change.top, "config", f"{who}.email", "liddell@wonderland.example.org")
    git(change.top, "config", "commit.gpgSign", "true")
    git(change.top, "config", "gpg.program", "/nowhere")
    if by_hand:
        by_commands(change)
    else:
        pull_request.propose(change, GitHub("octo/flopsbench", "octo", "origin"))
    published(change, tmp_path / "octo/flopsbench.git")
    assert git(change.top, "log", "-1", "--format=%ai %ci").count("+0000") == 2
    assert "gpgsig" not in git(change.top, "cat-file", "commit", "HEAD")


HOOKS = ("pre-commit", "prepare-commit-msg", "commit-msg", "post-checkout", "reference-transaction", "pre-push")


@pytest.mark.clone
@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("push.gpgSign", "true"),
        ("push.pushOption", "ci.skip"),
        ("push.recurseSubmodules", "only"),
        ("core.hooksPath", "{folder}/hooks"),
        ("core.excludesFile", "{folder}/ignored"),
        ("core.editor", "false"),
        ("user.useConfigOnly", "true"),
    ],
)
def test_no_setting_of_the_user_stands_in_the_way(
    setting: str, value: str, change: Contribution, gh: Gh, tmp_path: Path
) -> None:
    (tmp_path / "ignored").write_text("*.json\n")
    for name in HOOKS:
        hook(tmp_path / "hooks" / name)
    git(change.top, "config", setting, value.format(folder=tmp_path))
    pull_request.propose(change, GitHub("octo/flopsbench", "octo", "origin"))
    published(change, tmp_path / "octo/flopsbench.git")


@pytest.mark.process
def test_no_hook_has_a_say_in_what_is_printed(change: Contribution, tmp_path: Path) -> None:
    for name in HOOKS:
        hook(change.top / ".git/hooks" / name)
    by_commands(change)
    published(change, tmp_path / "octo/flopsbench.git")
    assert pull_request.is_pushed(change)
    (change.top / ".git/refs/remotes/origin" / change.branch).unlink()
    assert not pull_request.is_pushed(change)
    by_commands(change._replace(files={}))
    assert pull_request.is_pushed(change)


@pytest.mark.process
@pytest.mark.parametrize("by_hand", [False, True])
def test_no_hook_names_the_user(by_hand: bool, change: Contribution, gh: Gh, tmp_path: Path) -> None:
    for name in ("prepare-commit-msg", "commit-msg"):
        hook(change.top / ".git/hooks" / name, 'echo "Signed-off-by: liddell" >>"$1"')
    if by_hand:
        by_commands(change)
    else:
        pull_request.propose(change, GitHub("octo/flopsbench", "octo", "origin"))
    published(change, tmp_path / "octo/flopsbench.git")
    assert git(change.top, "log", "-1", "--format=%B").strip() == change.title


@pytest.mark.process
@pytest.mark.parametrize("by_hand", [False, True])
def test_no_tag_of_the_user_is_pushed(by_hand: bool, change: Contribution, gh: Gh, tmp_path: Path) -> None:
    git(change.top, "config", "push.followTags", "true")
    git(change.top, "-c", "user.name=t", "-c", "user.email=t@localhost", "tag", "--annotate", "--message=mine", "mine")
    if by_hand:
        by_commands(change)
    else:
        pull_request.propose(change, GitHub("octo/flopsbench", "octo", "origin"))
    published(change, tmp_path / "octo/flopsbench.git")
    assert git(tmp_path / "octo/flopsbench.git", "tag") == ""


@pytest.mark.clone
def test_git_asks_nothing_and_waits_for_nothing(tmp_path: Path) -> None:
    done = git_apart(["-c", "alias.ask=!cat; echo $GIT_TERMINAL_PROMPT", "ask"], tmp_path, {})
    assert done
    assert done.stdout == b"0\n"


@pytest.mark.process
@pytest.mark.parametrize("by_hand", [False, True])
@pytest.mark.parametrize("back", [False, True])
def test_a_branch_of_an_earlier_time_is_gone_on_with(
    back: bool, by_hand: bool, change: Contribution, gh: Gh, tmp_path: Path
) -> None:
    target = GitHub("octo/flopsbench", "octo", "origin")
    pull_request.propose(change, target)
    first = git(change.top, "rev-parse", change.branch)
    if back:
        git(change.top, "switch", "--quiet", "main")
    assert pull_request.is_begun(change)
    assert pull_request.missing(change) == {}
    (path,) = change.files
    more = path.with_name("0123.json.sig")
    change = change._replace(files={path: b"{}\n", more: b"signed"})
    assert pull_request.missing(change) == {more: b"signed"}
    change = change._replace(files={more: b"signed"})
    if by_hand:
        by_commands(change)
    else:
        pull_request.propose(change, target)
    bare = tmp_path / "octo/flopsbench.git"
    assert git(bare, "rev-parse", f"{change.branch}~1") == first
    assert len(git(bare, "diff", "--name-only", "main", change.branch).splitlines()) == 2
    assert git(change.top, "status", "--porcelain") == ""


@pytest.mark.process
@pytest.mark.parametrize("by_hand", [False, True])
def test_a_branch_that_only_a_remote_has_is_gone_on_with(
    by_hand: bool, change: Contribution, gh: Gh, tmp_path: Path
) -> None:
    target = GitHub("octo/flopsbench", "octo", "origin")
    pull_request.propose(change, target)
    bare = tmp_path / "octo/flopsbench.git"
    first = git(bare, "rev-parse", change.branch)
    git(tmp_path, "clone", "--quiet", str(bare), str(tmp_path / "another"))
    place = tmp_path / "another" / next(iter(change.files)).relative_to(change.top)
    change = change._replace(top=tmp_path / "another", files={place: b"{}\n"})
    assert pull_request.is_begun(change)
    assert pull_request.is_pushed(change)
    assert pull_request.missing(change) == {}
    pull_request.propose(change._replace(files={}), target)  # nothing to push
    assert git(bare, "rev-parse", change.branch) == first
    more = change._replace(files={place.with_name("0123.json.sig"): b"signed"})
    if by_hand:
        by_commands(more)
    else:
        pull_request.propose(more, target)
    assert git(bare, "rev-parse", f"{change.branch}~1") == first
    assert git(more.top, "status", "--porcelain") == ""


@pytest.mark.clone
def test_a_refused_push_says_why(change: Contribution, gh: Gh, tmp_path: Path) -> None:
    git(change.top, "push", "--quiet", "origin", f"main:{change.branch}")
    git(change.top, "-c", "user.name=t", "-c", "user.email=t@localhost", "commit", "--allow-empty", "--message=x")
    git(change.top, "push", "--quiet", "origin", f"HEAD:{change.branch}")
    git(change.top, "reset", "--quiet", "--hard", "HEAD~1")
    git(change.top, "update-ref", "-d", f"refs/remotes/origin/{change.branch}")
    with pytest.raises(UsageError, match=r"nothing was changed: ! \[rejected\]"):
        pull_request.propose(change, GitHub("octo/flopsbench", "octo", "origin"))


@pytest.mark.clone
def test_what_fails_leaves_a_branch_of_an_earlier_time_as_it_was(change: Contribution, gh: Gh, tmp_path: Path) -> None:
    target = GitHub("octo/flopsbench", "octo", "origin")
    pull_request.propose(change, target)
    first = git(change.top, "rev-parse", change.branch)
    git(change.top, "switch", "--quiet", "main")
    hook(tmp_path / "octo/flopsbench.git/hooks/pre-receive")
    (path,) = change.files
    with pytest.raises(UsageError, match="not like this"):
        pull_request.propose(change._replace(files={path.with_name("0123.json.sig"): b"signed"}), target)
    assert git(change.top, "rev-parse", change.branch) == first
    assert git(change.top, "branch", "--show-current") == "main"
    assert git(change.top, "status", "--porcelain", "--ignored") == ""


@pytest.mark.clone
def test_what_is_not_committed_is_not_there(change: Contribution) -> None:
    assert not pull_request.is_committed(change.top, change.files)


@pytest.mark.clone
def test_without_git_there_is_no_checkout(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert pull_request.checkout_around(clone) is None
    assert pull_request.github_user() is None


@pytest.mark.clone
def test_git_may_know_its_user_on_github(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert pull_request.github_user() is None
    git(clone, "config", "--global", "github.user", "alice")
    assert pull_request.github_user() == "alice"
