"""``flopsbench doctor`` on this machine, whatever it is."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from flopsbench.cli.doctor import doctor
from flopsbench.doctor import watch
from flopsbench.doctor.symptom import LEVELS

Run = Callable[..., Any]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", "1")
    app = typer.Typer()
    app.command()(doctor)
    return lambda *arguments: CliRunner().invoke(app, arguments)


@pytest.mark.slow
def test_it_advises_and_never_fails(run: Run) -> None:
    done = run()
    assert done.exit_code == 0, done.output
    assert "flopsbench noise" in done.stdout.splitlines()[-1]
    assert "\x1b" not in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80


@pytest.mark.slow
def test_json_is_one_document_with_every_check(run: Run) -> None:
    done = run("--json=-")
    document = json.loads(done.stdout)
    assert (done.exit_code, document["schema"]) == (0, "flopsbench.doctor")
    levels = [finding["level"] for finding in document["findings"]]
    assert levels == sorted(levels, key=LEVELS.index)
    assert {"load", "steal", "quota", "affinity", "governor", "boost", "smt", "virtual", "swap"} <= {
        finding["check"] for finding in document["findings"]
    }
    assert all(finding["saw"] and finding["why"] for finding in document["findings"])


def test_the_watch_is_short() -> None:
    assert watch.WATCH_S <= 2
