"""The registry's workflows: few rights, nothing of a pull request is run, and their steps do what they say.

The steps are run here as a runner runs them: their script and their variables, in clones of a real repository.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from msgspec.structs import replace

from flopsbench.result.codec import decode, encode
from flopsbench.result.files import save
from tests import documents
from tests.validate.honest import honest

ROOT = Path(__file__).parents[2]
WORKFLOWS = ROOT / ".github/workflows"
REGISTRY, PAGES = WORKFLOWS / "registry.yml", WORKFLOWS / "pages.yml"
CHECKOUT = "actions/checkout@v4"
QUEUED = "github.event.merge_group.base_ref"  # in a merge queue: the branch's whole name, as MERGED_INTO has it
MERGED_INTO = ["main", "refs/heads/main"]


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


def triggers(path: Path) -> Any:
    return load(path)[True]  # YAML 1.1 takes the key "on" for a boolean


def steps(path: Path) -> Iterator[dict[str, Any]]:
    for job in load(path)["jobs"].values():
        yield from job["steps"]


def of_pages(words: str) -> dict[str, Any]:
    """The one step of the pages' workflow whose script has these words."""
    (step,) = [step for step in steps(PAGES) if words in step.get("run", "")]
    return step


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


def test_validation_runs_wherever_a_merge_waits_so_that_it_can_be_required_and_may_only_read() -> None:
    assert triggers(REGISTRY) == {"pull_request": None, "merge_group": None}
    assert all("if" not in job for job in load(REGISTRY)["jobs"].values())
    assert load(REGISTRY)["permissions"] == {"contents": "read"}
    assert all("permissions" not in job for job in load(REGISTRY)["jobs"].values())


def test_validation_installs_the_base_and_reads_the_change_beside_it() -> None:
    change, base = [step["with"] for step in steps(REGISTRY) if step.get("uses") == CHECKOUT]
    assert (base["ref"], base["path"]) == (f"${{{{ github.event.pull_request.base.sha || {QUEUED} }}}}", "base")
    assert (change["path"], change["fetch-depth"], "ref" in change) == ("change", 0, False)
    asked, install, validate = [step for step in steps(REGISTRY) if "run" in step]
    assert asked["working-directory"] == "change"
    assert install["run"] == "python -m pip install --quiet ./base"
    assert "working-directory" not in install
    assert validate["working-directory"] == "change"


def test_all_steps_but_the_first_two_wait_for_a_change_of_results() -> None:
    conditions = [step.get("if") for step in steps(REGISTRY)]
    assert set(conditions[:2]) == {None}
    assert set(conditions[2:]) == {"steps.results.outputs.changed == 'true'"}


def test_pages_are_built_from_main_and_only_the_deployment_may_write() -> None:
    assert triggers(PAGES) == {"push": {"branches": ["main"]}, "workflow_call": None, "workflow_dispatch": None}
    document = load(PAGES)
    assert document["permissions"] == {"contents": "read"}
    assert document["concurrency"] == {"group": "pages", "cancel-in-progress": False}
    build, deploy = document["jobs"]["build"], document["jobs"]["deploy"]
    assert "permissions" not in build
    assert deploy["permissions"] == {"pages": "write", "id-token": "write"}
    assert deploy["needs"] == "build"
    assert not any("run" in step for step in deploy["steps"])
    (upload,) = [step for step in build["steps"] if "upload-pages-artifact" in step.get("uses", "")]
    (built,) = [script for script in scripts(PAGES) if "site build" in script]
    assert f" -o {upload['with']['path']} " in built


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
            "GITHUB_OUTPUT": str(folder / "outputs"),
            "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_REPOSITORY": "owner/flopsbench",
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


def of_registry(word: str) -> dict[str, Any]:
    """The one step of the registry's workflow whose script has this word."""
    (step,) = [step for step in steps(REGISTRY) if word in step.get("run", "")]
    assert step["env"] == {"BASE": f"${{{{ github.base_ref || {QUEUED} }}}}"}
    return step


def is_changed(runner: Runner, base: str = "main") -> bool:
    """What the workflow finds out about results/ of the change that is checked out."""
    done = runner.run(of_registry("merge-base"), BASE=base)
    assert done.returncode == 0, done.stderr
    said = (runner.workspace / "outputs").read_text().splitlines()[-1]
    assert said == done.stdout.splitlines()[-1]
    return {"changed=true": True, "changed=false": False}[said]


def validated(project: Project, runner: Runner, base: str = "main") -> subprocess.CompletedProcess[str]:
    project.merged_at(runner)
    assert is_changed(runner, base)
    return runner.run(of_registry("validate"), BASE=base)


@pytest.mark.clone
@pytest.mark.parametrize("base", MERGED_INTO)
def test_a_sound_addition_passes(base: str, project: Project, runner: Runner) -> None:
    save(honest(seed=2, created="2026-08-02T12:00:00Z"), project.work / "results")
    done = validated(project, runner, base)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.clone
@pytest.mark.parametrize("base", MERGED_INTO)
def test_what_leaves_results_as_they_are_is_validated_no_further(base: str, project: Project, runner: Runner) -> None:
    (project.work / "README.md").write_text("new")
    (project.work / "results.md").write_text("beside the folder")
    project.merged_at(runner)
    assert not is_changed(runner, base)


def add_hidden_by_attributes(project: Project) -> None:
    (project.work / ".gitattributes").write_text("results/** -diff diff=none linguist-generated\n")
    (project.work / "results/v1/x.json").write_text("{}")


def add_a_repository_that_is_to_be_ignored(project: Project) -> None:
    inner = project.work / "results/v1/inner"
    git(project.work, "clone", "--quiet", str(project.bare), str(inner))
    (project.work / ".gitmodules").write_text('[submodule "x"]\npath = results/v1/inner\nurl = /x\nignore = all\n')
    git(project.work, "add", "--force", "results/v1/inner", ".gitmodules")


def change_a_mode(project: Project) -> None:
    project.published.chmod(0o755)


def put_a_file_in_the_place_of_all(project: Project) -> None:
    shutil.rmtree(project.work / "results")
    (project.work / "results").write_text("no folder")


def delete_all(project: Project) -> None:
    shutil.rmtree(project.work / "results")


@pytest.mark.clone
@pytest.mark.parametrize(
    "change",
    [
        add_hidden_by_attributes,
        add_a_repository_that_is_to_be_ignored,
        change_a_mode,
        put_a_file_in_the_place_of_all,
        delete_all,
    ],
)
def test_no_change_of_results_is_hidden(change: Callable[[Project], None], project: Project, runner: Runner) -> None:
    (project.work / "anything").write_text("to be merged")
    change(project)
    project.merged_at(runner)
    assert is_changed(runner)


@pytest.mark.clone
def test_a_base_that_is_not_there_ends_the_check(project: Project, runner: Runner) -> None:
    put_a_file_in_the_place_of_all(project)
    project.merged_at(runner)
    done = runner.run(of_registry("merge-base"), BASE="nowhere")
    assert done.returncode
    assert not (runner.workspace / "outputs").exists()


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
    assert is_changed(runner)
    done = runner.run(of_registry("validate"), BASE="main")
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
    assert runner.run(of_registry("merge-base"), BASE=base).returncode
    done = runner.run(of_registry("validate"), BASE=base)
    assert done.returncode == 2, done.stdout
    assert not list(runner.workspace.rglob("pwned"))


@pytest.mark.clone
def test_the_site_is_built_where_it_is_uploaded_from(runner: Runner) -> None:
    shutil.copytree(ROOT / "results", runner.workspace / "results")
    done = runner.run(of_pages("site build"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert (runner.workspace / "_site/index.html").exists()


@pytest.mark.clone
def test_a_refused_file_is_named_and_freezes_no_page_but_a_broken_moderation_stops(runner: Runner) -> None:
    registry = shutil.copytree(ROOT / "results", runner.workspace / "results")
    (registry / "v1/stray.json").write_text("{}")
    done = runner.run(of_pages("site build"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "v1/stray.json: file.stray" in done.stderr
    assert "v1/stray.json" in (runner.workspace / "_site/index.html").read_text()
    (registry / "moderation.toml").write_text("hidden = [")
    assert runner.run(of_pages("site build")).returncode == 6


@pytest.mark.clone
def test_without_a_branch_of_it_there_is_no_history_and_the_pages_are_built(project: Project, runner: Runner) -> None:
    git(runner.workspace, "clone", "--quiet", str(project.bare), "clone")
    done = runner.run(of_pages("track page"), "clone", HISTORY="flopsbench-history")
    assert (done.returncode, done.stdout) == (0, "no branch flopsbench-history yet\n"), done.stderr
    assert not (runner.workspace / "clone/_site").exists()


@pytest.mark.clone
def test_a_history_has_its_pages_below_those_of_the_registry(project: Project, runner: Runner) -> None:
    git(project.work, "switch", "--quiet", "--orphan", "flopsbench-history")
    save(documents.result(), project.work)
    project.commit("Add a Result")
    git(project.work, "push", "--quiet", "origin", "flopsbench-history")
    git(runner.workspace, "clone", "--quiet", str(project.bare), "clone")
    done = runner.run(of_pages("track page"), "clone", HISTORY="flopsbench-history")
    assert done.returncode == 0, done.stdout + done.stderr
    assert (runner.workspace / "clone/_site/history/index.html").exists()


@pytest.mark.parametrize("path", [REGISTRY, PAGES], ids=lambda path: path.name)
def test_what_is_installed_is_a_project_with_what_the_steps_need(path: Path) -> None:
    (install,) = [script for script in scripts(path) if script.startswith("python -m pip install --quiet ")]
    assert (ROOT / "pyproject.toml").exists()
    assert ("[site]" in install) == ("site build" in " ".join(scripts(path)))
