"""``flopsbench submit`` as a user types it, at a terminal and without one."""

from __future__ import annotations

import json
import os
import platform
import re
import select
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import psutil
import pytest
from msgspec.structs import replace
from typer.testing import CliRunner

from flopsbench.cli import app
from flopsbench.cli.interrupt import ASKING
from flopsbench.errors import FlopsbenchError
from flopsbench.host import privacy
from flopsbench.registry.pull_request import README_TITLE
from flopsbench.registry.signature import check_signature, signature_path
from flopsbench.result.codec import decode, encode
from flopsbench.result.types import Options, Result
from tests.host.test_privacy import Account, Address
from tests.registry.test_contribution import Gh, git
from tests.validate.honest import honest

PULL = "https://github.com/octo/flopsbench/pull/7"
PROMPT = b"Do you agree? [y/N]: "


class Done(NamedTuple):
    code: int
    out: str
    err: str = ""


class Newcomer:
    """Someone with a fresh clone, a Result, and a git that knows nobody."""

    def __init__(self, folder: Path, result: Result) -> None:
        self.folder, self.clone, self.home = folder, folder / "clone", folder / "home"
        self.origin, self.file = folder / "octo/flopsbench.git", folder / "result.json"
        (folder / "programs").mkdir()
        self.home.mkdir()
        for program in ("git", "env", "ssh-keygen"):
            found = shutil.which(program)
            assert found
            (folder / "programs" / program).symlink_to(found)
        self.environment = {
            "PATH": str(folder / "programs"),
            "HOME": str(self.home),
            "LOGNAME": "liddell",
            "COLUMNS": "80",
            "NO_COLOR": "1",
            "TERM": "dumb",
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "GIT_CONFIG_NOSYSTEM": "1",
        }
        self.write(result)
        work = folder / "work"
        (work / "results").mkdir(parents=True)
        (work / "results/README.md").write_text(f"{README_TITLE}\n")
        self.origin.parent.mkdir()
        git(work, "init", "--quiet", "--initial-branch=main")
        git(work, "add", ".")
        git(work, "-c", "user.name=t", "-c", "user.email=t@localhost", "commit", "--quiet", "--message", "begin")
        git(work, "clone", "--quiet", "--bare", str(work), str(self.origin))
        git(work, "clone", "--quiet", str(self.origin), str(self.clone))

    def write(self, result: Result) -> None:
        self.file.write_bytes(encode(result))

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "flopsbench", "submit", str(self.file), *arguments]

    def submit(self, *arguments: str, cwd: Path | None = None) -> Done:
        """Without a terminal, as ``flopsbench.cli.main`` does."""
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(cwd or self.clone)
            surroundings = dict.fromkeys(os.environ) | self.environment  # nothing else
            done = CliRunner(env=surroundings).invoke(app, ["submit", str(self.file), *arguments])
        if isinstance(done.exception, FlopsbenchError):
            return Done(done.exception.exit_code, done.stdout, f"{done.stderr}flopsbench: {done.exception}\n")
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return Done(done.exit_code, done.stdout, done.stderr)

    def at_terminal(self, *arguments: str, answer: Callable[[subprocess.Popen[bytes], int, bytes], object]) -> Done:
        """At a terminal of its own; ``answer`` is asked whenever something has been printed."""
        ours, theirs = os.openpty()
        where: Any = {"cwd": self.clone, "env": self.environment, "start_new_session": True}
        running = subprocess.Popen(self.command(*arguments), stdin=theirs, stdout=theirs, stderr=theirs, **where)
        os.close(theirs)
        seen = b""
        while True:
            if not select.select([ours], [], [], 60)[0]:
                running.kill()
                pytest.fail(f"waits for an answer: {seen.decode()}")
            try:
                printed = os.read(ours, 65536)
            except OSError:  # Linux says so when the other side has closed
                break
            seen += printed
            answer(running, ours, seen)
        os.close(ours)
        return Done(running.wait(timeout=60), seen.decode().replace("\r\n", "\n"))

    @property
    def filed(self) -> list[Path]:
        return sorted((self.clone / "results").rglob("*.json*"))

    @property
    def untouched(self) -> bool:
        return not self.filed and git(self.clone, "status", "--porcelain") == "" and self.branches == ["main"]

    @property
    def branches(self) -> list[str]:
        return git(self.origin, "branch", "--format=%(refname:short)").splitlines()


@pytest.fixture(scope="module")
def result() -> Result:
    return replace(honest(), submitter=None)


@pytest.fixture
def newcomer(tmp_path: Path, result: Result) -> Newcomer:
    return Newcomer(tmp_path, result)


@pytest.fixture
def gh(newcomer: Newcomer) -> Gh:
    made = Gh(newcomer.folder / "gh")
    newcomer.environment["PATH"] = f"{newcomer.folder / 'gh'}{os.pathsep}{newcomer.environment['PATH']}"
    return made


def words(text: str) -> str:
    return re.sub(r"[│\s]+", " ", text)


def printed_commands(done: Done) -> list[str]:
    return [line for line in done.out.splitlines() if line.startswith("git ")]


def perform(newcomer: Newcomer, done: Done) -> None:
    """Do what the user is told to."""
    for command in printed_commands(done):
        subprocess.run(["/bin/sh", "-c", command], env=newcomer.environment, check=True, capture_output=True)


def says(*answers: bytes) -> Callable[[subprocess.Popen[bytes], int, bytes], None]:
    """Answers to the questions in their order, each given once it has been asked."""
    left = list(answers)

    def answer(running: subprocess.Popen[bytes], terminal: int, seen: bytes) -> None:
        asked = seen.count(b"stay anonymous: ") + seen.count(PROMPT)
        while left and asked > len(answers) - len(left):
            os.write(terminal, left.pop(0))

    return answer


# Without a terminal


@pytest.mark.process
def test_yes_writes_the_file_and_prints_three_commands_that_publish_it(newcomer: Newcomer) -> None:
    done = newcomer.submit("--handle=alice", "--yes")
    assert done.code == 0, done.err
    (path,) = newcomer.filed
    result = decode(path.read_bytes())
    assert result.submitter == "alice"
    assert f"written: {path}" in done.out
    assert len(printed_commands(done)) == 3
    perform(newcomer, done)
    (branch,) = set(newcomer.branches) - {"main"}
    assert git(newcomer.origin, "diff", "--name-only", "main", branch) == str(path.relative_to(newcomer.clone))


@pytest.mark.process
def test_the_second_time_it_is_already_there(newcomer: Newcomer) -> None:
    commands = printed_commands(newcomer.submit("--handle=alice", "--yes"))
    again = newcomer.submit("--handle=alice", "--yes")  # not yet committed
    assert f"\nalready there: {newcomer.filed[0]}\n" in again.out
    assert printed_commands(again) == commands
    perform(newcomer, again)
    for file in (newcomer.file, *newcomer.filed):
        newcomer.file = file
        assert newcomer.submit("--handle=alice", "--yes") == proposed(newcomer.filed[0])
    git(newcomer.clone, "branch", "--move", "merged")
    assert newcomer.submit("--handle=alice", "--yes") == Done(0, f"already there: {newcomer.filed[0]}\n")
    assert len(newcomer.filed) == 1


def proposed(path: Path) -> Done:
    """What is said of a Result on a branch that was pushed by hand."""
    then = "if it has no pull request yet, open one on the page of the repository"
    return Done(0, f"already proposed on the branch result-{path.stem}: {path}\n{then}\n")


@pytest.mark.process
def test_a_push_that_failed_is_still_to_be_done(newcomer: Newcomer) -> None:
    done = newcomer.submit("--handle=alice", "--yes")
    git(newcomer.clone, "remote", "set-url", "origin", "https://github.invalid/octo/flopsbench.git")
    for command in printed_commands(done)[:2]:
        subprocess.run(["/bin/sh", "-c", command], env=newcomer.environment, check=True, capture_output=True)
    (path,) = newcomer.filed
    git(newcomer.clone, "remote", "set-url", "origin", str(newcomer.origin))
    for branch in (f"result-{path.stem}", "main"):
        git(newcomer.clone, "switch", "--quiet", branch)
        again = newcomer.submit("--handle=alice", "--yes")
        assert again.code == 0
        assert again.out.startswith(f"on the branch result-{path.stem}, which no remote is known to have: {path}\n")
        assert printed_commands(again) == printed_commands(done)[2:]
        assert again.out.endswith("\nand open the pull request on the page of the repository\n")
    perform(newcomer, again)
    assert newcomer.branches == ["main", f"result-{path.stem}"]
    assert newcomer.submit("--handle=alice", "--yes") == proposed(path)


@pytest.mark.process
def test_the_page_that_opens_the_pull_request_is_told(newcomer: Newcomer) -> None:
    perform(newcomer, newcomer.submit("--handle=alice", "--yes"))
    (path,) = newcomer.filed
    git(newcomer.clone, "remote", "set-url", "origin", "https://github.com/alice/flopsbench.git")
    again = newcomer.submit("--handle=alice", "--yes")
    page = f"https://github.com/alice/flopsbench/pull/new/result-{path.stem}"
    assert again.out.splitlines()[1] == f"if it has no pull request yet, open one at {page}"


@pytest.mark.clone
def test_a_pipe_is_refused(newcomer: Newcomer) -> None:
    newcomer.file.unlink()
    os.mkfifo(newcomer.file)
    done = newcomer.submit("--handle=alice", "--yes")
    assert (done.code, newcomer.untouched) == (6, True)
    assert done.err == f"flopsbench: {newcomer.file}: is not a regular file\n"


@pytest.mark.clone
def test_an_edit_is_refused(newcomer: Newcomer) -> None:
    newcomer.file.write_bytes(newcomer.file.read_bytes().replace(b'"logical": 16', b'"logical": 32'))
    done = newcomer.submit("--handle=alice", "--yes")
    assert (done.code, newcomer.untouched) == (6, True)
    assert "its id is not that of its bytes" in done.err


@pytest.mark.clone
def test_nobody_is_asked_without_a_terminal(newcomer: Newcomer) -> None:
    done = newcomer.submit("--handle=alice")
    assert (done.code, newcomer.untouched) == (2, True)
    assert "--yes" in done.err


@pytest.mark.clone
def test_it_works_from_any_folder_of_the_clone_and_with_to_from_anywhere(newcomer: Newcomer) -> None:
    assert newcomer.submit("--handle=alice", "--yes", cwd=newcomer.folder).code == 2
    assert newcomer.untouched
    assert newcomer.submit("--handle=alice", "--yes", cwd=newcomer.clone / "results").code == 0
    results = newcomer.folder / "elsewhere"
    results.mkdir()
    done = newcomer.submit("--handle=alice", "--yes", f"--to={results}", cwd=newcomer.folder)
    assert done.code == 0, done.err
    assert len(list(results.rglob("*.json"))) == 1
    assert "git " not in done.out.partition("written:")[2]
    done = newcomer.submit("--handle=alice", "--yes", f"--to={results}", cwd=newcomer.folder)
    assert done.out.startswith("already there")


@pytest.mark.clone
@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["--handle=al ice"], 2, "'al ice' is no handle"),
        (["--to=/nowhere"], 2, "--to /nowhere: no such folder"),
        (["--sign=/dev/null", "--handle="], 2, "--sign needs a --handle"),
        (["--sign=/nowhere", "--handle=alice"], 2, "--sign /nowhere: there is no such file"),
        (["--sign=/", "--handle=alice"], 2, "--sign /: there is no such file"),
    ],
)
def test_a_wrong_request_has_its_sentence_before_anything_is_shown(
    arguments: list[str], code: int, sentence: str, newcomer: Newcomer
) -> None:
    done = newcomer.submit("--yes", *arguments)
    assert (done.code, done.out, newcomer.untouched) == (code, "", True)
    assert sentence in words(done.err)


@pytest.mark.process
def test_a_file_that_is_no_key_leaves_nothing_behind(newcomer: Newcomer) -> None:
    done = newcomer.submit("--yes", f"--sign={newcomer.file}", "--handle=alice")
    assert (done.code, newcomer.untouched) == (2, True)
    assert f"--sign {newcomer.file}: Couldn't load" in words(done.err)


@pytest.mark.clone
def test_what_is_no_result_is_refused(newcomer: Newcomer) -> None:
    for content, sentence in (b"{", "truncated"), (b"{}", "not a flopsbench Result"):
        newcomer.file.write_bytes(content)
        done = newcomer.submit("--yes", "--handle=alice")
        assert (done.code, newcomer.untouched) == (6, True)
        assert sentence in done.err


@pytest.mark.clone
def test_a_file_that_is_not_there_is_a_usage_error(newcomer: Newcomer) -> None:
    newcomer.file.unlink()
    done = newcomer.submit("--yes", "--handle=alice")
    assert done == Done(2, "", f"flopsbench: {newcomer.file}: there is no such file\n")


@pytest.mark.clone
@pytest.mark.parametrize(
    ("planted", "code"),
    [
        ("liddell", "privacy.user-name"),
        ("{home}/run.py", "privacy.path"),
        ("{home}", "privacy.path"),
    ],
)
def test_what_tells_whose_machine_it_is_is_refused_with_the_field(
    planted: str, code: str, newcomer: Newcomer, result: Result
) -> None:
    reason = f"no GPU for {planted.format(home=newcomer.home)}"
    cases = [*result.cases[:-1], replace(result.cases[-1], reason=reason)]
    newcomer.write(replace(result, cases=cases))
    done = newcomer.submit("--yes", "--handle=alice")
    assert (done.code, newcomer.untouched) == (6, True)
    assert f"{code} cases[{len(cases) - 1}].reason: holds" in words(done.err)
    assert "flopsbench: " in done.err


@pytest.mark.clone
def test_every_name_and_number_of_the_machine_is_refused_where_it_stands(
    newcomer: Newcomer, result: Result, monkeypatch: pytest.MonkeyPatch
) -> None:
    interfaces = {"eth0": [Address(socket.AF_INET, "192.0.2.17"), Address(psutil.AF_LINK, "00:16:3e:12:34:56")]}
    monkeypatch.setattr(psutil, "net_if_addrs", lambda: interfaces)
    monkeypatch.setattr(platform, "node", lambda: "rabbit-hole")
    monkeypatch.setattr(socket, "getfqdn", lambda: "wonderland.example.org")
    monkeypatch.setattr("pwd.getpwuid", lambda uid: Account("dodgson", "Charles Dodgson,,,"))
    monkeypatch.setattr(privacy, "DMI", newcomer.folder)
    (newcomer.folder / "product_serial").write_text("7Q0RNM2\n")
    planted = {
        "rabbit-hole": "host-name",
        "WONDERLAND": "host-name",
        "liddell": "user-name",
        "charles dodgson": "user-name",
        str(newcomer.home): "path",
        "192.0.2.17": "ip",
        "00-16-3E-12-34-56": "mac",
        "7Q0RNM2": "serial",
    }
    cases = [replace(case, flags=[text]) for case, text in zip(result.cases, planted, strict=False)]
    newcomer.write(replace(result, cases=cases))
    done = newcomer.submit("--yes", "--handle=alice")
    assert (done.code, newcomer.untouched) == (6, True)
    for number, kind in enumerate(planted.values()):
        assert f"reject privacy.{kind} cases[{number}].flags[0]: holds" in words(done.err)


@pytest.mark.clone
def test_what_the_validator_rejects_is_refused_with_its_code(newcomer: Newcomer, result: Result) -> None:
    newcomer.write(replace(result, license="MIT"))
    done = newcomer.submit("--yes", "--handle=alice")
    assert (done.code, newcomer.untouched) == (6, True)
    assert "reject integrity.license" in words(done.err)


@pytest.mark.clone
def test_what_a_reviewer_will_look_at_is_shown_and_does_not_stop_it(newcomer: Newcomer, result: Result) -> None:
    newcomer.write(replace(result, interrupted=True))
    done = newcomer.submit("--yes", "--handle=alice")
    assert done.code == 0, done.err
    assert "review environment.interrupted" in words(done.out)
    _, _, after = done.out.partition("A reviewer will ask about:\n")
    assert re.fullmatch(r"- environment\.interrupted: [^\n]+\n\nIf you agree,\n.*", after, re.DOTALL)


@pytest.mark.clone
def test_a_handle_is_given_or_known_to_git_or_in_the_file_or_nobodys(newcomer: Newcomer, result: Result) -> None:
    def submitter(*arguments: str) -> str | None:
        shutil.rmtree(newcomer.clone / "results/v1", ignore_errors=True)
        assert newcomer.submit("--yes", *arguments).code == 0
        (path,) = newcomer.filed
        return decode(path.read_bytes()).submitter

    assert submitter() is None
    (newcomer.home / ".gitconfig").write_text("[github]\nuser = bob\n")
    assert submitter() == "bob"
    assert submitter("--handle=alice") == "alice"
    assert submitter("--handle=") is None
    newcomer.write(replace(result, submitter="carol"))
    assert submitter() == "carol"


@pytest.mark.clone
def test_everything_that_becomes_public_is_shown_within_80_columns(newcomer: Newcomer) -> None:
    done = newcomer.submit("--yes", "--handle=alice")
    shown, _, rest = done.out.partition("If you agree")
    assert max(map(len, shown.splitlines())) <= 80
    assert re.search(r"submitter +alice", shown)
    assert re.search(r"machine_id +f88e6083d4ef7d22", shown)
    assert re.search(r"block_s\[\] +\d+ numbers, ", shown)
    assert "CC0 1.0" in rest


@pytest.mark.process
def test_under_github_nothing_that_is_shown_is_a_command(newcomer: Newcomer, result: Result) -> None:
    newcomer.write(replace(result, tool=replace(result.tool, options=Options(devices=["##[error]planted"]))))
    newcomer.environment["GITHUB_ACTIONS"] = "true"
    for arguments, code in ((["--handle=alice"], 0), (["--sign=/dev/null", "--handle=alice"], 2)):
        done = newcomer.submit("--yes", *arguments)
        assert done.code == code
        lines = done.out.splitlines()
        assert any("planted" in line for line in lines[1:-1])
        assert lines[0].startswith("::stop-commands::")
        assert lines[-1] == f"::{lines[0].removeprefix('::stop-commands::')}::"
        shutil.rmtree(newcomer.clone / "results/v1", ignore_errors=True)


# A signature


@pytest.mark.process
def test_it_is_signed_with_a_key(newcomer: Newcomer) -> None:
    key = newcomer.folder / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    done = newcomer.submit("--yes", "--handle=alice", f"--sign={key}")
    assert done.code == 0, done.err
    path, signature = newcomer.filed
    assert signature == signature_path(path)
    (newcomer.folder / "signers").write_text(f"alice {key.with_suffix('.pub').read_text()}")
    assert check_signature(path, newcomer.folder / "signers", "alice").handle == "alice"
    (line,) = [line for line in done.out.splitlines() if " add " in line]
    assert f"{path.name} " in line
    assert signature.name in line
    before = signature.read_bytes()
    assert newcomer.submit("--yes", "--handle=alice", f"--sign={key}").code == 0
    assert signature.read_bytes() == before


@pytest.mark.process
@pytest.mark.parametrize("with_gh", [False, True])
@pytest.mark.parametrize("back", [False, True])
def test_a_signature_may_follow_once(back: bool, with_gh: bool, newcomer: Newcomer) -> None:
    if with_gh:
        gh = Gh(newcomer.folder / "gh")
        newcomer.environment["PATH"] = f"{newcomer.folder / 'gh'}{os.pathsep}{newcomer.environment['PATH']}"
    key = newcomer.folder / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    perform(newcomer, newcomer.submit("--yes", "--handle=alice"))
    if with_gh:
        gh.answer(pr_view=[0, json.dumps({"url": PULL, "state": "OPEN"})])
    (path,) = newcomer.filed
    if back:
        git(newcomer.clone, "switch", "--quiet", "main")
    done = newcomer.submit("--yes", "--handle=alice", f"--sign={key}")
    assert done.code == 0, done.err
    assert (
        f"- its signature is written to {signature_path(path)}\n- git goes on with the branch result-{path.stem},"
        in done.out
    )
    if with_gh:
        assert f"- it becomes part of the pull request {PULL}\n" in done.out
        assert done.out.endswith(f"pull request: {PULL}\n")
        assert [call[1] for call in gh.calls].count("create") == 1
    perform(newcomer, done)
    for signed in (path, signature_path(path)):
        name = signed.relative_to(newcomer.clone)
        assert git(newcomer.origin, "show", f"result-{path.stem}:{name}") == signed.read_text().strip()
    titles = git(newcomer.origin, "log", "--format=%s", f"main..result-{path.stem}").splitlines()
    assert [title.partition(":")[0] for title in titles] == [f"Sign result {path.stem}", "Result"]
    if back:
        git(newcomer.clone, "switch", "--quiet", "main")
    again = newcomer.submit("--yes", "--handle=alice", f"--sign={key}")
    assert again == (Done(0, f"already proposed: {PULL}\n") if with_gh else proposed(path))


# gh


@pytest.mark.clone
def test_gh_opens_the_pull_request(newcomer: Newcomer, gh: Gh) -> None:
    done = newcomer.submit("--handle=alice", "--yes")
    assert done.code == 0, done.err
    assert done.out.endswith(f"pull request: {PULL}\n")
    (call,) = [call for call in gh.calls if call[:2] == ["pr", "create"]]
    given = dict(zip(call[2::2], call[3::2], strict=True))
    (branch,) = set(newcomer.branches) - {"main"}
    assert given["--head"] == branch
    assert given["--title"].startswith("Result: AMD EPYC 9B14 (8 cores), NVIDIA H200: fp8_e4m3 1.")
    assert len(given["--title"]) <= 120
    result = decode(newcomer.filed[0].read_bytes())
    for told in ("NVIDIA H200", "bf16 ", "TFLOPS", result.id, "Contributed by alice"):
        assert told in given["--body"]


@pytest.mark.clone
@pytest.mark.parametrize("back", [False, True])
def test_the_same_file_again_was_already_proposed(back: bool, newcomer: Newcomer, gh: Gh) -> None:
    assert newcomer.submit("--handle=alice", "--yes").code == 0
    gh.answer(pr_view=[0, json.dumps({"url": PULL, "state": "MERGED"})])
    if back:
        git(newcomer.clone, "switch", "--quiet", "main")
    assert newcomer.submit("--handle=alice", "--yes") == Done(0, f"already proposed: {PULL}\n")
    assert bool(newcomer.filed) != back


@pytest.mark.clone
def test_a_pull_request_that_could_not_be_opened_is_tried_again(newcomer: Newcomer, gh: Gh) -> None:
    gh.answer(pr_create=[1, "HTTP 502"])
    done = newcomer.submit("--handle=alice", "--yes")
    (path,) = newcomer.filed
    page = f"https://github.com/octo/flopsbench/compare/result-{path.stem}?expand=1"
    assert done.out.endswith(f"pull request: {page}\n")
    gh.answer()
    before = git(newcomer.clone, "rev-parse", "HEAD")
    again = newcomer.submit("--handle=alice", "--yes")
    assert again.out.endswith(f"\npull request: {PULL}\n")
    assert "is written to" not in again.out
    assert [call[1] for call in gh.calls].count("create") == 2
    assert git(newcomer.clone, "rev-parse", "HEAD") == before


@pytest.mark.process
def test_gh_pushes_what_was_not_pushed_by_hand(newcomer: Newcomer) -> None:
    done = newcomer.submit("--handle=alice", "--yes")
    for command in printed_commands(done)[:2]:
        subprocess.run(["/bin/sh", "-c", command], env=newcomer.environment, check=True, capture_output=True)
    gh = Gh(newcomer.folder / "gh")
    newcomer.environment["PATH"] = f"{newcomer.folder / 'gh'}{os.pathsep}{newcomer.environment['PATH']}"
    gh.answer(pr_view=[0, json.dumps({"url": PULL, "state": "OPEN"})])
    again = newcomer.submit("--handle=alice", "--yes")
    assert again.out.endswith(f"\npull request: {PULL}\n")
    assert len(newcomer.branches) == 2


@pytest.mark.clone
def test_a_push_that_is_refused_leaves_nothing_behind(newcomer: Newcomer, gh: Gh) -> None:
    hook = newcomer.origin / "hooks/pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho 'not today' >&2\nexit 1\n")
    hook.chmod(0o755)
    done = newcomer.submit("--handle=alice", "--yes")
    assert (done.code, newcomer.untouched) == (2, True)
    assert "not today" in done.err


# At a terminal


@pytest.mark.process
def test_a_person_is_asked_and_agrees(newcomer: Newcomer) -> None:
    done = newcomer.at_terminal(answer=says(b"alice\n", b"y\n"))
    assert done.code == 0, done.out
    (path,) = newcomer.filed
    assert decode(path.read_bytes()).submitter == "alice"


@pytest.mark.process
def test_a_person_may_stay_anonymous(newcomer: Newcomer) -> None:
    done = newcomer.at_terminal(answer=says(b"\n", b"y\n"))
    assert done.code == 0, done.out
    assert decode(newcomer.filed[0].read_bytes()).submitter is None


@pytest.mark.process
@pytest.mark.parametrize(("no", "with_gh", "code"), [(b"n\n", False, 0), (b"\n", True, 0), (b"\x04", False, 130)])
def test_anything_but_yes_leaves_nothing_behind(no: bytes, with_gh: bool, code: int, newcomer: Newcomer) -> None:
    if with_gh:
        gh = Gh(newcomer.folder / "gh")
        newcomer.environment["PATH"] = f"{newcomer.folder / 'gh'}{os.pathsep}{newcomer.environment['PATH']}"
    done = newcomer.at_terminal("--handle=alice", answer=says(no))
    assert (done.code, newcomer.untouched) == (code, True)
    assert done.out.endswith("nothing was written\n")
    if with_gh:
        assert {call[0] for call in gh.calls} == {"api", "repo"}
        assert "gh opens the pull request" in done.out


@pytest.mark.process
@pytest.mark.parametrize("number", ASKING)
def test_an_interruption_leaves_nothing_behind(number: int, newcomer: Newcomer) -> None:
    def interrupt(running: subprocess.Popen[bytes], terminal: int, seen: bytes) -> None:
        if seen.endswith(PROMPT):
            while Path(f"/proc/{running.pid}/stat").read_text().rpartition(")")[2].split()[0] != "S":
                pass  # until it reads: between the question and that, a signal would be seen with the answer only
            running.send_signal(number)

    done = newcomer.at_terminal("--handle=alice", answer=interrupt)
    assert (done.code, newcomer.untouched) == (130, True)
    assert done.out.endswith("flopsbench: nothing was written\n")


@pytest.mark.process
@pytest.mark.parametrize("name", ["INT", "TERM"])
def test_an_interrupted_push_leaves_nothing_behind(name: str, newcomer: Newcomer, gh: Gh) -> None:
    """The hook of the receiving side interrupts the one that pushes: by then the commit is made."""
    hook = newcomer.origin / "hooks/pre-receive"
    hook.parent.mkdir(exist_ok=True)
    pid, temporary = newcomer.folder / "pid", newcomer.folder / "temporary"
    temporary.mkdir()
    hook.write_text(f"#!/bin/sh\nread pid <{pid}\nkill -{name} $pid\nwhile kill -0 $pid; do :; done\nexit 1\n")
    hook.chmod(0o755)
    running = subprocess.Popen(
        newcomer.command("--handle=alice", "--yes"),
        cwd=newcomer.clone,
        env={**newcomer.environment, "TMPDIR": str(temporary)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    pid.write_text(f"{running.pid}\n")
    _, said = running.communicate(timeout=60)
    assert running.returncode == 130
    assert said.startswith("flopsbench: nothing was written here; the branch result-")
    assert newcomer.untouched
    assert git(newcomer.clone, "branch", "--show-current") == "main"
    assert list(temporary.iterdir()) == []


@pytest.mark.clone
@pytest.mark.parametrize("name", ["index.lock", "HEAD.lock"])
def test_a_lock_of_another_git_is_a_sentence_and_changes_nothing(name: str, newcomer: Newcomer, gh: Gh) -> None:
    lock = newcomer.clone / ".git" / name
    lock.touch()
    done = newcomer.submit("--handle=alice", "--yes")
    assert done.code == 2
    assert done.err == (
        f"flopsbench: git failed, nothing was changed: {lock} is there: another git is at work, or was ended "
        "(then remove it)\n"
    )
    assert newcomer.untouched
    assert git(newcomer.clone, "branch", "--format=%(refname:short)") == "main"
    lock.unlink()
    assert newcomer.submit("--handle=alice", "--yes").out.endswith(f"pull request: {PULL}\n")
