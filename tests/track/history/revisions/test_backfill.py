"""Past commits are measured once each, and nothing is lost where one cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from flopsbench.errors import FlopsbenchError
from flopsbench.host.identity import this_hardware_key
from flopsbench.result.codec import decode, encode
from flopsbench.result.types import Options, Result
from flopsbench.track.ab.side import Side
from flopsbench.track.history.folder import read_history
from flopsbench.track.history.revisions.backfill import Filled, backfill
from flopsbench.track.history.revisions.listed import revisions
from flopsbench.track.history.series import commit_of
from tests import documents
from tests.track.history.revisions.repositories import repository

OPTIONS = Options(["auto"], calls=["suite"])


class Stand:
    """It measures a side without a process, and keeps what it was asked for."""

    def __init__(self, failing: str = "") -> None:
        self.asked: list[str] = []
        self.failing = failing

    def __call__(self, side: Side) -> Result:
        assert side.source is not None
        assert side.folder is not None
        assert (side.folder / "NUMBER").exists()
        number = (side.folder / "NUMBER").read_text().strip()
        self.asked.append(number)
        if number == self.failing:
            raise FlopsbenchError("its tests fail")
        known = documents.result()
        made = replace(
            known,
            source=side.source,
            host=replace(known.host, hardware_key=this_hardware_key()),
            tool=replace(known.tool, options=OPTIONS),
            calls=[documents.call()],
        )
        return decode(encode(made))


@pytest.mark.clone
def test_each_commit_is_measured_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commits = repository(tmp_path / "project", [{}] * 3)
    monkeypatch.chdir(tmp_path / "project")
    history, install = tmp_path / "history", 'test "$(cat NUMBER)" != 2 || { echo no luck; exit 3; }'
    found = revisions(f"{commits[0]}..{commits[2]}")

    def filled(stand: Stand, install: str) -> list[Filled]:
        return list(backfill(found, history, stand, OPTIONS, install))

    second, third = filled(Stand(), install)
    assert second.path is None
    assert "no luck" in str(second.failed)
    assert third.path is not None
    assert third.path.is_relative_to(history)

    stand = Stand(failing="2")
    again = filled(stand, "true")
    assert stand.asked == ["2"]  # the other is known
    assert [each.known for each in again] == [False, True]
    assert again[0].failed == "its tests fail"

    stand = Stand()
    assert [each.known for each in filled(stand, "true")] == [False, True]
    results = read_history(history).results
    assert {commit_of(result) for result in results} == {commits[1], commits[2]}
    assert {result.source.committed for result in results if result.source} == {
        "2026-01-02T12:00:00Z",
        "2026-01-03T12:00:00Z",
    }
