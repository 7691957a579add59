"""The comment on a pull request, against a server that plays GitHub's API: one comment, edited, and never by a fork."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from subprocess import CompletedProcess
from typing import Any

import pytest

from tests.workflows.runner import SHARP, Runner

pytestmark = pytest.mark.clone

COMMENTS = "/repos/owner/project/issues/7/comments"
BOT = {"login": "github-actions[bot]", "type": "Bot"}
VERDICT = json.dumps({"changes": SHARP})  # what the stub writes, also where it should be Markdown


class GitHub:
    """The comments on pull request 7, and what was asked about them; ``status`` is the answer to all who write."""

    def __init__(self) -> None:
        self.comments: list[dict[str, Any]] = []
        self.asked: list[tuple[str, str]] = []
        self.status = 0
        self.tokens: set[str | None] = set()

    def answer(self, method: str, path: str, document: Any) -> tuple[int, Any]:
        self.asked.append((method, path))
        place, _, query = path.partition("?")
        if method != "GET" and self.status:
            return self.status, {"message": "Resource not accessible by integration"}
        if (method, place) == ("GET", COMMENTS):
            size, page = (int(number) for number in re.fullmatch(r"per_page=(\d+)&page=(\d+)", query).groups())
            return 200, self.comments[size * (page - 1) : size * page]
        if (method, place) == ("POST", COMMENTS):
            self.comments.append({"id": len(self.comments), "user": BOT, "body": document["body"]})
            return 201, self.comments[-1]
        if method == "PATCH" and (found := re.fullmatch(r"/repos/owner/project/issues/comments/(\d+)", place)):
            self.comments[int(found[1])]["body"] = document["body"]
            return 200, self.comments[int(found[1])]
        return 404, {"message": "Not Found"}


@pytest.fixture
def github() -> GitHub:
    return GitHub()


@pytest.fixture
def api(github: GitHub) -> Iterator[str]:
    """The address of a server that answers for it."""

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            github.tokens.add(self.headers.get("Authorization"))
            status, document = github.answer(self.command, self.path, json.loads(self.rfile.read(length) or "null"))
            content = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PATCH = _answer

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


Push = Callable[..., CompletedProcess[str]]


@pytest.fixture
def push(runner: Runner, api: str) -> Push:
    """Run the action as for a push to a pull request."""

    def push(
        comment: str = "true", head: str | None = "owner/project", name: str = "pull_request", **environment: str
    ) -> CompletedProcess[str]:
        event = runner.temporary / "event.json"
        request = {"number": 7, "head": {"sha": "c0ffee", "repo": {"full_name": head} if head else None}}
        event.write_text(json.dumps({"pull_request": request} if name == "pull_request" else {}))
        given = {
            "GITHUB_API_URL": api,
            "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_REPOSITORY": "owner/project",
            "GITHUB_RUN_ID": "11",
            "GITHUB_WORKFLOW": "speed",
            "GITHUB_JOB": "ab",
            "GITHUB_EVENT_NAME": name,
            "GITHUB_EVENT_PATH": str(event),
            "GITHUB_STEP_SUMMARY": str(runner.temporary / "summary.md"),
        }
        return runner.action({"mode": "ab", "comment": comment}, **given | environment)

    return push


def summary(runner: Runner) -> str:
    path = runner.temporary / "summary.md"
    return path.read_text() if path.exists() else ""


def test_the_first_push_makes_a_comment_and_the_second_edits_it(push: Push, github: GitHub, runner: Runner) -> None:
    assert push().returncode == 0
    (comment,) = github.comments
    first = comment["body"]
    assert first.splitlines()[1] == VERDICT
    assert first.endswith("Commit c0ffee: passed ([job ab](https://github.com/owner/project/actions/runs/11))")
    blunt = json.dumps([{"case": "a", "verdict": "unchanged", "detectable": 0.9}])
    assert push(STUB_CHANGES=blunt).returncode == 0
    (comment,) = github.comments
    assert comment["body"].splitlines()[0] == first.splitlines()[0]
    assert "Commit c0ffee: inconclusive " in comment["body"]
    assert [method for method, _ in github.asked] == ["GET", "POST", "GET", "PATCH"]
    assert github.tokens == {"Bearer t0ken"}
    assert summary(runner) == ""


def test_a_regression_is_a_comment_too_and_fails_the_job(push: Push, github: GitHub) -> None:
    assert push(STUB_CODES='{"ab": 3}').returncode == 3
    assert "Commit c0ffee: regression " in github.comments[0]["body"]


def test_a_job_without_a_verdict_replaces_the_older_one(push: Push, github: GitHub, runner: Runner) -> None:
    push()
    runner.command("git", "#!/bin/sh\nexit 1\n")
    assert push().returncode == 2
    (comment,) = github.comments
    assert "### flopsbench: no verdict" in comment["body"]
    assert "Commit c0ffee: error " in comment["body"]


def test_a_token_that_may_only_read_leaves_the_verdict_to_the_summary(
    push: Push, github: GitHub, runner: Runner
) -> None:
    github.status = 403
    done = push()
    assert done.returncode == 0
    assert "give the job the permission pull-requests: write (403)" in summary(runner)
    assert "pull-requests: write (403)" in done.stdout
    assert github.comments == []


def test_a_server_in_trouble_fails_no_job(push: Push, github: GitHub, runner: Runner) -> None:
    github.status = 500
    assert push().returncode == 0
    assert "GitHub took no comment (500). The verdict stands in the summary of the job." in summary(runner)


def test_a_server_that_is_not_there_fails_no_job(push: Push, runner: Runner) -> None:
    assert push(GITHUB_API_URL="http://127.0.0.1:9").returncode == 0
    assert "GitHub could not be asked" in summary(runner)


@pytest.mark.parametrize("head", ["stranger/project", None], ids=["a fork", "a fork that was deleted"])
def test_a_fork_never_tries(head: str | None, push: Push, github: GitHub, runner: Runner) -> None:
    assert push(head=head).returncode == 0
    assert github.asked == []
    assert "comes from a fork" in summary(runner)


def test_nobody_is_asked_unless_a_comment_is_wanted_on_a_pull_request(
    push: Push, github: GitHub, runner: Runner
) -> None:
    push(comment="false")
    push(name="push")
    assert (github.asked, summary(runner)) == ([], "")


def test_a_mark_that_somebody_else_wrote_is_not_edited(push: Push, github: GitHub) -> None:
    push()
    copied = github.comments.pop()["body"]
    github.comments += [{"id": 0, "user": {"type": "User"}, "body": copied}, {"id": 1, "user": None, "body": None}]
    push()
    assert [comment["body"] for comment in github.comments[:2]] == [copied, None]
    assert len(github.comments) == 3


def test_a_comment_beyond_the_first_hundred_is_found(push: Push, github: GitHub) -> None:
    push()
    mine = github.comments.pop()
    github.comments = [{"id": number, "user": BOT, "body": "other"} for number in range(100)]
    github.comments.append(mine | {"id": 100})
    push()
    assert len(github.comments) == 101


def test_jobs_and_uses_in_a_job_have_a_comment_each(push: Push, github: GitHub) -> None:
    for given in ({}, {"GITHUB_JOB": "gpu"}, {"GITHUB_WORKFLOW": "other"}):
        push(**given)
    push(comment="suite")
    assert len({comment["body"].splitlines()[0] for comment in github.comments}) == len(github.comments) == 4


def test_a_verdict_too_long_for_a_comment_is_cut_at_a_line(push: Push, github: GitHub, runner: Runner) -> None:
    line = "x" * 99
    writes = f'case $each in --markdown=*) yes {line} | head -n 1000 >"${{each#*=}}" ;; esac'
    runner.command("flopsbench", f"#!/bin/sh\nfor each; do {writes}; done\n")
    push()
    (comment,) = github.comments
    _, *lines, left_out, blank, told = comment["body"].splitlines()
    assert len(comment["body"]) < 65_536
    assert {*lines} == {line, ""}
    assert (left_out, blank, told[:13]) == ("…", "", "Commit c0ffee")
