"""Tests that every command takes --lang alike, and speaks the language of the locale without it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from flopsbench.cli import app
from tests.house.test_chinese import SAID

SILENT = {"schema": "prints one document"}


def commands() -> Iterator[tuple[str, list[str]]]:
    """Yield each command by its name, with the options it has."""
    waiting = [("", get_command(app))]
    while waiting:
        name, command = waiting.pop()
        inner = getattr(command, "commands", {})
        waiting += [(f"{name} {word}".strip(), each) for word, each in inner.items()]
        if not inner:
            yield name, [option for each in command.params for option in each.opts]


OPTIONS = dict(commands())


@pytest.mark.parametrize("name", sorted(OPTIONS))
def test_every_command_that_prints_sentences_takes_a_language(name: str) -> None:
    assert ("--lang" in OPTIONS[name]) == (name not in SILENT)


@pytest.mark.parametrize(
    ("variables", "arguments", "word"),
    [
        ({"LC_ALL": "C.UTF-8"}, [], "verdict"),
        ({"LC_ALL": "zh_CN.UTF-8"}, [], "判定"),
        ({"LC_ALL": "", "LANG": "zh_CN.UTF-8"}, [], "判定"),
        ({"LC_ALL": "zh_CN.UTF-8"}, ["--lang", "en"], "verdict"),
        ({"LC_ALL": "C.UTF-8"}, ["--lang", "zh"], "判定"),
    ],
)
def test_the_locale_speaks_where_no_language_is_given(
    variables: dict[str, str], arguments: list[str], word: str
) -> None:
    ran = CliRunner().invoke(app, ["compare", str(SAID), str(SAID), *arguments], env=variables)
    assert word in ran.output


def test_an_unknown_language_is_refused() -> None:
    ran = CliRunner().invoke(app, ["compare", str(SAID), str(SAID), "--lang", "fr"])
    assert "known are en, zh" in str(ran.exception)


def test_json_is_the_same_in_every_language() -> None:
    told = [
        CliRunner().invoke(app, ["compare", str(SAID), str(SAID), "--json", "-", "--lang", lang]).stdout
        for lang in ("en", "zh")
    ]
    assert told[0] == told[1]
    assert told[0].startswith("{")
