"""``flopsbench site`` as a user types it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from flopsbench.result.files import save
from tests.validate.made import made

pytestmark = pytest.mark.process


@pytest.fixture
def registry(tmp_path: Path) -> Path:
    folder = tmp_path / "results"
    for number in range(2):
        save(made(number), folder)
    return folder


def flopsbench(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "flopsbench", "site", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env=os.environ | {"COLUMNS": "120"})


def test_build_says_what_it_made(registry: Path, tmp_path: Path) -> None:
    done = flopsbench("build", registry, "-o", tmp_path / "site", "--jobs", "1")
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(r"\d+ files of 2 Results, 2 of them new or changed", done.stdout)
    assert (tmp_path / "site" / "index.html").is_file()


def test_build_names_what_it_refuses_and_builds_the_rest(registry: Path, tmp_path: Path) -> None:
    bad = sorted(registry.rglob("*.json"))[0]
    bad.write_text("{}")
    done = flopsbench("build", registry, "-o", tmp_path / "site", "--jobs", "1")
    assert done.returncode == 6
    assert re.search(rf"^flopsbench: v1/\S+/{bad.name}: integrity\.\w+: ", done.stderr)
    assert " of 1 Result, 1 of them new or changed" in done.stdout


def test_a_refused_file_need_not_fail_a_build_but_a_broken_moderation_does(registry: Path, tmp_path: Path) -> None:
    bad = sorted(registry.rglob("*.json"))[0]
    bad.write_text("{}")
    build = ("build", registry, "-o", tmp_path / "site", "--jobs", "1", "--allow-refused")
    done = flopsbench(*build)
    assert (done.returncode, bad.name in done.stderr) == (0, True)
    assert bad.name in (tmp_path / "site/index.html").read_text()
    (registry / "moderation.toml").write_text("hidden = [")
    assert flopsbench(*build).returncode == 6


def test_no_terminal_obeys_the_name_of_a_file(registry: Path, tmp_path: Path) -> None:
    (registry / "v1" / "\x1b[31mred\n::error::.json").write_text("{}")
    done = flopsbench("build", registry, "-o", tmp_path / "site", "--jobs", "1")
    assert done.returncode == 6
    assert done.stderr.startswith(r"flopsbench: v1/\x1b[31mred\n::error::.json: file.stray")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["build", "nowhere", "-o", "site"], "no registry"),
        (["build", "results", "-o", "results/site"], "lies in the registry"),
        (["build", "results", "-o", "results/README"], "lies in the registry"),
        (["build", "results"], "--output"),
        (["build", "results", "-o", "site", "--jobs", "0"], "--jobs"),
        (["serve", "."], "holds no site"),
        (["serve", "results", "--port", "70000"], "--port"),
    ],
)
def test_a_request_that_makes_no_sense_has_its_sentence(
    registry: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], sentence: str
) -> None:
    monkeypatch.chdir(registry.parent)
    done = flopsbench(*arguments)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_a_folder_that_cannot_be_written_is_named(registry: Path) -> None:
    done = flopsbench("build", registry, "-o", "/proc/site")  # where not even root may make a folder
    assert done.returncode == 2, done.stderr
    assert "cannot" in done.stderr
    assert "Traceback" not in done.stderr


def without(module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the site where a module is not installed, and no folder takes temporary files."""
    program = (
        f"import sys, tempfile; sys.modules[{module!r}] = None; tempfile._get_default_tempdir = lambda: '/nowhere'\n"
        "from flopsbench.cli import main; main()"
    )
    return subprocess.run([sys.executable, "-c", program, "site", *arguments], capture_output=True, text=True)


@pytest.mark.parametrize("module", ["jinja2", "markupsafe"])
def test_without_jinja2_the_user_is_told_what_to_install(registry: Path, tmp_path: Path, module: str) -> None:
    done = without(module, "build", str(registry), "-o", str(tmp_path / "site"))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "flopsbench: the site needs jinja2: pip install 'flopsbench[site]'\n"


def test_without_a_temporary_folder_nothing_is_served(registry: Path) -> None:
    done = without("nothing", "serve", str(registry), "--port=0")
    assert (done.returncode, done.stdout) == (2, "")
    assert "no temporary folder can be written to" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("what", ["registry", "site"])
def test_serve_shows_a_registry_or_a_site_and_ends_quietly(registry: Path, tmp_path: Path, what: str) -> None:
    folder = registry
    if what == "site":
        folder = tmp_path / "site"
        assert flopsbench("build", registry, "-o", folder, "--jobs", "1").returncode == 0
        shutil.rmtree(registry)
    command = [sys.executable, "-m", "flopsbench", "site", "serve", str(folder), "--port", "0", "--jobs", "1"]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert running.stdout is not None
        (address,) = re.findall(r"http://127\.0\.0\.1:\d+/", running.stdout.readline())
        with urllib.request.urlopen(address) as answer:
            assert b"<html" in answer.read()
    finally:
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=30)
    assert (running.returncode, said) == (0, "")
