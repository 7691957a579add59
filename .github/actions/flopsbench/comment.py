"""Keeps one comment on a pull request up to date: the verdict of the newest push, in the place of the one before.

The comment is found again by a mark that nobody sees, and only among those that an app such as GitHub Actions wrote:
anybody may write such a mark. Where no comment can be written the job's summary, which has the verdict anyway, says
why. A pull request of a fork has no token that may write, so that none is tried. Nothing here fails a job.

The settings are the runner's own variables, and FLOPSBENCH_COMMENT (true, or a name where several uses of the action in
one job have a comment each), FLOPSBENCH_JOB_INDEX (which job of a matrix), FLOPSBENCH_VERDICT and FLOPSBENCH_MARKDOWN.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PATIENCE_S = 30
PAGE, PAGES = 100, 30  # comments GitHub lists at once; how often it is asked for more
LONGEST = 60_000  # characters of a verdict; GitHub takes 65,536 of a comment
REFUSED = {401, 403, 404}  # what a token gets that may not comment


def mark(setting: dict[str, str]) -> str:
    """Return what no reader sees and no other job writes."""
    names = ("GITHUB_WORKFLOW", "GITHUB_JOB", "FLOPSBENCH_JOB_INDEX", "FLOPSBENCH_COMMENT")
    job = json.dumps([setting.get(name, "") for name in names])
    return f"<!-- flopsbench {hashlib.sha256(job.encode()).hexdigest()[:16]} -->"


def body(setting: dict[str, str], commit: str) -> str:
    """Return the comment: the mark, the verdict, and which job came to it, of which commit."""
    path = Path(setting.get("FLOPSBENCH_MARKDOWN") or os.devnull)
    verdict = path.read_text(encoding="utf-8") if path.is_file() else ""
    if len(verdict) > LONGEST:
        verdict = verdict[:LONGEST].rpartition("\n")[0] + "\n\n…"
    where = "{GITHUB_SERVER_URL}/{GITHUB_REPOSITORY}/actions/runs/{GITHUB_RUN_ID}".format_map(setting)
    word = setting.get("FLOPSBENCH_VERDICT") or "error"
    told = f"Commit {commit}: {word} ([job {setting['GITHUB_JOB']}]({where}))"
    return f"{mark(setting)}\n{verdict.rstrip() or '### flopsbench: no verdict'}\n\n{told}"


class PullRequest:
    """A PullRequest is what GitHub's API says of one, and takes."""

    def __init__(self, setting: dict[str, str], number: int) -> None:
        self._token = setting["GITHUB_TOKEN"]
        self._comments = f"{setting['GITHUB_API_URL']}/repos/{setting['GITHUB_REPOSITORY']}/issues"
        self._number = number

    def put(self, text: str, mark: str) -> None:
        """Write the comment with this mark anew, or for the first time; raise OSError where that cannot be done."""
        mine = next((each for each in self._every() if is_mine(each, mark)), None)
        if mine:
            self._ask("PATCH", f"comments/{mine['id']}", {"body": text})
        else:
            self._ask("POST", f"{self._number}/comments", {"body": text})

    def _every(self) -> Iterator[dict[str, Any]]:
        for page in range(1, PAGES + 1):
            listed = self._ask("GET", f"{self._number}/comments?per_page={PAGE}&page={page}")
            yield from listed
            if len(listed) < PAGE:
                return

    def _ask(self, method: str, place: str, document: object = None) -> Any:
        headers = {"Authorization": f"Bearer {self._token}", "Accept": "application/vnd.github+json"}
        data = None if document is None else json.dumps(document).encode()
        request = urllib.request.Request(f"{self._comments}/{place}", data, headers, method=method)
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
            return json.load(answer)


def is_mine(comment: dict[str, Any], mark: str) -> bool:
    """Whether an app wrote it, under this mark."""
    return (comment.get("user") or {}).get("type") == "Bot" and (comment.get("body") or "").startswith(mark)


def why_not(setting: dict[str, str], event: dict[str, Any]) -> str:
    """Return why the verdict is not a comment; empty where it is one now."""
    request = event["pull_request"]
    if (request["head"]["repo"] or {}).get("full_name") != setting["GITHUB_REPOSITORY"]:
        return "The pull request comes from a fork, whose jobs may not comment"
    try:
        PullRequest(setting, request["number"]).put(body(setting, request["head"]["sha"]), mark(setting))
    except urllib.error.HTTPError as error:
        if error.code in REFUSED:
            return f"This job's token may not comment: give the job the permission pull-requests: write ({error.code})"
        return f"GitHub took no comment ({error.code})"
    except (OSError, ValueError) as error:
        return f"GitHub could not be asked to take a comment ({type(error).__name__})"
    return ""


def main(setting: dict[str, str]) -> int:
    """Comment, or say in the job's summary and in its log why not; 0 either way."""
    if setting.get("GITHUB_EVENT_NAME") != "pull_request":
        return 0
    event = json.loads(Path(setting["GITHUB_EVENT_PATH"]).read_text(encoding="utf-8"))
    if reason := why_not(setting, event):
        told = f"{reason}. The verdict stands in the summary of the job."
        print(f"flopsbench: {told}")
        with open(setting.get("GITHUB_STEP_SUMMARY") or os.devnull, "a", encoding="utf-8") as summary:
            print(f"\n{told}", file=summary)
    return 0


if __name__ == "__main__":
    sys.exit(main(dict(os.environ)))
