"""Whole runs in fresh processes, with backends that nobody of this project knows."""

from __future__ import annotations

import importlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import ClassVar

import psutil
import pytest

import flopsbench
from flopsbench import load, run
from flopsbench.cli.interrupt import ASKING
from flopsbench.errors import NothingMeasurable, UsageError
from flopsbench.result.codec import decode, encode
from flopsbench.result.keys import case_id
from flopsbench.result.said import as_reason
from flopsbench.result.types import Case, CasePolicy, Result, Said, Software
from flopsbench.runs import messages
from flopsbench.runs.bounds.patience import Patience
from flopsbench.words.reason import Reason
from tests import documents

Install = Callable[..., None]
CLI = [sys.executable, "-m", "flopsbench"]


def small(backend: str, **options: object) -> Result:
    settings = {"size": ["250"], "dtype": ["fp64"], "time_s": 1.0, "seed": 1, **options}
    return run("cpu", backend=[backend], **settings)


def by_kernel(result: Result) -> dict[str, Case]:
    return {case.kernel: case for case in result.cases}


@pytest.mark.process
def test_a_stranger_of_exactly_1000_gflops_is_measured_as_such(install_strangers: Install) -> None:
    install_strangers("exact")
    (case,) = small("exact").cases
    assert case.stats is not None
    assert (case.stats.rate.low, case.stats.rate.median, case.stats.rate.high) == (1e12, 1e12, 1e12)
    assert case.stats.unit == "FLOP/s"
    assert case.case == "gemm/fp64/250x250x250/nn/exact/beads/cpu/burst"
    assert case.compute is not None
    assert case.compute.library == "abacus 1"
    assert case.compute.own_space


@pytest.fixture
def liars(install_strangers: Install, no_ceiling: None, monkeypatch: pytest.MonkeyPatch) -> dict[str, Case]:
    install_strangers("liars")
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")  # two threads wait for each other where anything else runs
    from tests.strangers.liars import KERNELS

    settings = {
        "backend": "liars",
        "dtype": "fp32",
        "size": "512",
        "time_s": 16.0,
        "seed": 1,
    }
    return by_kernel(run("cpu", kernel=list(KERNELS), **settings))


@pytest.mark.process
def test_no_liar_gets_a_rate(liars: dict[str, Case]) -> None:
    honest = liars.pop("honest")
    assert honest.status == "ok"
    assert honest.stats is not None
    assert honest.compute is not None
    assert honest.compute.notes == []
    assert {kernel: case.status for kernel, case in liars.items()} == dict.fromkeys(liars, "failed")
    assert all(case.stats is None and case.grade is None for case in liars.values())
    reasons = {kernel: str(case.reason) for kernel, case in liars.items()}
    assert all("not A·B" in reasons[kernel] for kernel in ("zero", "tile", "stale", "swapped"))
    assert all("never computed" in reasons[kernel] for kernel in ("idle", "notanumber"))
    assert all("less precise than its name" in reasons[kernel] for kernel in ("tf32", "bf16"))
    for case in liars.values():
        assert isinstance(as_reason(str(case.reason), case.reason_said), Reason)


@pytest.mark.process
def test_what_befalls_one_case_leaves_the_others(install_strangers: Install, no_ceiling: None) -> None:
    install_strangers("fragile")
    kernels = ["nothing", "chatter", "killed", "out_of_memory", "failing"]
    cases = by_kernel(small("fragile", kernel=kernels, time_s=8.0))
    assert cases["nothing"].status == "ok"
    assert cases["chatter"].status == "ok"
    assert (cases["killed"].status, cases["killed"].stats) == ("failed", None)
    assert "killed by signal 9" in str(cases["killed"].reason)
    assert "the last words" in str(cases["killed"].reason)
    assert cases["killed"].reason_said is not None
    assert cases["killed"].reason_said.code == "process_died"
    assert cases["failing"].reason_said is None
    assert cases["out_of_memory"].status == "skipped"
    assert cases["out_of_memory"].reason == "out of memory: MemoryError: no room for C"
    assert (cases["failing"].status, cases["failing"].reason) == (
        "failed",
        "RuntimeError: an unspecified launch failure",
    )


@pytest.mark.process
@pytest.mark.usefixtures("no_ceiling")
def test_a_broken_gpu_is_broken_for_its_process_alone_and_no_path_is_told(install_strangers: Install) -> None:
    install_strangers("fragile", "glass")
    kernels = ["sticky", *(f"after{number}" for number in range(4))]
    settings = {"backend": "glass", "dtype": "fp64", "size": "256", "time_s": 8.0, "seed": 1}
    cases = by_kernel(run("cuda:7", kernel=kernels, **settings))
    assert cases.pop("sticky").reason == "RuntimeError: an illegal memory access in a.cu"
    assert {case.status for case in cases.values()} == {"ok"}


@pytest.mark.process
@pytest.mark.usefixtures("no_ceiling")
def test_a_case_asked_for_twice_is_run_once(install_strangers: Install) -> None:
    install_strangers("exact")
    result = small("exact", size=["250,250", "250x250x250"], dtype=["fp64", "fp64"])
    assert [case.status for case in result.cases] == ["ok"]


@pytest.mark.process
@pytest.mark.usefixtures("no_ceiling")
def test_an_interrupted_run_keeps_what_is_done(install_strangers: Install) -> None:
    install_strangers("exact", "fragile")

    def interrupt_after_one(event: messages.Event) -> None:
        if isinstance(event, messages.Ended):
            raise KeyboardInterrupt

    result = small("exact", size=["250", "251", "252"], on_event=interrupt_after_one)
    assert result.interrupted
    assert sorted(case.status for case in result.cases) == ["ok", "skipped", "skipped"]
    assert {case.reason for case in result.cases if case.status == "skipped"} == {"interrupted"}
    assert all(case.reason_said == Said("case_interrupted") for case in result.cases if case.status == "skipped")
    assert decode(encode(result)) == result


@pytest.mark.process
@pytest.mark.usefixtures("no_ceiling")
@pytest.mark.parametrize("sent", ASKING)
def test_ctrl_c_writes_the_document_and_leaves_no_process(
    install_strangers: Install, tmp_path: Path, sent: signal.Signals
) -> None:
    install_strangers("fragile")
    mark, document = tmp_path / "mark", tmp_path / "out.json"
    command = [*CLI, "run", "--backend=fragile", "--kernel=endless,nothing", "--dtype=fp64", "--size=256"]
    environment = {**os.environ, "FRAGILE_MARK": str(mark)}
    process = subprocess.Popen(
        [*command, f"--json={document}"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    while not mark.exists() or not mark.read_text():
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(sent)
    shown, complaints = process.communicate(timeout=60)
    assert process.returncode == 130, complaints
    assert b"Interrupted" in shown
    result = load(document)
    assert result.interrupted
    assert by_kernel(result)["endless"].status == "skipped"
    assert not psutil.pid_exists(int(mark.read_text()))


@pytest.mark.process
@pytest.mark.usefixtures("no_ceiling")
def test_a_killed_run_has_written_the_cases_that_were_done(install_strangers: Install, tmp_path: Path) -> None:
    install_strangers("fragile")
    document = tmp_path / "out.json"
    kernels = ["nothing", "chatter", *(f"after{number}" for number in range(4))]
    command = [*CLI, "run", "--backend=fragile", f"--kernel={','.join(kernels)}", "--dtype=fp64", "--size=256"]
    process = subprocess.Popen([*command, f"--json={document}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not document.exists():
        assert process.poll() is None
        time.sleep(0.01)
    process.kill()
    process.wait()
    result = load(document)
    assert result.interrupted
    assert {case.kernel for case in result.cases} == set(kernels)
    statuses = [case.status for case in result.cases]
    assert 1 <= statuses.count("ok") < len(kernels)
    assert {case.reason for case in result.cases if case.status == "skipped"} == {"not reached"}


@pytest.mark.process
@pytest.mark.usefixtures("no_ceiling")
def test_the_result_so_far_is_handed_out_after_each_case(install_strangers: Install) -> None:
    install_strangers("exact")
    so_far: list[Result] = []
    result = small("exact", size=["250", "251", "252"], on_partial=so_far.append)
    assert [sum(case.status == "ok" for case in each.cases) for each in so_far] == [1, 2, 3]
    assert all(each.interrupted for each in so_far)
    assert not result.interrupted
    assert so_far[-1].cases == result.cases
    assert all(decode(encode(each)) == each for each in so_far)


@pytest.mark.process
def test_each_case_carries_the_policy_of_its_own_device(install_strangers: Install) -> None:
    install_strangers("fragile", "glass")
    result = run("all", backend="glass", dtype="fp64", size="256", kernel="nothing", time_s=1.0, seed=1)
    policies = {case.device: case.policy for case in result.cases}
    assert policies == {"cpu": CasePolicy(0.1, 0.5), "cuda:7": CasePolicy(0.025, 1.0)}
    assert (result.policy.block_s, result.policy.warmup_s) == (0.1, 0.5)


def test_run_is_a_function_however_often_and_after_whatever_import() -> None:
    def tried() -> None:
        with pytest.raises(UsageError, match="unknown device 'gpu'"):
            flopsbench.run("gpu")

    tried()
    tried()
    importlib.import_module("flopsbench.cli.run")
    importlib.import_module("flopsbench.runs.run")
    tried()


class DyingWorker:
    """Stands for workers that die after each case, before the next is begun; those that are to do nothing finish."""

    started = 0
    patience = Patience(1.0)
    printed: ClassVar[list[str]] = []

    def __init__(self, request: messages.Request, referee: object) -> None:
        DyingWorker.started += 1
        self._request = request

    def __enter__(self) -> DyingWorker:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def events(self) -> Iterator[messages.Event]:
        cases = [documents.case(edge=edge, stats=None, grade=None) for edge in (64, 128, 256)]
        yield messages.Started(cases, [documents.device()], Software(python="3"))
        left = [case for case in cases if case_id(case) not in self._request.skip]
        if not left:
            yield messages.Finished()
        for case in left[:1]:
            yield messages.Begun(case_id(case))
            yield messages.Ended(case)

    def helpers(self) -> set[int]:
        return set()

    def last_words(self) -> str:
        return "killed by signal 9"


@pytest.mark.process  # git tells the commit
def test_what_is_left_when_a_worker_dies_between_two_cases_goes_to_a_new_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flopsbench.runs.listener.WorkerProcess", DyingWorker)
    result = run("cpu", seed=1)
    assert [case.status for case in result.cases] == ["ok", "ok", "ok"]
    assert DyingWorker.started == 4


@pytest.mark.process
@pytest.mark.usefixtures("no_ceiling")
def test_several_processes_are_joined(install_strangers: Install) -> None:
    install_strangers("exact")
    (case,) = small("exact", profile="standard").cases
    assert [process.order for process in case.processes] == [0, 1, 2]
    assert case.stats is not None
    assert case.stats.rate.basis == "processes"
    assert case.stats.rate.median == 1e12


@pytest.mark.process
@pytest.mark.usefixtures("no_ceiling")
def test_a_run_can_be_repeated_from_its_document(install_strangers: Install) -> None:
    install_strangers("exact")
    first, again = (small("exact", size=["256", "64x32x16"], seed=7) for _ in range(2))
    assert [case.case for case in first.cases] == [case.case for case in again.cases]
    assert first.policy.seed == again.policy.seed == 7
    proofs = [[case.proof for case in result.cases if case.proof] for result in (first, again)]
    assert [len(each) for each in proofs] == [2, 2]
    for one, other in zip(*proofs, strict=True):
        assert (one.passed, one.method, one.bound, one.checked) == (True, other.method, other.bound, other.checked)
        assert one.max_residual != other.max_residual  # the judge's own dice follow from no document


@pytest.mark.process
@pytest.mark.parametrize(
    ("options", "error", "sentence"),
    [
        ({"device": "gpu"}, UsageError, "unknown device 'gpu'"),
        ({"device": "cuda:x"}, UsageError, "unknown device"),
        ({"device": "cpu", "dtype": ["fp5"]}, UsageError, "unknown dtype 'fp5'"),
        ({"device": "cpu", "size": ["12y"]}, UsageError, "neither N nor MxNxK"),
        ({"device": "cpu", "time_s": -1.0}, UsageError, "--time"),
        ({"device": "cpu", "backend": ["jax"]}, UsageError, "unknown backend 'jax': registered are"),
        ({"device": "cpu", "kernel": ["wmma"]}, UsageError, "unknown kernel 'wmma'"),
        ({"device": "cuda:63"}, NothingMeasurable, "no device 'cuda:63' here"),
    ],
)
def test_a_request_that_cannot_be_served_is_refused_with_the_reason(
    options: dict[str, object], error: type[Exception], sentence: str
) -> None:
    with pytest.raises(error, match=sentence):
        run(**options)


@pytest.mark.process
def test_a_quota_is_kept_to_recorded_and_told(half_a_core: Path) -> None:
    joined = f"import os; open({str(half_a_core / 'cgroup.procs')!r}, 'w').write(str(os.getpid()))\n"
    measure = "from flopsbench import run; from flopsbench.result.codec import encode; import sys\n"
    measure += "result = run('cpu', backend=['numpy'], dtype=['fp64'], size=['256'], time_s=1.0)\n"
    measure += "sys.stdout.buffer.write(encode(result))"
    done = subprocess.run([sys.executable, "-c", joined + measure], capture_output=True, timeout=240, check=True)
    result = decode(done.stdout)
    (case,) = result.cases
    assert result.host.virtualisation is not None
    assert (result.host.virtualisation.quota_cpus, result.host.cpu.usable) == (0.5, 1)
    assert case.compute is not None
    assert case.compute.threads == 1
    assert case.stats is not None
    assert case.stats.rate.basis == "total"
    assert case.grade == "C"
    ran_out = any(process.telemetry.throttled_periods for process in case.processes)  # not where others take the cores
    assert any("the CPU quota ran out" in reason for reason in case.grade_reasons) == ran_out
