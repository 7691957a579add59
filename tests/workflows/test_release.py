"""The release: a tag that is the version, two distributions that were tried, and one job that may publish them."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.workflows.runner import ROOT, load

RELEASE = ROOT / ".github/workflows/release.yml"
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]


def jobs() -> dict[str, Any]:
    return dict(load(RELEASE)["jobs"])


def test_a_tag_alone_releases_and_only_the_job_that_publishes_has_an_identity() -> None:
    document = load(RELEASE)
    assert document[True] == {"push": {"tags": ["v*"]}}
    assert document["permissions"] == {"contents": "read"}
    build, publish = document["jobs"]["build"], document["jobs"]["publish"]
    assert "permissions" not in build
    assert publish["permissions"] == {"id-token": "write"}
    assert (publish["needs"], publish["environment"]["name"]) == ("build", "pypi")


def test_what_is_published_is_what_was_tried_and_nothing_is_run_beside_it() -> None:
    built, published = jobs()["build"]["steps"], jobs()["publish"]["steps"]
    assert not any("run" in step for step in published)
    assert [step["uses"] for step in published] == [
        "actions/download-artifact@v4",
        "pypa/gh-action-pypi-publish@release/v1",
    ]
    *_, tried, kept = built
    assert tried["run"] == f".ci/distributions {kept['with']['path']}"
    assert (kept["with"]["name"], kept["with"]["path"]) == ("distributions", "dist")
    assert published[0]["with"] == {"name": "distributions", "path": "dist"}


def test_no_expression_stands_in_a_script_and_every_job_ends() -> None:
    for job in jobs().values():
        assert job["timeout-minutes"]
        assert not any("${{" in step.get("run", "") for step in job["steps"])


@pytest.mark.clone
@pytest.mark.parametrize(
    ("tag", "heading", "complaint"),
    [
        ("v1.2.3", "## 1.2.3 – 2026-11-29", ""),
        ("v1.2.4", "## 1.2.3 – 2026-11-29", "the tag is v1.2.4, the version in pyproject.toml 1.2.3"),
        ("1.2.3", "## 1.2.3 – 2026-11-29", "the tag is 1.2.3"),
        ("v1.2.3", "## Unreleased", "CHANGELOG.md has no section"),
        ("v1.2.3", "## 1.2.3", "CHANGELOG.md has no section"),
    ],
)
def test_a_tag_has_to_be_the_version_and_in_the_changelog(
    tag: str, heading: str, complaint: str, tmp_path: Path
) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "1.2.3"\n')
    (tmp_path / "CHANGELOG.md").write_text(f"# Changelog\n\n{heading}\n\n- It is new.\n")
    (step,) = [step for step in jobs()["build"]["steps"] if "CHANGELOG" in step.get("run", "")]
    script = ["bash", "--noprofile", "--norc", "-e", "-c", step["run"]]
    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "GITHUB_REF_NAME": tag}
    done = subprocess.run(script, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert (done.returncode, complaint in done.stdout) == (int(bool(complaint)), True), done.stderr


def test_the_changelog_begins_with_this_version_or_what_follows_it() -> None:
    headings = re.findall(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    newest = headings[1] if headings[0] == "Unreleased" else headings[0]
    assert re.fullmatch(rf"{re.escape(VERSION)}( – \d{{4}}-\d\d-\d\d)?", newest)


@pytest.mark.clone
def test_distributions_are_put_beside_no_others(tmp_path: Path) -> None:
    (tmp_path / "older.whl").touch()
    done = subprocess.run([ROOT / ".ci/distributions", tmp_path], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (1, f"{tmp_path} is not empty\n")


# What people fill in


FORMS = sorted(path for path in (ROOT / ".github/ISSUE_TEMPLATE").glob("*.yml") if path.stem != "config")


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_a_form_is_one_that_github_shows(path: Path) -> None:
    form = load(path)
    assert {"name", "description", "body"} <= form.keys() <= {"name", "description", "title", "labels", "body"}
    asked = [field for field in form["body"] if field["type"] != "markdown"]
    assert {field["type"] for field in asked} <= {"textarea", "input", "dropdown", "checkboxes"}
    assert len({field["id"] for field in asked}) == len({field["attributes"]["label"] for field in asked}) == len(asked)
    assert any(field.get("validations", {}).get("required") for field in asked)


def test_forms_name_files_and_commands_that_there_are() -> None:
    text = "".join(path.read_text() for path in FORMS)
    for name in re.findall(r"\b\w+\.json\b", text.replace("result.json", "")):
        assert list((ROOT / "flopsbench").rglob(name)), name
    assert "https://github.com/OWNER/flopsbench/security" in (ROOT / ".github/ISSUE_TEMPLATE/config.yml").read_text()
    assert (ROOT / ".github/SECURITY.md").exists()
