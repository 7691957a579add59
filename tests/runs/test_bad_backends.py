"""One bad backend, kernel or value ends nothing but itself: each gets a row with a reason, the others their rates."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from flopsbench import load, run
from flopsbench.backends.installed import load_backends, refused, registered
from flopsbench.errors import NothingMeasurable
from flopsbench.result.codec import encode
from flopsbench.result.types import Case, Result
from flopsbench.runs.bounds.patience import LIMITS, Limit
from flopsbench.validate.document import validate_document
from tests.processes import workers

Install = Callable[..., None]
SHORT = Limit(2.0)
SETTINGS = {"dtype": "fp64", "size": "64", "time_s": 0.5, "seed": 1}


pytestmark = pytest.mark.usefixtures("no_ceiling")


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")  # two threads wait for each other where anything else runs


def by_backend(result: Result) -> dict[str, Case]:
    return {case.backend: case for case in result.cases}


def by_kernel(result: Result) -> dict[str, Case]:
    return {case.kernel: case for case in result.cases}


def rejected(result: Result) -> set[str]:
    return {finding.code for finding in validate_document(encode(result)).findings if finding.level == "reject"}


AT_IMPORT = {
    "raises": "the backend cannot be imported: RuntimeError: this build is broken",
    "exits": "the backend cannot be imported: SystemExit: this build is broken",
    "is_interrupted": "the backend cannot be imported: KeyboardInterrupt",
    "cannot_say": "the backend cannot be imported: Unspeakable",
    "misses": "the backend cannot be imported: ModuleNotFoundError: No module named 'jax'",
    "dies": "the process that measured it died: exit code 3",
    "crashes": "the process that measured it died: killed by signal 11",
    "hangs": "nothing was heard of it for 2 s while it was imported",
    "space_unknown": "the backend's space 'jax' is unknown; there are numpy, torch, cupy",
    "space_number": 'the backend\'s space is 7: write space = "numpy", "torch" or "cupy", or bring an array library',
    "devices_raise": "the backend's devices cannot be listed: RuntimeError: no driver",
    "devices_exit": "the backend's devices cannot be listed: SystemExit: 1",
    "devices_die": "the process that measured it died: exit code 3",
    "devices_hang": "nothing was heard of it for 2 s while it listed its devices",
    "devices_none": "the backend's devices cannot be listed: TypeError: ",
    "devices_texts": "the backend lists what is no device: 'cpu'",
    "devices_odd": "the backend lists what is no device: Device(kind='a/b c'",
    "devices_hidden": "the backend lists what is no device: Device(",
    "devices_huge": "the backend lists what is no device: Device(",
    "devices_endless": "the backend lists what is no device: object",
    "kernels_none": "the backend's KERNELS are no mapping of names to functions: None",
    "kernels_list": "the backend's KERNELS are no mapping of names to functions: list",
    "kernels_empty": "the backend's KERNELS are no mapping of names to functions: {}",
    "kernels_number": "the backend's KERNELS are no mapping of names to functions: 'plain'",
    "kernels_unnamed": "the backend's KERNELS are no mapping of names to functions: 7",
    "kernels_slashed": "the backend's KERNELS are no mapping of names to functions: 'a/b'",
    "kernels_hidden": "the backend's KERNELS are no mapping of names to functions: 'a\\u202eb'",
}


@pytest.mark.process
@pytest.mark.slow
def test_each_backend_that_cannot_be_used_is_a_row_beside_the_measured_one(
    install_strangers: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All in one run, so that none ends another either; those that end a worker are each what ends it."""
    brittle = {f"brittle_{wrong}": why for wrong, why in AT_IMPORT.items()}
    install_strangers(*brittle)
    for step in ("import", "devices"):
        monkeypatch.setitem(LIMITS, step, SHORT)
    result = run("cpu", backend=[*brittle, "numpy"], **SETTINGS)  # type: ignore[arg-type]  # settings of several types
    cases = by_backend(result)
    measured = cases.pop("numpy")
    assert measured.processes, measured.reason
    assert cases.keys() == brittle.keys()
    told = {name: str(case.reason)[: len(brittle[name])] for name, case in cases.items()}
    assert told == brittle
    assert {(case.status, case.kernel) for case in cases.values()} == {("failed", "default")}
    assert all(case.reason_said is not None for case in cases.values())
    assert not rejected(result)


@pytest.mark.process
def test_alone_it_is_a_row_too_and_bears_the_kernel_that_was_asked_for(
    install_strangers: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    install_strangers("brittle")
    monkeypatch.setenv("BRITTLE", "dies")
    (case,) = run("cpu", backend="brittle", kernel="plain", **SETTINGS).cases  # type: ignore[arg-type]  # settings of several types
    assert (case.status, case.kernel, case.device, case.dtype) == ("failed", "plain", "cpu", "fp64")
    with pytest.raises(NothingMeasurable, match=r"(?s)no device 'cuda:63' here.*brittle: the process .* exit code 3"):
        run("cuda:63", backend="brittle", **SETTINGS)  # type: ignore[arg-type]  # settings of several types


@pytest.mark.process
@pytest.mark.slow
def test_a_plain_run_that_names_no_backend_shows_it_and_tells_by_its_exit_code(
    install_strangers: Install, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    install_strangers("brittle")
    monkeypatch.setenv("BRITTLE", "dies")
    document = tmp_path / "out.json"
    asked = ["run", "--device=cpu", "--dtype=fp64", "--size=64", "--time=20", f"--json={document}"]
    done = subprocess.run([sys.executable, "-m", "flopsbench", *asked], capture_output=True, text=True)
    assert done.returncode == 3
    cases = by_backend(load(document))
    assert cases["numpy"].processes, cases["numpy"].reason
    assert cases["brittle"].status == "failed"
    assert "exit code 3" in " ".join(done.stdout.split())
    checked = subprocess.run([sys.executable, "-m", "flopsbench", "validate", str(document)], capture_output=True)
    assert checked.returncode == 0, checked.stdout


@pytest.mark.process
@pytest.mark.parametrize("listed", ["kernels", "devices"])
def test_what_lists_backends_lists_it_with_the_reason(
    install_strangers: Install, monkeypatch: pytest.MonkeyPatch, listed: str
) -> None:
    install_strangers("brittle")
    monkeypatch.setenv("BRITTLE", "exits")
    done = subprocess.run([sys.executable, "-m", "flopsbench", listed], capture_output=True, text=True)
    assert done.returncode == 0
    assert "SystemExit: this build is broken" in " ".join(done.stdout.split())


@pytest.mark.process
@pytest.mark.slow
@pytest.mark.parametrize(
    ("listed", "wrong", "told"),
    [
        ("kernels", "dies", "ended with exit code 3"),
        ("kernels", "crashes", "died by signal 11"),
        ("devices", "crashes", "died by signal 11"),
        ("devices", "devices_die", "ended with exit code 3"),
    ],
)
def test_what_lists_backends_outlives_it(
    install_strangers: Install, monkeypatch: pytest.MonkeyPatch, listed: str, wrong: str, told: str
) -> None:
    install_strangers("brittle")
    monkeypatch.setenv("BRITTLE", wrong)
    done = subprocess.run([sys.executable, "-m", "flopsbench", listed], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    text = " ".join(done.stdout.split())
    assert {"kernels": "brittle - ", "devices": "absent: brittle: "}[listed] + told in text
    assert "numpy" in text


def entry_points(site: Path, *lines: str) -> None:
    information = site / "impostors-1.0.dist-info"
    information.mkdir(parents=True)
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: impostors\nVersion: 1.0\n")
    (information / "entry_points.txt").write_text("\n".join(["[flopsbench.backends]", *lines, ""]))


def test_an_entry_point_takes_no_built_in_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = registered()
    entry_points(tmp_path, "numpy = evil.flops", "torch = evil", "mine = mine", "a/b = evil.more")
    monkeypatch.syspath_prepend(tmp_path)
    assert registered() == dict(sorted({**before, "mine": "mine"}.items()))
    told = {name: broken.why for name, broken in refused().items()}
    assert told == {
        "evil.flops": "the backend is not loaded: its name 'numpy' belongs to another, or is no name",
        "evil": "the backend is not loaded: its name 'torch' belongs to another, or is no name",
        "evil.more": "the backend is not loaded: its name 'a/b' belongs to another, or is no name",
    } | {name: why for name, why in told.items() if not name.startswith("evil")}
    assert list(load_backends(["numpy"])) == ["numpy"]


@pytest.mark.process
@pytest.mark.slow
@pytest.mark.parametrize("step", ["prepare", "first_launch", "launch", "block", "fetch", "ceiling"])
def test_a_kernel_that_hangs_is_ended_and_its_row_names_the_step(
    install_strangers: Install, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    install_strangers("hangs")
    monkeypatch.setitem(LIMITS, step, SHORT)
    cases = by_kernel(run("cpu", backend="hangs", kernel=[step, "honest"], **SETTINGS))  # type: ignore[arg-type]  # settings of several types
    assert cases["honest"].processes, cases["honest"].reason
    assert cases[step].status == "failed"
    assert cases[step].reason_said is not None
    assert cases[step].reason_said.code == f"hung_{step}"
    assert not workers()


@pytest.mark.process
@pytest.mark.slow
@pytest.mark.parametrize("how", ["hold_the_lock", "ignore_signals", "stop"])
def test_however_it_hangs(install_strangers: Install, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    install_strangers("hangs")
    monkeypatch.setenv("HANGS", how)
    monkeypatch.setitem(LIMITS, "first_launch", SHORT)
    (case,) = run("cpu", backend="hangs", kernel="first_launch", **SETTINGS).cases  # type: ignore[arg-type]  # settings of several types
    assert case.reason == "nothing was heard of it for 2 s in its first launch"
    assert not workers()


WORST = {
    "system_exit": ("failed", "SystemExit: 0"),
    "keyboard_interrupt": ("failed", "KeyboardInterrupt"),
    "generator_exit": ("failed", "GeneratorExit"),
    "unspeakable": ("failed", "Unspeakable"),
    "hidden": ("failed", "RuntimeError: a\\u202eb"),
    "long": ("failed", f"RuntimeError: {'x' * 286}"),
    "unsupported_hidden": ("unsupported", "a\\u202eb"),
    "exits": ("failed", "the process that measured it died: exit code 4"),
    "crashes": ("failed", "the process that measured it died: killed by signal 11"),
    "aborts": ("failed", "the process that measured it died: killed by signal 6"),
}


@pytest.mark.process
@pytest.mark.slow
def test_whatever_a_launch_raises_or_however_it_ends_fails_its_case_alone(install_strangers: Install) -> None:
    install_strangers("worst")
    settings = {**SETTINGS, "time_s": None}
    cases = by_kernel(run("cpu", backend="worst", kernel=["honest", *WORST], **settings))  # type: ignore[arg-type]  # settings of several types
    assert cases.pop("honest").processes
    for kernel, (status, reason) in WORST.items():
        assert cases[kernel].status == status
        assert str(cases[kernel].reason).startswith(reason), kernel


@pytest.mark.process
@pytest.mark.slow
def test_a_record_that_no_parent_could_read_fails_its_case_alone(install_strangers: Install) -> None:
    install_strangers("worst")
    cases = by_kernel(run("cpu", backend="worst", kernel=["honest", "garbled"], **SETTINGS))  # type: ignore[arg-type]  # settings of several types
    assert cases["honest"].processes
    assert str(cases["garbled"].reason).startswith("what its process found cannot be written down: ")


@pytest.mark.process
@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere what is only reserved counts, too")
def test_a_case_that_hits_the_limit_of_memory_is_a_row_and_the_others_run(install_strangers: Install) -> None:
    install_strangers("worst")
    cases = by_kernel(
        run("cpu", backend="worst", kernel=["honest", "greedy"], memory_bytes=2 << 30, **SETTINGS)  # type: ignore[arg-type]  # settings of several types
    )
    assert cases["honest"].processes, cases["honest"].reason
    assert cases["greedy"].status == "skipped"
    assert str(cases["greedy"].reason).startswith("out of memory, which --memory limits: ")


@pytest.mark.process
@pytest.mark.slow
def test_one_that_prints_without_end_is_ended_and_fills_no_disk(
    install_strangers: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    install_strangers("worst")
    monkeypatch.setitem(LIMITS, "first_launch", SHORT)
    cases = by_kernel(run("cpu", backend="worst", kernel=["honest", "chatters"], **SETTINGS))  # type: ignore[arg-type]  # settings of several types
    assert cases["honest"].processes
    assert cases["chatters"].reason == "nothing was heard of it for 2 s in its first launch"


@pytest.mark.process
@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux gives orphans to whom they descend from")
def test_what_a_kernel_leaves_behind_is_gone_before_the_next_case_and_fails_none(
    install_strangers: Install, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    install_strangers("worst")
    notes = tmp_path / "notes"
    notes.mkdir()
    monkeypatch.setenv("WORST_NOTES", str(notes))
    kernels = ["leaves", "leaves_too", "finds"]
    cases = by_kernel(run("cpu", backend="worst", kernel=kernels, **{**SETTINGS, "time_s": 3.0}))  # type: ignore[arg-type]  # settings of several types
    assert all(case.processes for case in cases.values()), [case.reason for case in cases.values()]
    left = [int(path.name) for path in notes.iterdir()]
    assert len(left) >= 2
    assert not any(map(psutil.pid_exists, left))


@pytest.mark.process
@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux gives orphans to whom they descend from")
def test_nothing_is_left_of_a_run_that_is_killed(install_strangers: Install, tmp_path: Path) -> None:
    install_strangers("worst")
    notes = tmp_path / "notes"
    notes.mkdir()
    environment = {**os.environ, "WORST_NOTES": str(notes)}
    asked = ["run", "--device=cpu", "--backend=worst", "--kernel=leaves_and_waits", "--dtype=fp64", "--size=64"]
    process = subprocess.Popen([sys.executable, "-m", "flopsbench", *asked], env=environment, start_new_session=True)
    while not list(notes.iterdir()):
        assert process.poll() is None
    found = [*workers(process.pid), *(psutil.Process(int(path.name)) for path in notes.iterdir())]
    process.send_signal(signal.SIGKILL)
    process.wait()
    _, alive = psutil.wait_procs(found, timeout=60)
    assert not alive
