"""Machine code that would end its process: where it is forbidden, or is of an instruction that the CPU does not run."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from flopsbench import load
from flopsbench.ceiling import compute, target
from flopsbench.ceiling.compute import clock_hz
from flopsbench.dtype import parse_dtype
from flopsbench.errors import Unsupported
from flopsbench.host.cpu.device import cpu_device
from flopsbench.host.parent import try_apart
from flopsbench.measure.cpu import cpu_instruments
from tests.ceiling.forbid import NOT_HERE
from tests.systems import POSIX

FORBID = str(Path(__file__).with_name("forbid.py"))
FORBIDDEN = ("mdwe", "refused", "killed")


def forbidden(how: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run flopsbench where executable memory is forbidden; skip where this kernel forbids none."""
    command = [sys.executable, FORBID, how, sys.executable, "-m", "flopsbench", *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode == NOT_HERE:
        pytest.skip(f"this kernel forbids no executable memory ({how})")
    return done


@pytest.mark.process
@pytest.mark.parametrize("how", FORBIDDEN)
def test_a_run_has_its_rate_and_the_reason_why_no_ceiling(how: str, tmp_path: Path) -> None:
    document = tmp_path / "result.json"
    asked = ("--device=cpu", "--backend=numpy", "--dtype=fp64", "--size=64", "--time=1", f"--json={document}")
    done = forbidden(how, "run", *asked)
    assert done.returncode == 0, done.stdout + done.stderr
    result = load(document)
    assert result.cases[0].processes
    (ceiling,) = result.ceilings
    assert ceiling.reason_said is not None
    assert ceiling.reason_said.code == "no_machine_code"
    assert "executable memory is forbidden" in " ".join(done.stdout.split())


@pytest.mark.process
@pytest.mark.parametrize("how", ["mdwe", "refused"])  # torch makes code of its own: a sandbox that kills, kills it
def test_devices_are_listed(how: str) -> None:
    done = forbidden(how, "devices")
    assert done.returncode == 0, done.stderr
    assert "numpy (blas): fp64, fp32" in done.stdout


@pytest.fixture
def untried() -> Iterator[None]:
    """Forget what was tried in this process, before and after."""
    for remembered in (compute._trial, compute._chain):
        remembered.cache_clear()
    yield
    for remembered in (compute._trial, compute._chain):
        remembered.cache_clear()


@pytest.mark.process
@pytest.mark.usefixtures("untried")
def test_it_is_tried_once_in_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = []
    monkeypatch.setattr(compute, "try_apart", lambda work: tried.append(work) or -11)
    for _ in range(3):
        with pytest.raises(Unsupported, match="signal 11"):
            clock_hz(1)
    assert len(tried) == 1


@pytest.mark.process
@pytest.mark.usefixtures("untried")
def test_an_instruction_that_ends_the_process_is_no_ceiling_and_the_clock_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    try:
        clock_hz(1)
    except Unsupported as reason:
        pytest.skip(str(reason))
    monkeypatch.setattr(compute, "try_apart", lambda work: -4)
    instruments = cpu_instruments(cpu_device(), parse_dtype("fp64"), "FLOP/s")
    assert "does not run it (signal 4)" in str(instruments.ceiling.reason)
    assert instruments.ceiling_per_s is None
    assert instruments.clock_hz is not None


def end_by_signal() -> None:
    os.kill(os.getpid(), 11)


def raise_an_error() -> None:
    raise ValueError("loud")


@pytest.mark.process
@pytest.mark.parametrize(("work", "ended"), [(end_by_signal, -11), (raise_an_error, 1), (lambda: None, 0)])
def test_what_happens_to_the_copy_happens_to_nobody_else(work, ended, capfd) -> None:
    assert try_apart(work) == ended
    assert capfd.readouterr() == ("", "")


def no_more_processes() -> int:
    raise BlockingIOError


@POSIX
def test_where_no_process_can_be_had_nothing_is_known_against_the_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fork", no_more_processes)
    assert try_apart(end_by_signal) == 0


# --- llvmlite itself


def broken(monkeypatch: pytest.MonkeyPatch, error: Exception, at: str) -> None:
    """Have llvmlite fail as it is imported, or at a call."""

    def fail(*_: object) -> object:
        raise error

    calls = dict.fromkeys(("initialize_native_target", "initialize_native_asmprinter"), lambda: None)
    binding = SimpleNamespace(llvm_version_info=(20, 0, 0), **{**calls, at: fail})
    monkeypatch.setattr(target, "import_safely", fail if at == "import" else lambda _: binding)


@pytest.mark.parametrize("at", ["import", "initialize_native_target", "initialize_native_asmprinter"])
@pytest.mark.parametrize(
    "error",
    [
        ImportError("bad build"),
        OSError("libLLVM.so: bad build"),
        RuntimeError("bad build"),
        AttributeError("bad build"),
    ],
    ids=repr,
)
def test_however_llvmlite_fails_the_ceiling_is_absent_with_the_reason(
    monkeypatch: pytest.MonkeyPatch, error: Exception, at: str
) -> None:
    broken(monkeypatch, error, at)
    instruments = cpu_instruments(cpu_device(), parse_dtype("fp64"), "FLOP/s")
    assert "llvmlite cannot be used here" in str(instruments.ceiling.reason)
    assert "bad build" in str(instruments.ceiling.reason)
    assert (instruments.ceiling_per_s, instruments.clock_hz) == (None, None)


def test_where_it_is_not_installed_the_reason_says_how(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "llvmlite.binding", None)
    instruments = cpu_instruments(cpu_device(), parse_dtype("fp64"), "FLOP/s")
    assert "pip install llvmlite" in str(instruments.ceiling.reason)


def test_code_that_llvm_does_not_make_is_no_ceiling(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Unsupported, match="llvmlite cannot be used here"):
        compute._compiled("no assembly", target.this_host())


# --- NEON


@pytest.mark.parametrize("triple", ["aarch64-unknown-linux-gnu", "arm64-apple-darwin"])
@pytest.mark.parametrize("text", ["", "processor : 0\nmodel name : AMD EPYC\nflags : fpu avx2\n", "Features : fp\n"])
def test_every_arm_of_64_bits_has_neon_whatever_its_cpuinfo_shows(triple: str, text: str) -> None:
    assert target.arm_features(triple, text)["neon"]


def test_other_processors_have_what_they_say() -> None:
    assert target.arm_features("x86_64-unknown-linux-gnu", "flags : fpu avx2\n") == {}
    assert target.arm_features("armv7l-unknown-linux-gnueabihf", "Features : half thumb\n") == {}
    assert target.arm_features("aarch64-unknown-linux-gnu", "Features : fp asimd asimddp\n") == {
        "neon": True,
        "dotprod": True,
    }
