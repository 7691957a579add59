"""moderation.toml: what it says is read, and anything that is not an entry is refused with a sentence."""

from __future__ import annotations

import os
import re
import tomllib
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flopsbench.errors import DocumentRejected
from flopsbench.registry.moderation import Moderation
from tests.systems import PIPES

RESULTS = Path(__file__).parents[2] / "results"
A, B, C = (f"sha256:{digit * 64}" for digit in "abc")
RUN = "https://github.com/owner/repository/actions/runs/1"


def hide(id: str = A, reason: str = "made up", date: str = "2026-11-22") -> str:
    return f'[[hide]]\nid = "{id}"\nreason = "{reason}"\ndate = {date}\n'


def supersede(id: str = A, by: str = B) -> str:
    return f'[[supersede]]\nid = "{id}"\nby = "{by}"\nreason = "measured again"\ndate = 2026-11-22\n'


def attest(id: str = A, run: str = RUN) -> str:
    return f'[[attest]]\nid = "{id}"\nrun = "{run}"\ndate = 2026-11-22\n'


def refusal(folder: Path, text: str | bytes) -> str:
    """The sentence, which begins with the file's name."""
    path = folder / "moderation.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(DocumentRejected, match=re.escape(f"{path}: ")) as caught:
        Moderation.load(folder)
    said = str(caught.value)
    assert "\n" not in said
    assert "regex" not in said
    return said


def test_an_absent_file_says_nothing(tmp_path: Path) -> None:
    assert Moderation.load(tmp_path) == Moderation(hidden={}, superseded={}, attested={})


def test_entries_are_found_by_id(tmp_path: Path) -> None:
    (tmp_path / "moderation.toml").write_text(hide(A, "gefälscht") + supersede(A, B) + supersede(B, C) + attest(C))
    assert Moderation.load(tmp_path) == Moderation(
        hidden={A: "gefälscht"},
        superseded={A: B, B: C},
        superseded_for=dict.fromkeys((A, B), "measured again"),
        attested={C: RUN},
    )


@pytest.mark.parametrize(
    "reason", ["伪造", "捏造されたもの", "조작됨", "مزور", "gefälscht", "made up 👎", "a.b.c.d.e [[[[["]
)
def test_a_reason_in_any_language_is_read(reason: str, tmp_path: Path) -> None:
    (tmp_path / "moderation.toml").write_text(hide(reason=reason))
    assert Moderation.load(tmp_path).hidden == {A: reason}


def test_the_file_that_ships_is_valid_and_so_is_what_its_comment_shows(tmp_path: Path) -> None:
    assert Moderation.load(RESULTS) == Moderation()
    shown = (RESULTS / "moderation.toml").read_text().partition("#\n")[2]
    example = re.sub(r"(?m)^# ?", "", shown)
    for digit in "abcd":  # each "..." another id
        example = example.replace("...", digit * 64, 1)
    assert set(tomllib.loads(example)) == {"hide", "supersede", "attest"}
    (tmp_path / "moderation.toml").write_text(example)
    assert Moderation.load(tmp_path).superseded == {B: C}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[[hide]", "not TOML"),
        (b"\xff", "not UTF-8 at byte 0"),
        ("a = " + "9" * 5000, "not TOML"),
        ("a = " + "[" * 5000, "nested far deeper"),
        ("[[delete]]\n", "unknown field `delete`"),
        ("hide = 1\n", "Expected `array`"),
        (hide() + 'who = "me"\n', "unknown field `who`"),
        ('[[hide]]\nreason = "x"\ndate = 2026-11-22\n', "missing required field `id`"),
        (f'[[hide]]\nid = "{A}"\ndate = 2026-11-22\n', "missing required field `reason`"),
        (f'[[hide]]\nid = "{A}"\nreason = "x"\n', "missing required field `date`"),
        (hide(id=A[:-1]), 'hide[0].id: must be "sha256:" and 64 digits'),
        (hide(id=A.upper()), "hide[0].id"),
        (hide(id=A + "\\n"), "hide[0].id"),
        (supersede(by=A[:-1]), 'supersede[0].by: must be "sha256:" and 64 digits'),
        (hide(reason=""), "hide[0].reason: must be a text of 1 to 500 characters in one line"),
        (hide(reason="\\u001b[2J"), "hide[0].reason"),
        (hide(reason="x" * 501), "hide[0].reason"),
        (hide(reason="\u202efast"), "hide[0]: reason: must be a text"),
        (hide(reason="   "), "hide[0]: reason: must be a text"),
        (hide(reason="\u3000\u00a0"), "hide[0]: reason: must be a text"),
        (hide(reason="\u3164"), "hide[0]: reason: must be a text"),
        (hide(reason="--- ..."), "hide[0]: reason: must be a text"),
        (hide(reason="fast\u00ader"), "hide[0]: reason: must be a text"),
        (hide(reason="fast\ufe0fer"), "hide[0]: reason: must be a text"),
        (hide(reason="fast\ue000er"), "hide[0]: reason: must be a text"),
        (hide(reason="e" + "\u0301" * 12), "hide[0]: reason: must be a text"),
        (supersede().replace("measured again", "\u2066fast"), "supersede[0]: reason: must be a text"),
        (supersede().replace("measured again", " "), "supersede[0]: reason: must be a text"),
        (hide(date="2026-02-30"), "not TOML"),
        (hide(date="0000-01-01"), "not TOML"),
        (".".join(["a"] * 20_000) + "=1", "nested far deeper"),
        ("[" + ".".join(["a"] * 20_000) + "]", "nested far deeper"),
        ("a = " + "{a = " * 5000, "nested far deeper"),
        ("a = [" + "{}," * 200_000 + "]", "holds more than"),
        (hide(date="2026-11-22T10:00:00Z"), "hide[0].date"),
        (hide(date='"yesterday"'), "hide[0].date: must be a day"),
        (hide() + hide(), f"{A} stands twice under [[hide]]"),
        (supersede() + supersede(by=C), f"{A} stands twice under [[supersede]]"),
        (attest() + attest(), f"{A} stands twice under [[attest]]"),
        (supersede(A, A), "by itself"),
        (supersede(A, B) + supersede(B, C) + supersede(C, A), "by itself"),
        (attest(run=RUN.replace("https", "http")), "attest[0].run: must be an https address"),
        (attest(run="javascript:alert(1)"), "attest[0].run"),
        (attest(run="https://user@example.org/"), "attest[0].run"),
        (attest(run='https://example.org/\\"onclick'), "attest[0].run"),
        (attest(run="https://example.org/\\n"), "attest[0].run"),
        (attest(run="https://example.org"), "attest[0].run"),
    ],
)
def test_anything_else_is_refused(text: str | bytes, sentence: str, tmp_path: Path) -> None:
    assert sentence in refusal(tmp_path, text)


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "moderation.toml").symlink_to("nowhere")
    with pytest.raises(DocumentRejected, match="cannot be read"):
        Moderation.load(tmp_path)


def test_a_chain_of_thousands_is_no_cycle(tmp_path: Path) -> None:
    ids = [f"sha256:{number:064x}" for number in range(3000)]
    pairs = list(pairwise(ids))
    (tmp_path / "moderation.toml").write_text("".join(supersede(*pair) for pair in pairs))
    assert Moderation.load(tmp_path).superseded == dict(pairs)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200) | st.text(alphabet='[]=" \n#hide.attest0-9', max_size=60).map(str.encode))
def test_no_bytes_crash_it(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "moderation.toml").write_bytes(text)
    with suppress(DocumentRejected):
        Moderation.load(tmp_path)


@PIPES
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "moderation.toml")
    with pytest.raises(DocumentRejected, match="is no file"):
        Moderation.load(tmp_path)
