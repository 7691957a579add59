"""A library that ends the process which loads or asks it is named, whatever it is at, and hides nothing else."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from flopsbench.backends.installed import Broken
from flopsbench.errors import FlopsbenchError
from flopsbench.runs.bounds.look import look_apart

pytestmark = pytest.mark.process

KILLS = "import os, signal; os.kill(os.getpid(), signal.{signal})"
SAYS = "died by signal {number}: its library ends the process that loads or asks it"


def test_each_backend_that_ends_the_process_is_left_out_of_the_next_look() -> None:
    def look(broken: Mapping[str, Broken], on_step: Callable[[str], None]) -> dict[str, str]:
        for name, end in (("torch", lambda: os.kill(os.getpid(), signal.SIGILL)), ("cupy", lambda: os._exit(3))):
            if name not in broken:
                on_step(name)
                end()
        return {name: each.why for name, each in broken.items()}

    assert look_apart(look) == {
        "torch": SAYS.format(number=4),
        "cupy": "ended with exit code 3: its library ends the process that loads or asks it",
    }


@pytest.mark.parametrize("step", ["", "numpy", "no backend"])
def test_a_look_that_ends_however_often_is_an_error(step: str) -> None:
    def look(broken: Mapping[str, Broken], on_step: Callable[[str], None]) -> None:
        on_step(step)
        os.abort()

    with pytest.raises(FlopsbenchError, match=r"^the look at this machine was cut short: died by signal 6"):
        look_apart(look)


def listed(tmp_path: Path, *arguments: str, **modules: str) -> subprocess.CompletedProcess[str]:
    """What flopsbench prints beside modules of these sources."""
    for name, source in modules.items():
        (tmp_path / f"{name}.py").write_text(source)
    path = os.pathsep.join(filter(None, [str(tmp_path), os.environ.get("PYTHONPATH", "")]))
    command = [sys.executable, "-m", "flopsbench", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": path})


@pytest.mark.parametrize("command", ["devices", "kernels"])
def test_libraries_that_kill_are_named_and_numpy_is_listed(tmp_path: Path, command: str) -> None:
    killers = {"torch": KILLS.format(signal="SIGILL"), "cupy": KILLS.format(signal="SIGSEGV")}
    done = listed(tmp_path, command, **killers)
    assert (done.returncode, done.stderr) == (0, "")
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    separator = {"devices": "absent: {}: {}", "kernels": "{} - {}"}[command]
    text = " ".join(lines)
    for name, number in (("torch", 4), ("cupy", 11)):
        assert separator.format(name, SAYS.format(number=number)) in text
    assert any(line.startswith("numpy") for line in lines)
    chinese = listed(tmp_path, command, "--lang=zh")
    assert "被信号4终止" in "".join(chinese.stdout.split())


def test_devices_are_listed_where_what_reads_their_sensors_kills(tmp_path: Path) -> None:
    done = listed(
        tmp_path, "devices", "--json", "-", pynvml=KILLS.format(signal="SIGILL"), torch="raise ImportError('none')"
    )
    found = json.loads(done.stdout)
    assert (done.returncode, [one["device"]["id"] for one in found["devices"]]) == (0, ["cpu"])


@pytest.mark.parametrize("library", ["pynvml", "torch", "cupy", "threadpoolctl"])
def test_the_doctor_examines_beside_libraries_that_kill(tmp_path: Path, library: str) -> None:
    done = listed(tmp_path, "doctor", "--json", "-", **{library: KILLS.format(signal="SIGILL")})
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["findings"]


@pytest.mark.slow
@pytest.mark.parametrize("library", ["pynvml", "threadpoolctl", "llvmlite"])
def test_a_run_measures_beside_instruments_that_kill(tmp_path: Path, library: str) -> None:
    asked = ("run", "--device=cpu", "--backend=numpy", "--dtype=fp64", "--size=64", "--time=1", "--json=-")
    done = listed(tmp_path, *asked, **{library: KILLS.format(signal="SIGILL")})
    assert done.returncode == 0, done.stderr
    (case,) = json.loads(done.stdout)["cases"]
    assert case["status"] == "ok"
