"""What libraries print and warn of: out of sight, whatever they do it by, until a case fails."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

from flopsbench import load
from flopsbench.cli.unheard import unheard
from tests.cli.test_commands import flopsbench

Install = Callable[..., None]
NOISY = ("run", "--device=cpu", "--backend=noisy", "--dtype=fp64", "--size=64", "--time=1")


@pytest.mark.process
@pytest.mark.parametrize("heeded", ["", "error", "always"])
def test_a_run_that_succeeds_shows_none_of_it(install_strangers: Install, tmp_path: Path, heeded: str) -> None:
    install_strangers("noisy")
    document = tmp_path / "result.json"
    done = flopsbench(*NOISY, "--kernel=plain", f"--json={document}", PYTHONWARNINGS=heeded)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "NOISE" not in done.stdout + done.stderr
    assert load(document).cases[0].processes


@pytest.mark.process
def test_where_a_case_fails_it_is_shown_on_standard_error(install_strangers: Install) -> None:
    install_strangers("noisy")
    done = flopsbench(*NOISY, "--kernel=failing")
    assert done.returncode == 3
    assert "an unspecified launch failure" in " ".join(done.stdout.split())
    assert "NOISE" not in done.stdout
    for kind in ("on standard output", "on standard error", "past Python", "#276", "of a C library", "divide by zero"):
        assert kind in done.stderr, kind


@pytest.mark.process
@pytest.mark.parametrize("command", [("devices",), ("devices", "--json=-"), ("kernels",)])
def test_what_lists_backends_shows_none_of_it(install_strangers: Install, command: tuple[str, ...]) -> None:
    install_strangers("noisy")
    done = flopsbench(*command)
    assert (done.returncode, done.stderr) == (0, "")
    assert "NOISE" not in done.stdout
    assert "noisy" in done.stdout
    if "--json=-" in command:
        assert json.loads(done.stdout)["devices"]


def noisy() -> None:
    os.write(1, b"past Python's own streams\n")
    os.write(2, b"OMP: Info\n")
    warnings.warn("divide by zero encountered in matmul", RuntimeWarning, stacklevel=1)


def fail_noisily() -> None:
    noisy()
    raise ZeroDivisionError


def test_nobody_hears_what_a_library_prints(capfd: pytest.CaptureFixture[str]) -> None:
    print("before")
    with unheard():
        noisy()
    print("after")
    assert capfd.readouterr() == ("before\nafter\n", "")


def test_where_it_fails_what_it_printed_last_is_heard(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ZeroDivisionError), unheard():
        fail_noisily()
    assert "OMP: Info" in capfd.readouterr().err
