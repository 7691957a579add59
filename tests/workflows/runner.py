"""Runs the steps of the action as a runner of GitHub does: their scripts, their variables, in a clone."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
ACTION = ROOT / ".github/actions/flopsbench"
COMMENTS = "inputs.comment != 'false' && !cancelled()"
SHARP = [{"case": "a", "verdict": "unchanged", "detectable": 0.03}]

# Commands of a stub: what it was called with is kept, run and track backfill write a document, track add copies it.
STUB = """#!{python}
import hashlib, json, os, pathlib, shutil, sys, time
stub = pathlib.Path({folder!r})
arguments = sys.argv[1:]
with open(stub / "calls", "a") as calls:
    print(json.dumps(arguments), file=calls)
options = dict(argument[2:].split("=", 1) for argument in arguments if argument.startswith("--") and "=" in argument)
document = os.environ.get("STUB_DOCUMENT", "{{}}")
verdict = json.dumps({{"changes": json.loads(os.environ.get("STUB_CHANGES", {sharp!r}))}})
for name in ("json", "markdown", "junit"):
    if name in options:
        pathlib.Path(options[name]).write_text(document if arguments[0] == "run" else verdict)
if arguments[:2] == ["track", "backfill"]:
    if "STUB_UNMEASURED" not in os.environ:
        place = pathlib.Path(options["history"]) / "v1"
        place.mkdir(parents=True)
        (place / "measured.json").write_text(document)
if arguments[:2] == ["track", "add"]:
    meet = os.environ.get("STUB_MEET")
    if meet:  # wait until the other job stands here too: both have read the same history
        (pathlib.Path(meet) / str(os.getppid())).touch()
        while len(list(pathlib.Path(meet).iterdir())) < 2:
            time.sleep(0.01)
    document = pathlib.Path(arguments[2]).read_bytes()
    (pathlib.Path(options["history"]) / (hashlib.sha256(document).hexdigest() + ".json")).write_bytes(document)
codes = json.loads(os.environ.get("STUB_CODES", "{{}}"))
sys.exit(codes.get(" ".join(arguments[:2]), codes.get(arguments[0], 0)))
"""


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


def git(folder: Path, *arguments: str) -> str:
    author = ("-c", "user.name=test", "-c", "user.email=test@localhost")
    done = subprocess.run(["git", *author, "-C", str(folder), *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


class Runner:
    """A CI machine: a clone of a project, a temporary folder, and a flopsbench in front of PATH."""

    def __init__(self, folder: Path, origin: Path) -> None:
        self.clone, self.temporary, self.bin = folder / "clone", folder / "temporary", folder / "bin"
        for made in (self.temporary, self.bin):
            made.mkdir(parents=True)
        git(folder, "clone", "--quiet", str(origin), str(self.clone))
        stub = STUB.format(python=sys.executable, folder=str(folder), sharp=json.dumps(SHARP))
        self.command("flopsbench", stub)
        self.command("sleep", "#!/bin/sh\n")
        self._calls = folder / "calls"
        self.environment = {
            "PATH": f"{self.bin}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(folder),
            "RUNNER_TEMP": str(self.temporary),
            "GITHUB_ACTIONS": "true",
            "GITHUB_ACTION_PATH": str(ACTION),
            "GITHUB_OUTPUT": str(folder / "outputs"),
        }

    def command(self, name: str, script: str) -> None:
        (self.bin / name).write_text(script)
        (self.bin / name).chmod(0o755)

    def bash(self, script: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-euo", "pipefail", "-c", script],
            cwd=self.clone,
            env=self.environment | environment,
            capture_output=True,
            text=True,
            timeout=60,
        )

    def action(self, inputs: Mapping[str, str], **environment: str) -> subprocess.CompletedProcess[str]:
        """Every step of the action with these inputs and the defaults of the others; what the first failed one said.

        A step with a condition, which is that of the comment, is run after a failure, too.
        """
        action = load(ACTION / "action.yml")
        values = {f"inputs.{name}": about["default"] for name, about in action["inputs"].items()}
        inputs = {f"inputs.{name}": value for name, value in inputs.items()}
        assert inputs.keys() <= values.keys()
        values |= {"github.token": "t0ken", "strategy.job-index": "0"} | inputs
        Path(self.environment["GITHUB_OUTPUT"]).unlink(missing_ok=True)
        said: list[subprocess.CompletedProcess[str]] = []
        for step in action["runs"]["steps"]:
            assert step["shell"] == "bash"
            assert step.get("if", COMMENTS) == COMMENTS
            failed = any(done.returncode for done in said)
            if values["inputs.comment"] == "false" if "if" in step else failed:
                continue
            known = values | {f"steps.measure.outputs.{name}": value for name, value in self.outputs.items()}
            given = {name: filled(text, known) for name, text in step.get("env", {}).items()}
            said.append(self.bash(step["run"], **given, **environment))
        return next((done for done in said if done.returncode), said[-1])

    @property
    def calls(self) -> list[list[str]]:
        return [json.loads(line) for line in self._calls.read_text().splitlines()] if self._calls.exists() else []

    @property
    def outputs(self) -> dict[str, str]:
        path = Path(self.environment["GITHUB_OUTPUT"])
        return dict(line.split("=", 1) for line in path.read_text().splitlines()) if path.exists() else {}


def filled(text: str, values: Mapping[str, str]) -> str:
    """The value of "${{ inputs.name }}": whole, as the runner puts it into a variable; empty of an output not there."""
    name = re.fullmatch(r"\$\{\{ ([\w.-]+) \}\}", text)
    assert name, f"{text!r} is more than one value"
    return values.get(name[1], "") if name[1].startswith("steps.") else values[name[1]]


def steps(path: Path) -> Iterator[dict[str, Any]]:
    document = load(path)
    yield from document["runs"]["steps"] if "runs" in document else ()
    for job in document.get("jobs", {}).values():
        yield from job.get("steps", ())
