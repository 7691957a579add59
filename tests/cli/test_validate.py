"""``flopsbench validate`` as a command: exit codes, formats and what goes where."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from msgspec.structs import replace

from flopsbench.result.codec import encode
from flopsbench.result.files import save
from tests.validate.honest import MEASURED, honest

pytestmark = pytest.mark.process

CREATED = "2026-01-15T12:00:00Z"


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sound registry, and beside it a broken file and one named like a command."""
    folder = tmp_path_factory.mktemp("checkout")
    save(honest(measured=(MEASURED[1], MEASURED[4]), created=CREATED), folder / "results")
    (folder / "results/README.md").write_text("# Results\n")
    (folder / "empty").mkdir()
    (folder / "broken.json").write_bytes(b"{")
    changed = replace(honest(measured=(MEASURED[1],), created=CREATED), interrupted=True)
    (folder / "interrupted.json").write_bytes(encode(changed))
    (folder / "::error::fast.json").write_bytes(b"{")
    return folder


def run(registry: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GITHUB")}
    return subprocess.run(
        [sys.executable, "-m", "flopsbench", "validate", *arguments],
        capture_output=True,
        text=True,
        cwd=registry,
        env=clean | environment,
    )


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        ("results", 0, "1 file: all sound"),
        ("empty", 0, "nothing to check"),
        ("results broken.json", 6, "2 files: 1 rejected"),
        ("nowhere", 2, "nowhere: there is no such file or folder"),
        ("results/README.md results/v1", 0, "1 file: all sound"),
        ("results --format tea", 2, "text, json, github, junit"),
        ("results --changed HEAD", 2, "--changed needs a git checkout"),
    ],
)
def test_the_exit_code_says_what_came_of_it(registry: Path, arguments: str, code: int, told: str) -> None:
    done = run(registry, *arguments.split())
    assert done.returncode == code
    assert told in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_a_revision_that_is_empty_is_told(registry: Path) -> None:
    subprocess.run(["git", "init", "--quiet", str(registry)], check=True)
    done = run(registry, "results", "--changed", "")
    shutil.rmtree(registry / ".git")
    assert (done.returncode, done.stderr.partition(" no such")[0]) == (2, "flopsbench: --changed '':")


def test_help_names_its_argument_plainly(registry: Path) -> None:
    assert " PATH..." in run(registry, "--help", COLUMNS="100").stdout


def test_documents_have_standard_output_for_themselves(registry: Path) -> None:
    done = run(registry, "results", "broken.json", "--format", "json")
    assert json.loads(done.stdout)["counts"] == {"files": 2, "rejected": 1, "review": 0}
    assert "2 files: 1 rejected" in done.stderr
    done = run(registry, "results", "broken.json", "--format", "junit")
    assert ElementTree.fromstring(done.stdout).get("failures") == "1"


@pytest.mark.parametrize("form", ["text", "github", "json", "junit"])
def test_a_reader_who_leaves_is_still_told_by_the_exit_code(registry: Path, form: str) -> None:
    """Of the first file there is something to print; the second is rejected after nobody reads any more."""
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "flopsbench", "validate", "interrupted.json", "broken.json", "--format", form]
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, text=True, cwd=registry)
    os.close(writer)
    assert done.returncode == 6
    assert "Traceback" not in done.stderr
    assert "BrokenPipe" not in done.stderr


def test_annotations_name_the_file(registry: Path) -> None:
    done = run(registry, "broken.json", "--format", "github")
    assert done.stdout.startswith("::error file=broken.json,title=flopsbench%3A integrity.json::")
    assert done.returncode == 6


def test_nothing_a_file_is_named_is_a_command_to_github(registry: Path) -> None:
    done = run(registry, "::error::fast.json", GITHUB_ACTIONS="true")
    lines = done.stdout.splitlines()
    assert lines[0].startswith("::stop-commands::")
    assert f"::{lines[0].removeprefix('::stop-commands::')}::" in lines[1:]


@pytest.mark.parametrize("form", ["json", "junit"])
def test_nothing_a_file_is_named_is_a_command_in_a_document(registry: Path, form: str) -> None:
    (registry / "##[error]fast.json").write_bytes(b"{")
    done = run(registry, "##[error]fast.json", "--format", form, GITHUB_ACTIONS="true")
    assert "fast.json" in done.stdout
    assert "##[" not in done.stdout + done.stderr


def test_no_array_library_is_loaded() -> None:
    program = "import sys, flopsbench.registry.validate\nprint(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert not {"numpy", "torch", "llvmlite"} & set(loaded)
