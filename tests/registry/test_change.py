"""What git says changed, and what it must not be asked to do. Edits and deletions are in test_hostile_files."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from msgspec.structs import replace

from flopsbench.errors import UsageError
from flopsbench.registry.change import since
from flopsbench.registry.signature import signature_path
from flopsbench.registry.validate import validate
from flopsbench.result.files import save
from tests.registry.test_moderation import hide
from tests.registry.test_validate import NOW
from tests.validate.honest import MEASURED, honest

FEW = (MEASURED[1], MEASURED[8], MEASURED[4])


def git(folder: Path, *arguments: str) -> str:
    who = ("-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
    return subprocess.run(
        ["git", *who, "-C", str(folder), *arguments], check=True, capture_output=True, text=True
    ).stdout.strip()


def commit(folder: Path) -> str:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "--message", "Results")
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A registry in a checkout, with one Result committed."""
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    save(honest(measured=FEW), tmp_path / "results")
    (tmp_path / "results" / "moderation.toml").write_text("")
    commit(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "results"


def told(registry: Path, revision: str = "HEAD") -> set[tuple[str, str]]:
    """Names of files with the codes of what is said of them."""
    return {
        (Path(each.path).name, finding.code)
        for each in validate([registry], changed=revision, now=NOW)
        for finding in each.findings
    }


@pytest.mark.clone
def test_nothing_changed(registry: Path) -> None:
    assert told(registry) == set()


@pytest.mark.clone
def test_a_moderation_is_for_a_person(registry: Path) -> None:
    (registry / "moderation.toml").write_text("# nothing hidden\n")
    (registry / "signers").write_text("")
    assert told(registry) == {("moderation.toml", "change.moderation"), ("signers", "change.moderation")}


@pytest.mark.clone
def test_a_new_file_is_checked_committed_or_not(registry: Path) -> None:
    bad = registry / "v1" / "nvidia-h200" / "2026" / "0123456789abcdef.json"
    bad.write_bytes(b"{}")
    assert told(registry) == {(bad.name, "integrity.schema")}
    base = git(registry, "rev-parse", "HEAD")
    commit(registry)
    assert told(registry, base) == {(bad.name, "integrity.schema")}


@pytest.mark.clone
def test_what_was_published_is_not_judged_again(registry: Path) -> None:
    save(honest(measured=FEW, created="2026-12-31T12:00:00Z"), registry)
    assert "environment.future" in {code for _, code in told(registry)}
    assert told(registry, commit(registry)) == set()


@pytest.mark.clone
@pytest.mark.parametrize("form", ["text eol=crlf", "working-tree-encoding=UTF-16LE", "filter=mark"])
def test_what_git_writes_to_disk_in_another_form_is_an_edit(registry: Path, tmp_path: Path, form: str) -> None:
    base = git(registry, "rev-parse", "HEAD")
    git(registry, "config", "filter.mark.smudge", r"LC_ALL=C tr C '\377'")
    git(registry, "config", "filter.mark.clean", r"LC_ALL=C tr '\377' C")
    (tmp_path / ".gitattributes").write_text(f"results/v1/** {form}\n")
    published = next(registry.rglob("*.json"))
    published.unlink()
    git(registry, "checkout", "--", ".")
    assert not git(registry, "status", "--short", "--", ".")
    commit(registry)
    assert (published.name, "change.edited") in told(registry, base)


@pytest.mark.clone
def test_a_repository_in_it_is_none_of_its_files(registry: Path) -> None:
    base = git(registry, "rev-parse", "HEAD")
    (registry / "v1" / "other").mkdir()
    git(registry, "update-index", "--add", "--cacheinfo", f"160000,{base},results/v1/other")
    git(registry, "commit", "--quiet", "--message", "A submodule")
    assert told(registry, base) == {("other", "file.stray")}


@pytest.mark.clone
@pytest.mark.parametrize("link", ["outside/link", "link"])
def test_a_link_on_the_way_hides_nothing(registry: Path, tmp_path: Path, link: str) -> None:
    bad = registry / "v1" / "nvidia-h200" / "2026" / "0123456789abcdef.json"
    bad.write_bytes(b"{}")
    way = tmp_path / link
    way.parent.mkdir(exist_ok=True)
    way.symlink_to(registry)
    assert told(way) == {(bad.name, "integrity.schema")}
    assert told(way / bad.relative_to(registry)) == {(bad.name, "integrity.schema")}


@pytest.mark.clone
def test_a_link_in_the_place_of_a_result_is_seen(registry: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere.json"
    published = next(registry.rglob("*.json"))
    published.rename(elsewhere)
    published.symlink_to(elsewhere)
    assert told(published) == {(published.name, "file.symlink"), (published.name, "change.edited")}


@pytest.mark.clone
def test_a_file_has_one_name(registry: Path, tmp_path: Path) -> None:
    published = next(registry.rglob("*.json"))
    published.write_bytes(b"{}")
    names = {each.path for each in validate([registry], changed="HEAD", now=NOW)}
    assert names == {str(published)}


@pytest.mark.clone
@pytest.mark.parametrize("name", ["GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE", "GIT_OBJECT_DIRECTORY"])
def test_no_variable_sends_git_elsewhere(registry: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, ".git")
    next(registry.rglob("*.json")).unlink()
    assert {code for _, code in told(registry)} == {"change.deleted"}


@pytest.mark.process
def test_a_signature_is_renamed_with_its_result(registry: Path) -> None:
    published = next(registry.rglob("*.json"))
    signature_path(published).write_text("signed")
    commit(registry)
    other = published.with_name("0123456789abcdef.json")
    signature_path(published).rename(signature_path(other))
    published.rename(other)
    renamed = {(published.name, "change.renamed"), (signature_path(published).name, "change.renamed")}
    assert {found for found in told(registry) if found[1].startswith("change")} == renamed


@pytest.mark.clone
def test_a_copy_of_what_was_published_is_refused_alone(registry: Path) -> None:
    copy = save(replace(honest(measured=FEW), submitter="somebody-else"), registry)
    assert told(registry) == {(copy.name, "population.duplicate")}


@pytest.mark.process
def test_a_signature_may_be_added_and_then_stays(registry: Path) -> None:
    signature = signature_path(next(registry.rglob("*.json")))
    signature.write_text("first")
    assert not {code for _, code in told(registry) if code.startswith("change")}
    commit(registry)
    signature.write_text("second")
    assert (signature.name, "change.edited") in told(registry)


@pytest.mark.clone
def test_a_file_comes_once_with_its_history(registry: Path) -> None:
    published = next(registry.rglob("*.json"))
    published.write_bytes(b"{}")
    (registry / "moderation.toml").write_text("hide = 7")
    found = {Path(each.path).name: each.findings for each in validate([registry], changed="HEAD", now=NOW)}
    assert len(found) == len(list(validate([registry], changed="HEAD", now=NOW))) == 2
    assert {finding.code for finding in found[published.name]} == {"change.edited", "integrity.schema"}
    assert {finding.code for finding in found["moderation.toml"]} == {"change.moderation", "moderation.invalid"}


@pytest.mark.clone
def test_what_a_moderation_names_is_asked_when_it_changes(registry: Path) -> None:
    (registry / "moderation.toml").write_text(hide())
    assert ("moderation.toml", "moderation.unknown") in told(registry)
    assert told(registry, commit(registry)) == set()


@pytest.mark.clone
def test_an_empty_revision_is_none(registry: Path) -> None:
    with pytest.raises(UsageError, match=r"^--changed '': no such commit"):
        since("", [registry])


@pytest.mark.clone
@pytest.mark.parametrize("revision", ["nowhere", "--output=stolen", "-h", "", "HEAD~99", "HEAD:results"])
def test_no_such_revision(registry: Path, revision: str) -> None:
    with pytest.raises(UsageError, match="--changed"):
        since(revision, [registry])
    assert not list(registry.rglob("stolen"))


@pytest.mark.clone
def test_nothing_in_common_with_it(registry: Path) -> None:
    git(registry, "checkout", "--quiet", "--orphan", "other")
    git(registry, "commit", "--quiet", "--message", "Another beginning")
    git(registry, "checkout", "--quiet", "main")
    with pytest.raises(UsageError, match="in common"):
        since("other", [registry])


@pytest.mark.clone
def test_no_checkout(tmp_path: Path) -> None:
    save(honest(measured=FEW), tmp_path)
    with pytest.raises(UsageError, match="git checkout"):
        since("HEAD", [tmp_path])


@pytest.mark.clone
def test_no_program_of_the_repository_runs(registry: Path, tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    program.chmod(0o755)
    for key in ("diff.external", "diff.all.command", "diff.all.textconv", "core.fsmonitor"):
        git(registry, "config", key, str(program))
    (tmp_path / ".gitattributes").write_text("* diff=all\n")
    next(registry.rglob("*.json")).write_bytes(b"{}")
    assert {code for _, code in told(registry)} >= {"change.edited"}
    assert not (tmp_path / "ran").exists()


@pytest.mark.clone
@pytest.mark.parametrize(
    "name", ["-rf.json", "a\nb.json", "\x1b[2J.json", "über.json", '"quoted".json', ":(glob)*.json"]
)
def test_names_are_names(registry: Path, name: str) -> None:
    (registry / "v1" / name).write_bytes(b"{}")
    assert told(registry) == {(name, "file.stray")}


@pytest.mark.clone
def test_what_is_unchanged_outside_of_a_registry_is_nobodys_business(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    save(honest(measured=FEW), tmp_path / "registry").rename(tmp_path / "mine.json")
    commit(tmp_path)
    assert list(validate([tmp_path / "mine.json"], changed="HEAD")) == []
