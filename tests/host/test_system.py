"""What psutil answers, what the system itself says where it does not, and that nothing it raises is ever fatal."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from flopsbench.host import system
from flopsbench.host.cgroup import ControlGroups
from flopsbench.host.environment import host
from flopsbench.telemetry.cpu import CpuReading, CpuSensors, between
from tests.systems import POSIX

READINGS: dict[str, Callable[[], object]] = {
    "physical_cores": system.physical_cores,
    "busy_share": lambda: system.busy_share(0.0),
    "on_battery": system.on_battery,
    "cpu_times": system.cpu_times,
    "threads_running": system.threads_running,
}
ASKED = ("cpu_count", "cpu_percent", "sensors_battery", "cpu_times", "Process", "virtual_memory", "net_if_addrs")
ERRORS = (
    *(
        kind("x")
        for kind in (AttributeError, OSError, RuntimeError, NotImplementedError, KeyError, ValueError, IndexError)
    ),
    UnicodeDecodeError("utf-8", b"\xff", 0, 1, "x"),
    psutil.AccessDenied(1),
)


def breaking(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """Have psutil raise whatever it is asked."""

    def fail(*_: object, **__: object) -> object:
        raise error

    for name in ASKED:
        monkeypatch.setattr(psutil, name, fail, raising=False)


def test_here_everything_is_known() -> None:
    memory, times = system.memory(), system.cpu_times()
    assert memory is not None
    assert 0 < memory.available_bytes <= memory.total_bytes == psutil.virtual_memory().total
    assert times is not None
    assert times.total_s > 0
    assert system.logical_cpus() == psutil.cpu_count()
    assert system.threads_running()
    share = system.busy_share(0.01)
    assert share is not None
    assert 0 <= share <= 1
    assert "127.0.0.1" in system.ip_addresses()


@pytest.mark.parametrize("error", ERRORS, ids=repr)
@pytest.mark.parametrize("reading", READINGS)
def test_a_reading_that_raises_is_absent(monkeypatch: pytest.MonkeyPatch, reading: str, error: Exception) -> None:
    breaking(monkeypatch, error)
    assert READINGS[reading]() is None


@POSIX
@pytest.mark.parametrize("error", ERRORS, ids=repr)
def test_what_a_machine_cannot_be_without_is_asked_of_the_system(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    whole = psutil.virtual_memory().total
    breaking(monkeypatch, error)
    assert system.logical_cpus() == os.cpu_count()
    memory = system.memory()
    assert memory is not None
    assert memory.total_bytes == pytest.approx(whole, rel=0.01)
    assert (system.ip_addresses(), system.mac_addresses()) == ([], [])


@POSIX
def test_a_machine_that_says_nothing_is_described_all_the_same(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    breaking(monkeypatch, OSError(2, "x"))
    monkeypatch.setattr(os, "sysconf", lambda _: -1)
    known = host()
    assert known.cpu.logical >= 1
    assert known.memory.total_bytes == known.memory.available_bytes == 0
    assert (known.busy_share, known.on_battery, known.cpu.physical) == (None, None, None)


@POSIX
def test_memory_that_nobody_knows_is_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    breaking(monkeypatch, OSError(2, "x"))
    with monkeypatch.context() as patch:
        patch.setattr(os, "sysconf", lambda _: -1)
        assert system.memory() is None
    monkeypatch.delattr(os, "sysconf")
    assert system.memory() is None


@POSIX
def test_without_psutil_nothing_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psutil", None)
    assert [read() for read in READINGS.values()] == [None] * len(READINGS)
    assert system.memory() is not None
    assert system.logical_cpus() >= 1


def test_nobody_hears_what_psutil_warns_of(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def complaining() -> object:
        warnings.warn("no shared memory", RuntimeWarning, stacklevel=1)
        print("Traceback", file=sys.stderr)
        return SimpleNamespace(total=4096, available=1024)

    monkeypatch.setattr(psutil, "virtual_memory", complaining)
    assert system.memory() == (4096, 1024)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(("plugged", "told"), [(True, False), (False, True), (None, None)])
def test_a_battery_tells_whether_it_is_used(
    monkeypatch: pytest.MonkeyPatch, plugged: bool | None, told: bool | None
) -> None:
    battery = SimpleNamespace(power_plugged=plugged)
    monkeypatch.setattr(psutil, "sensors_battery", lambda: battery, raising=False)
    assert system.on_battery() is told


def test_a_machine_without_a_battery_is_not_on_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(psutil, "sensors_battery", lambda: None, raising=False)
    assert system.on_battery() is None


# --- what the sensors of a run make of it


def test_counters_that_cannot_be_read_make_no_share(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    sensors = CpuSensors(tmp_path, ControlGroups(tmp_path / "none", tmp_path))
    before = sensors.read()
    breaking(monkeypatch, OSError(13, "x"))
    after = sensors.read()
    assert after == CpuReading(None, None, None, None)
    assert between(before, after) == between(after, before) == (None, None, None)


def refuse() -> tuple[float, float, float]:
    raise OSError("unobtainable")


@POSIX
def test_load_is_that_of_the_last_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getloadavg", lambda: (1.5, 9.0, 9.0))
    assert system.load() == 1.5


@POSIX
def test_where_the_system_tells_no_load_it_is_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(os, "getloadavg", refuse)
        assert system.load() is None
    monkeypatch.delattr(os, "getloadavg", raising=False)
    assert system.load() is None
