"""Texts of libraries, without the places and names they carry."""

from __future__ import annotations

import getpass
import platform

import pytest

from flopsbench.privacy import without_places


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("cannot open /home/alice/.venv/lib/libcublas.so.12", "cannot open libcublas.so.12"),
        ("'/opt/x/y.py', line 3", "'y.py', line 3"),
        (r"C:\\Users\\bob\\torch\\lib.dll not found".replace("\\\\", "\\"), "lib.dll not found"),
        ("(/a/b/c)", "(c)"),
        ("a rate in FLOP/s, read and/or written", "a rate in FLOP/s, read and/or written"),
        ("see https://example.org/a/b", "see https://example.org/a/b"),
        ("bf16 needs sm_80 or newer", "bf16 needs sm_80 or newer"),
    ],
)
def test_paths_are_cut_to_their_last_part(said: str, told: str) -> None:
    assert without_places(said) == told


def test_names_of_user_and_host_are_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(getpass, "getuser", lambda: "alice")
    monkeypatch.setattr(platform, "node", lambda: "wonderland.example.org")
    assert without_places("alice on wonderland.example.org, malice aside") == "... on ..., malice aside"
    assert without_places("wonderland says no") == "... says no"


def test_names_that_are_ordinary_words_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(getpass, "getuser", lambda: "root")
    monkeypatch.setattr(platform, "node", lambda: "vm")
    assert without_places("the square root of a vm") == "the square root of a vm"


def test_a_user_without_a_name_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown() -> str:
        raise KeyError("uid not found")

    monkeypatch.setattr(getpass, "getuser", unknown)
    monkeypatch.setattr(platform, "node", lambda: "")
    assert without_places("fine") == "fine"
