"""What CONTRIBUTING.md and results/README.md say of the registry is so."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from html import unescape
from importlib.resources import files
from pathlib import Path
from typing import get_args

import pytest

from flopsbench.registry.entry import Trust
from flopsbench.registry.file import SIGNERS, SUFFIX
from flopsbench.registry.pull_request import README_TITLE
from flopsbench.registry.signature import NAMESPACE
from flopsbench.result.place import NAME_DIGITS
from flopsbench.site import html
from flopsbench.validate.finding import CODES

ROOT = Path(__file__).parents[2]
README = (ROOT / "results/README.md").read_text()
SECTION = re.search(r"^## Contribute a Result\n(.*?)^## ", (ROOT / "CONTRIBUTING.md").read_text(), re.S | re.M)
COMMANDS = re.findall(r"^\.venv/bin/flopsbench (.*)$", SECTION[1] if SECTION else "", re.M)


def test_the_table_of_codes_is_the_validators() -> None:
    rows = re.findall(r"^\| `([\w.-]+)` \| (\w+) \| \S.* \|$", README, re.M)
    assert dict(rows) == CODES
    assert [code for code, _ in rows] == list(CODES)


def test_the_levels_of_trust_are_those_of_the_pages() -> None:
    table = README.partition("| level | what is known |")[2].partition("\n\n")[0]
    assert tuple(re.findall(r"^\| ([\w-]+) \|", table, re.M)) == get_args(Trust)


def test_the_title_tells_submit_where_it_is() -> None:
    assert README.partition("\n")[0] == README_TITLE


def test_the_layout_names_what_lies_there() -> None:
    layout = README.partition("    v1/")[2].partition("\n\n")[0]
    assert f"first {NAME_DIGITS} digits" in layout
    assert f".json{SUFFIX} " in layout
    assert f"    {SIGNERS} " in layout
    for name in ("moderation.toml", SIGNERS, "v1"):
        assert (ROOT / "results" / name).exists()


def test_the_commands_for_signatures_use_the_namespace() -> None:
    commands = re.findall(r"^ssh-keygen .*$", README, re.M)
    assert len(commands) == 2
    assert all(f"-n {NAMESPACE} " in command for command in commands)


def test_a_newcomer_is_given_the_whole_way() -> None:
    assert [shlex.split(command)[0] for command in COMMANDS] == ["run", "submit", "validate", "site", "site"]


def test_the_page_gives_the_same_way() -> None:
    page = (files(html) / "templates/contribute.html").read_text()
    commands = [unescape(command) for command in re.findall("<code>(.*?)</code>", page)]
    assert len(commands) == 3
    lines = [line.partition("  #")[0].rstrip() for line in SECTION[1].splitlines()] if SECTION else []
    assert set(commands) <= set(lines)


@pytest.mark.process
@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_the_options_it_is_given(command: str) -> None:
    words = shlex.split(command)
    name = words[:2] if words[0] == "site" else words[:1]
    wide = {"COLUMNS": "200", "NO_COLOR": "1"}
    asked = [sys.executable, "-m", "flopsbench", *name, "--help"]
    shown = subprocess.run(asked, capture_output=True, text=True, check=True, env=wide).stdout
    options = [word for word in words if word.startswith("-")]
    assert set(options) <= set(re.findall(r"(?<![\w-])--?[\w-]+", shown))
