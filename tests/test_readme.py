"""Tests that README.md stays short and true: its first commands, its options, its links, its screens."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from rich.cells import cell_len
from typer.main import get_command
from typer.testing import CliRunner

from flopsbench.cli import app

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.M | re.S)
SHELL = [block for language, block in BLOCKS if language == "sh"]
SCREENS = [block for language, block in BLOCKS if not language]
COMMANDS = [
    line
    for block in SHELL
    for line in re.split(r"\n| && ", block)
    if line.startswith(("flopsbench ", ".venv/bin/flopsbench "))
]
QUICK = ROOT / "tests/golden/result-1.0-quick-cpu.json"
LINKS = re.findall(r"\]\(([^)\s]+)\)", README)


def test_it_is_read_in_a_few_minutes() -> None:
    assert len(README.splitlines()) <= 200


def test_it_opens_with_the_two_commands_that_ci_runs() -> None:
    first, second = (block.strip() for block in SHELL[:2])
    assert [command.partition(" .venv")[0] for command in (first, second)] == ["python3 -m venv"] * 2
    assert [command.rpartition("/")[2] for command in (first, second)] == ["flopsbench run", "pytest"]


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_and_each_of_its_options_is_known(command: str) -> None:
    _, *words = shlex.split(command, comments=True)
    known = get_command(app)
    while hasattr(known, "commands"):
        known = known.commands[words.pop(0)]
    options = {option for parameter in known.params for option in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= options


def anchors(path: Path) -> set[str]:
    """What links can point to in a file: its headings, as GitHub writes them."""
    heads = re.findall(r"^#+ (.+)$", path.read_text(), re.M)
    return {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("link", LINKS)
def test_each_link_leads_somewhere(link: str) -> None:
    name, _, anchor = link.partition("#")
    path = ROOT / (name or "README.md")
    assert path.exists()
    assert not anchor or anchor in anchors(path)


def test_each_screen_is_one_of_at_most_forty_lines_in_eighty_columns() -> None:
    for screen in SCREENS:
        lines = screen.splitlines()
        assert len(lines) <= 40
        assert [line for line in lines if cell_len(line) > 80 and "flopsbench scale" not in line] == []


def test_the_screen_of_run_ends_with_the_command_that_says_more() -> None:
    (run,) = (screen for screen in SCREENS if screen.startswith("AMD"))
    assert re.search(r"^More: \.venv/bin/flopsbench scale", run, re.M)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_screen_of_scale_is_what_scale_prints(lang: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    (screen,) = (each for each in SCREENS if {"en": "Published with this value", "zh": "公布过此数值"}[lang] in each)
    printed = CliRunner().invoke(app, ["scale", "1590 EFLOPS", "--lang", lang]).stdout
    lines = [line.rstrip() for line in printed.splitlines()]
    assert [line for line in screen.splitlines() if line != "..." and line not in lines] == []


def python_example(word: str) -> str:
    """The one example in Python that has a word."""
    (found,) = (block for language, block in BLOCKS if language == "python" and word in block)
    return found


def run_in(folder: Path, *words: str) -> str:
    """What Python prints in a folder."""
    done = subprocess.run([sys.executable, *words], capture_output=True, text=True, cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
def test_the_example_in_python_runs_as_it_stands(tmp_path: Path) -> None:
    """Beside a file of another run, whose cases follow those of this one."""
    example = python_example("flopsbench.run")
    assert len(example.splitlines()) <= 10
    (tmp_path / "example.py").write_text(example)
    (tmp_path / "result.json").write_bytes(QUICK.read_bytes())
    printed = run_in(tmp_path, "example.py").splitlines()
    known = [case for case in json.loads(QUICK.read_bytes())["cases"] if case.get("stats")]
    assert len(printed) > len(known)
    for line, case in zip(printed[-len(known) :], known, strict=True):
        rate, ceiling = case["stats"]["rate"], case["stats"].get("efficiency", {}).get("ceiling")
        assert line == " ".join(
            map(str, (case["dtype"], rate["median"], rate["low"], rate["high"], case["grade"], ceiling))
        )
    assert re.match(r"fp32 \S+ \S+ \S+ [ABC] ", printed[0])


@pytest.mark.slow
def test_the_example_for_pytest_runs_as_it_stands(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(python_example("(flops)"))
    options = ("-m", "pytest", "-p", "no:cacheprovider", "-W", "error", "-rA", "--flops-time=0.1", "test_it.py")
    assert "PASSED test_it.py::test_matmul" in run_in(tmp_path, *options)
