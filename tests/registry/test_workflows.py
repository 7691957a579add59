"""The registry's workflows: few rights, nothing of a pull request is run, and their steps do what they say.

The steps are run here as a runner runs them: their script and their variables, in clones of a real repository.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from msgspec.structs import replace

from flopsbench.result.codec import decode, encode
from flopsbench.result.files import save
from tests.validate.honest import honest

ROOT = Path(__file__).parents[2]
WORKFLOWS = ROOT / ".github/workflows"
REGISTRY, PAGES = WORKFLOWS / "registry.yml", WORKFLOWS / "pages.yml"
CHECKOUT = "actions/checkout@v4"


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


def triggers(path: Path) -> Any:
    return load(path)[True]  # YAML 1.1 takes the key "on" for a boolean


def steps(path: Path) -> Iterator[dict[str, Any]]:
    for job in load(path)["jobs"].values():
        yield from job["steps"]


def scripts(path: Path) -> list[str]:
    return [step["run"] for step in steps(path) if "run" in step]


def git(folder: Path, *arguments: str) -> str:
    author = ("-c", "user.name=test", "-c", "user.email=test@localhost")
    done = subprocess.run(["git", *author, "-C", str(folder), *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


# What is written in the files


@pytest.mark.parametrize("path", sorted((ROOT / ".github").rglob("*.yml")), ids=lambda path: path.name)
def test_no_workflow_hands_a_fork_a_token(path: Path) -> None:
    code = re.sub(r"#.*", "", path.read_text())
    assert "pull_request_target" not in code
    assert "workflow_run" not in code


@pytest.mark.parametrize("path", [REGISTRY, PAGES], ids=lambda path: path.name)
def test_no_expression_stands_in_a_script_actions_are_pinned_and_jobs_end(path: Path) -> None:
    for step in steps(path):
        assert "${{" not in step.get("run", "")
        assert re.fullmatch(r"actions/[\w-]+@v\d+|", step.get("uses", ""))
    assert all(job["timeout-minutes"] for job in load(path)["jobs"].values())
    assert load(path)["concurrency"]["group"]


@pytest.mark.parametrize("path", [REGISTRY, PAGES], ids=lambda path: path.name)
def test_no_checkout_keeps_its_token(path: Path) -> None:
    checkouts = [step for step in steps(path) if step.get("uses") == CHECKOUT]
    assert checkouts
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


def test_validation_runs_for_pull_requests_that_touch_results_and_may_only_read() -> None:
    assert triggers(REGISTRY) == {"pull_request": {"paths": ["results/**"]}}
    assert load(REGISTRY)["permissions"] == {"contents": "read"}
    assert all("permissions" not in job for job in load(REGISTRY)["jobs"].values())


def test_validation_installs_the_base_and_reads_the_change_beside_it() -> None:
    base, change = [step["with"] for step in steps(REGISTRY) if step.get("uses") == CHECKOUT]
    assert (base["ref"], base["path"]) == ("${{ github.event.pull_request.base.sha }}", "base")
    assert (change["path"], change["fetch-depth"], "ref" in change) == ("change", 0, False)
    install, validate = [step for step in steps(REGISTRY) if "run" in step]
    assert install["run"] == "python -m pip install --quiet ./base"
    assert "working-directory" not in install
    assert validate["working-directory"] == "change"


def test_pages_are_built_from_main_and_only_the_deployment_may_write() -> None:
    assert triggers(PAGES) == {"push": {"branches": ["main"]}, "workflow_dispatch": None}
    document = load(PAGES)
    assert document["permissions"] == {"contents": "read"}
    assert document["concurrency"] == {"group": "pages", "cancel-in-progress": False}
    build, deploy = document["jobs"]["build"], document["jobs"]["deploy"]
    assert "permissions" not in build
    assert deploy["permissions"] == {"pages": "write", "id-token": "write"}
    assert deploy["needs"] == "build"
    assert not any("run" in step for step in deploy["steps"])
    (upload,) = [step for step in build["steps"] if "upload-pages-artifact" in step.get("uses", "")]
    assert scripts(PAGES)[-1].endswith(f"-o {upload['with']['path']}")


# What the steps do


class Runner:
    """A CI machine: its workspace, and the flopsbench that is installed here."""

    def __init__(self, folder: Path) -> None:
        self.workspace = folder
        folder.mkdir()
        installed = Path(sys.executable).with_name("flopsbench")
        assert installed.exists(), "flopsbench is not installed in this environment"
        self.environment = {
            "PATH": f"{installed.parent}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(folder),
            "GITHUB_ACTIONS": "true",
        }

    def run(self, step: dict[str, Any], where: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
        script = ["bash", "--noprofile", "--norc", "-euo", "pipefail", "-c", step["run"]]
        folder = self.workspace / step.get("working-directory", where)
        environment = self.environment | variables
        return subprocess.run(script, cwd=folder, env=environment, capture_output=True, text=True, timeout=120)


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    return Runner(tmp_path / "runner")


class Project:
    """A repository with a published Result on main, and what a pull request makes of it."""

    def __init__(self, folder: Path) -> None:
        self.bare, self.work = folder / "origin.git", folder / "work"
        self.work.mkdir()
        git(self.work, "init", "--quiet", "--initial-branch=main")
        shutil.copytree(ROOT / "results", self.work / "results")
        self.published = save(honest(), self.work / "results")
        self.commit("begin")
        git(self.work, "clone", "--quiet", "--bare", str(self.work), str(self.bare))
        git(self.work, "remote", "add", "origin", str(self.bare))
        git(self.work, "switch", "--quiet", "--create", "change")

    def commit(self, message: str) -> None:
        git(self.work, "add", "--all")
        git(self.work, "commit", "--quiet", "--message", message)

    def merged_at(self, runner: Runner) -> None:
        """Check the merge of the pull request out, as actions/checkout does with fetch-depth 0."""
        self.commit("change")
        git(self.work, "switch", "--quiet", "--detach", "main")
        git(self.work, "merge", "--quiet", "--no-ff", "--message", "merge", "change")
        git(self.work, "push", "--quiet", "origin", "HEAD:refs/pull/1/merge")
        git(runner.workspace, "clone", "--quiet", str(self.bare), "change")
        git(runner.workspace / "change", "fetch", "--quiet", "origin", "refs/pull/1/merge")
        git(runner.workspace / "change", "checkout", "--quiet", "--detach", "FETCH_HEAD")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def validated(project: Project, runner: Runner) -> subprocess.CompletedProcess[str]:
    project.merged_at(runner)
    (step,) = [step for step in steps(REGISTRY) if "validate" in step.get("run", "")]
    assert step["env"] == {"BASE": "${{ github.base_ref }}"}
    return runner.run(step, BASE="main")


@pytest.mark.clone
def test_a_sound_addition_passes(project: Project, runner: Runner) -> None:
    save(honest(seed=2, created="2026-08-02T12:00:00Z"), project.work / "results")
    done = validated(project, runner)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.clone
def test_an_edit_of_a_published_file_fails_with_an_annotation(project: Project, runner: Runner) -> None:
    edited = encode(replace(decode(project.published.read_bytes()), created="2026-08-01T13:00:00Z"))
    project.published.write_bytes(edited)
    done = validated(project, runner)
    assert done.returncode == 6
    assert "::error" in done.stdout
    assert "change.edited" in done.stdout


@pytest.mark.clone
def test_a_deletion_of_a_published_file_fails(project: Project, runner: Runner) -> None:
    project.published.unlink()
    done = validated(project, runner)
    assert (done.returncode, "change.deleted" in done.stdout) == (6, True)


@pytest.mark.clone
def test_what_main_has_got_since_is_no_change_of_the_pull_request(project: Project, runner: Runner) -> None:
    save(honest(seed=2, created="2026-08-02T12:00:00Z"), project.work / "results")
    project.merged_at(runner)
    git(project.work, "switch", "--quiet", "main")
    save(honest(seed=3, created="2026-08-03T12:00:00Z"), project.work / "results")
    project.commit("meanwhile")
    git(project.work, "push", "--quiet", "origin", "main")
    git(runner.workspace / "change", "fetch", "--quiet", "origin")
    (step,) = [step for step in steps(REGISTRY) if "validate" in step.get("run", "")]
    done = runner.run(step, BASE="main")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.clone
def test_nothing_that_a_pull_request_brings_is_run(project: Project, runner: Runner) -> None:
    bait = f"import pathlib; pathlib.Path({str(runner.workspace / 'pwned')!r}).touch()\n"
    for name in (
        "flopsbench/__init__.py",
        "flopsbench/registry/validate.py",
        "sitecustomize.py",
        "json.py",
        "setup.py",
    ):
        (project.work / name).parent.mkdir(parents=True, exist_ok=True)
        (project.work / name).write_text(bait)
    (project.work / ".gitattributes").write_text("*.json diff=bait filter=bait\n")
    (project.work / "results/v1/x.json").write_text("{}")
    done = validated(project, runner)
    assert (done.returncode, "Traceback" in done.stderr) == (6, False)
    assert not (runner.workspace / "pwned").exists()


@pytest.mark.clone
@pytest.mark.parametrize("base", ["$(touch${IFS}pwned)", "a';touch${IFS}pwned;'", "--output=pwned"])
def test_the_name_of_a_base_is_no_code(base: str, project: Project, runner: Runner) -> None:
    save(honest(seed=2, created="2026-08-02T12:00:00Z"), project.work / "results")
    project.merged_at(runner)
    (step,) = [step for step in steps(REGISTRY) if "validate" in step.get("run", "")]
    done = runner.run(step, BASE=base)
    assert done.returncode == 2, done.stdout
    assert not list(runner.workspace.rglob("pwned"))


@pytest.mark.clone
def test_the_site_is_built_where_it_is_uploaded_from(runner: Runner) -> None:
    shutil.copytree(ROOT / "results", runner.workspace / "results")
    (step,) = [step for step in steps(PAGES) if "site build" in step.get("run", "")]
    done = runner.run(step)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (runner.workspace / "_site/index.html").exists()


@pytest.mark.parametrize("path", [REGISTRY, PAGES], ids=lambda path: path.name)
def test_what_is_installed_is_a_project_with_what_the_steps_need(path: Path) -> None:
    install = scripts(path)[0]
    assert install.startswith("python -m pip install --quiet ")
    assert (ROOT / "pyproject.toml").exists()
    assert ("[site]" in install) == ("site build" in " ".join(scripts(path)))
