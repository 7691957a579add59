"""How sharp a comparison was: what it could have caught, and when finding nothing means nothing."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import pytest

from tests.workflows.runner import ACTION

NONE = "in no case could a slowdown"
SCRIPT = runpy.run_path(str(ACTION / "sharpness.py"))


@pytest.mark.parametrize(
    ("changes", "caught", "blunt"),
    [
        ([("unchanged", 0.027), ("unchanged", 0.01)], "2.7 %", ""),
        ([("inconclusive", 0.027), ("unchanged", 0.92)], "92.0 %", ""),
        (
            [("unchanged", 0.92), ("unchanged", 0.25)],
            "92.0 %",
            f"{NONE} below 25.0 % have been called",
        ),
        ([("inconclusive", 0.03), ("inconclusive", 0.04), ("not run", None)], "4.0 %", "every case is inconclusive"),
        ([("unchanged", None)], "", f"{NONE} have been called"),
        ([("new", None), ("unchanged", 0.05)], "5.0 %", ""),
        ([("not run", 0.05)], "", f"{NONE} have been called"),
        ([], "", f"{NONE} have been called"),
    ],
)
def test_what_could_have_been_caught_decides(
    changes: list[tuple[str, float | None]], caught: str, blunt: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    verdict = tmp_path / "verdict.json"
    verdict.write_text(json.dumps({"changes": [{"verdict": word, "detectable": least} for word, least in changes]}))
    assert SCRIPT["main"]("25%", str(verdict)) == 0
    assert capsys.readouterr().out == f"{caught}\n{blunt}\n"


@pytest.mark.parametrize(("text", "share"), [("25%", 0.25), ("0.25", 0.25), (" 2.5 % ", 0.025), ("100%", 1.0)])
def test_a_share_is_read_as_margins_are(text: str, share: float) -> None:
    assert SCRIPT["share"](text) == pytest.approx(share)
    assert SCRIPT["main"](text) == 0


@pytest.mark.parametrize("text", ["25", "-1%", "101%", "0%", "0", "sharp", "", "1e-2", "--help"])
def test_what_is_no_share_is_refused(text: str) -> None:
    assert SCRIPT["share"](text) == 0
    assert SCRIPT["main"](text) == 2
