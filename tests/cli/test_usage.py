"""Tests what is told of a command line that cannot be read: the parser's sentence, in Chinese one of our own."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopsbench import cli
from flopsbench.cli.language import asked_language
from flopsbench.cli.usage import no_such_option

REFUSED = {
    ("compare",): "缺少参数BASE；详见flopsbench compare --help",
    ("track", "ack", "1a2b3c4d"): "缺少选项--reason；详见flopsbench track ack --help",
    ("run", "--bogus"): "没有选项--bogus；详见flopsbench run --help",
    ("scale", "1", "EFLOPS", "--bogus=3"): "没有选项--bogus；详见flopsbench scale --help",
    ("measure",): "没有命令measure；详见flopsbench --help",
    ("track", "tell"): "没有命令tell；详见flopsbench track --help",
    ("run", "--dtype"): "选项--dtype需要一个值；详见flopsbench --help",
    ("run", "--full=3"): "选项--full不带值；详见flopsbench --help",
    ("devices", "a", "b"): "多余的参数：a b；详见flopsbench devices --help",
    ("run", "--time", "soon"): "--time的值须为数字；详见flopsbench run --help",
    ("ab", "--pairs", "x"): "--pairs的值须为数字；详见flopsbench ab --help",
}


def told(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *arguments: str) -> tuple[int, str]:
    """Return the exit code of a command line and what it prints on standard error."""
    monkeypatch.setattr(cli.sys, "argv", ["flopsbench", *arguments])
    for name in ("prepare_streams", "catch_interrupts", "ignore_interrupts"):
        monkeypatch.setattr(cli, name, lambda: None)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return int(ended.value.code or 0), capsys.readouterr().err


@pytest.mark.parametrize(("arguments", "sentence"), REFUSED.items())
def test_it_is_said_in_chinese_by_the_locale(
    arguments: tuple[str, ...], sentence: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    code, error = told(capsys, monkeypatch, *arguments)
    assert code == 2
    assert error.startswith("flopsbench: ")
    assert re.sub("详见.*flopsbench", "详见flopsbench", error.strip()).endswith(sentence)


def test_it_is_said_in_chinese_by_the_option_and_else_in_the_parsers_words(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "C")
    assert "没有选项--bogus" in told(capsys, monkeypatch, "run", "--lang", "zh", "--bogus")[1]
    code, error = told(capsys, monkeypatch, "run", "--bogus")
    assert (code, "No such option" in error, "--bogus" in error, "Usage: " in error) == (2, True, True, True)


@pytest.mark.parametrize(
    ("arguments", "language"),
    [
        ([], "en"),
        (["run", "--lang", "zh"], "zh"),
        (["--lang=zh", "run"], "zh"),
        (["run", "--lang", "en", "--lang", "zh"], "zh"),
        (["run", "--language", "zh"], "en"),
    ],
)
def test_the_language_is_found_before_anything_is_read(
    arguments: list[str], language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "C")
    assert asked_language(arguments) == language


@given(st.from_regex(r"-?[0-9.]+( [A-Z]+)?", fullmatch=True))
def test_a_negative_number_is_no_option(word: str) -> None:
    assert no_such_option([word], "flopsbench scale") is None


@pytest.mark.parametrize("word", ["--bogus", "-x", "--bogus=3", "--无"])
def test_what_begins_with_dashes_is_an_option(word: str) -> None:
    assert no_such_option(["1590", word], "flopsbench scale")
