"""The judge seen from its parent: what it answers, what it never loads, how it ends, and what follows its end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from msgspec.structs import replace

from flopsbench.proof.evidence import Bases, Claim, Evidence, Product, product_bytes
from flopsbench.proof.operands import drawn_base, operands_of
from flopsbench.runs import judging
from flopsbench.runs.bounds.lines import LineReader
from flopsbench.runs.judging import JudgeProcess
from tests.processes import workers
from tests.runs.test_process import program

pytestmark = pytest.mark.process

N = 48
PRODUCT = Product(at=0, a_offset=5, b_offset=700)
EVIDENCE = Evidence(
    m=N, n=N, k=N, layout="nn", a="fp32", b="fp32", c="fp32", math="ieee", accumulate="fp32",
    bases=Bases(3, N * N), products=[PRODUCT],
)  # fmt: skip
BYTES = product_bytes(EVIDENCE)


def compute(judge: JudgeProcess, evidence: Evidence = EVIDENCE, factor: float = 1) -> None:
    """Write each C into the memory, as a worker does."""
    for product in evidence.products:
        a, b = operands_of(evidence, product, drawn_base)
        judge.reserve(product.at + BYTES)
        os.pwrite(judge.descriptor, ((a @ b) * np.float32(factor)).tobytes(), product.at)


@pytest.fixture
def judge() -> Iterator[JudgeProcess]:
    with JudgeProcess() as process:
        yield process
    assert not workers()


def the_process() -> psutil.Process:
    (found,) = workers()
    return found


def test_it_passes_a_right_product_and_no_other(judge: JudgeProcess) -> None:
    compute(judge)
    assert judge.judge(Claim(EVIDENCE)).passed
    compute(judge, factor=2)
    proof = judge.judge(Claim(EVIDENCE))
    assert not proof.passed
    assert str(proof.reason).startswith("C is not A·B")
    compute(judge)
    assert judge.judge(Claim(EVIDENCE)).passed


def test_one_judge_serves_a_whole_run(judge: JudgeProcess) -> None:
    compute(judge)
    before = the_process().pid
    assert all(judge.judge(Claim(EVIDENCE)).passed for _ in range(20))
    assert the_process().pid == before


def test_no_two_verdicts_are_found_by_the_same_dice(judge: JudgeProcess) -> None:
    compute(judge)
    assert len({judge.judge(Claim(EVIDENCE)).max_residual for _ in range(5)}) == 5


def test_the_memory_grows_and_keeps_what_it_holds(judge: JudgeProcess) -> None:
    compute(judge)
    assert judge.judge(Claim(EVIDENCE)).passed
    far = replace(EVIDENCE, products=[PRODUCT, replace(PRODUCT, at=40 * BYTES, a_offset=9)])
    assert "does not lie in a memory" in str(judge.judge(Claim(far)).reason)
    compute(judge, far)
    assert judge.judge(Claim(far)).passed
    judge.reserve(1)
    assert os.fstat(judge.descriptor).st_size == 41 * BYTES
    assert judge.judge(Claim(far)).passed


def test_a_worker_writes_through_the_descriptor_that_it_inherits(judge: JudgeProcess) -> None:
    judge.reserve(BYTES)
    a, b = operands_of(EVIDENCE, PRODUCT, drawn_base)
    writes = f"import os, sys; os.pwrite({judge.descriptor}, sys.stdin.buffer.read(), 0)"
    subprocess.run([sys.executable, "-c", writes], input=(a @ b).tobytes(), pass_fds=[judge.descriptor], check=True)
    assert judge.judge(Claim(EVIDENCE)).passed


def test_nobody_who_is_not_given_the_descriptor_has_it(judge: JudgeProcess) -> None:
    looks = f"import os; os.fstat({judge.descriptor})"
    done = subprocess.run([sys.executable, "-c", looks], capture_output=True, close_fds=False)
    assert b"Bad file descriptor" in done.stderr


def test_where_nothing_is_inherited_the_memory_is_a_file_by_its_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging, "IS_POSIX", False)
    with JudgeProcess() as judge:
        assert isinstance(judge.memory, str)
        for factor in (1, 2):
            for product in EVIDENCE.products:
                a, b = operands_of(EVIDENCE, product, drawn_base)
                Path(judge.memory).write_bytes(((a @ b) * np.float32(factor)).tobytes())
            assert judge.judge(Claim(EVIDENCE)).passed == (factor == 1)
    assert not Path(judge.memory).exists()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux seals memory")
def test_no_worker_cuts_the_memory_short(judge: JudgeProcess) -> None:
    judge.reserve(BYTES)
    cuts = f"import os; os.ftruncate({judge.descriptor}, 1)"
    done = subprocess.run([sys.executable, "-c", cuts], pass_fds=[judge.descriptor], capture_output=True)
    assert b"PermissionError" in done.stderr
    assert os.fstat(judge.descriptor).st_size == BYTES


def test_where_no_memory_can_be_made_a_file_without_a_name_does(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def refuse(*_: object) -> int:
        raise PermissionError

    monkeypatch.setattr(os, "memfd_create", refuse, raising=False)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with JudgeProcess() as judge:
        assert list(tmp_path.iterdir()) == []
        compute(judge)
        assert judge.judge(Claim(EVIDENCE)).passed


def test_bases_are_drawn_ahead_and_nobody_waits_for_them(judge: JudgeProcess) -> None:
    length = 10_000_000
    process = the_process()
    process.suspend()
    judge.prepare(["fp32", "fp64", "nonsense"], Bases(3, length))
    process.resume()
    compute(judge)
    assert judge.judge(Claim(EVIDENCE)).passed
    assert process.memory_info().rss > length * 8  # of the two bases of an arithmetic that are kept
    assert process.pid == the_process().pid


def test_neither_torch_nor_a_kernel_is_ever_loaded_in_it(judge: JudgeProcess) -> None:
    compute(judge)
    judge.prepare(["fp32"], EVIDENCE.bases)
    assert judge.judge(Claim(EVIDENCE)).passed
    child = "import sys; from flopsbench.proof import judge; print(*sys.modules)"
    loaded = set(subprocess.run([sys.executable, "-c", child], capture_output=True, text=True).stdout.split())
    assert "numpy" in loaded
    assert not loaded & {"torch", "cupy", "threadpoolctl", "flopsbench.backends.numpy", "flopsbench.backends.installed"}
    if sys.platform == "linux":
        assert not [each.path for each in the_process().memory_maps() if "torch" in each.path]


def test_it_never_imports_from_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "numpy.py").write_text("raise SystemExit('the wrong numpy')")
    monkeypatch.chdir(tmp_path)
    with JudgeProcess() as judge:
        compute(judge)
        assert judge.judge(Claim(EVIDENCE)).passed


@pytest.mark.parametrize(
    "changed", [{"m": 0}, {"a": "fp4"}, {"layout": "xx"}, {"bases": Bases(-1, N * N)}, {"bases": Bases(1, 2**55)}]
)
def test_evidence_without_sense_fails_and_the_judge_goes_on(judge: JudgeProcess, changed: dict[str, Any]) -> None:
    compute(judge)
    before = the_process().pid
    proof = judge.judge(Claim(replace(EVIDENCE, **changed)))
    assert not proof.passed
    assert str(proof.reason).startswith("the judge cannot use the evidence: ")
    assert judge.judge(Claim(EVIDENCE)).passed
    assert the_process().pid == before


# --- its end


def kill_soon(number: int) -> threading.Thread:
    """Send the judge a signal while it works."""

    def kill() -> None:
        time.sleep(0.3)
        os.kill(pid, number)

    pid = the_process().pid
    thread = threading.Thread(target=kill)
    thread.start()
    return thread


def long_case(judge: JudgeProcess) -> Evidence:
    """A case whose base alone takes a second to draw, for a judge that has started."""
    compute(judge)
    assert judge.judge(Claim(EVIDENCE)).passed
    return replace(EVIDENCE, bases=Bases(3, 100_000_000))


def test_a_judge_that_is_killed_in_its_work_fails_the_case_and_the_next_has_a_fresh_one(judge: JudgeProcess) -> None:
    evidence, before = long_case(judge), the_process().pid
    thread = kill_soon(signal.SIGKILL)
    proof = judge.judge(Claim(evidence))
    thread.join()
    assert not proof.passed
    assert str(proof.reason).startswith("the judge ended before its verdict: killed by signal 9")
    assert judge.judge(Claim(EVIDENCE)).passed
    assert the_process().pid != before


def test_a_judge_that_hangs_fails_the_case_and_the_next_has_a_fresh_one() -> None:
    with JudgeProcess(limit_s=30) as judge:
        compute(judge)
        assert judge.judge(Claim(EVIDENCE)).passed  # it has started
        hung = the_process()
        hung.suspend()
        judge._limit_s = 0.3
        proof = judge.judge(Claim(EVIDENCE))
        assert not proof.passed
        assert proof.reason == "the judge gave no verdict within 0.3 s"
        assert not hung.is_running()
        judge._limit_s = 30
        assert judge.judge(Claim(EVIDENCE)).passed


def test_a_judge_that_died_between_two_cases_harms_neither(judge: JudgeProcess) -> None:
    compute(judge)
    assert judge.judge(Claim(EVIDENCE)).passed
    gone = the_process()
    gone.kill()
    psutil.wait_procs([gone], timeout=10)
    judge.prepare(["fp32"], EVIDENCE.bases)
    assert judge.judge(Claim(EVIDENCE)).passed


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("echo stumbling >&2; echo falling >&2; exit 5", "the judge ended before its verdict: exit code 5: falling"),
        ("exec >&-; echo falling >&2; sleep 0.3; exit 5", "the judge ended before its verdict: exit code 5: falling"),
        ("read line; printf '{\"passed\": tr'; exit 0", "the judge ended before its verdict: exit code 0"),
        ("read line; echo '{\"passed\": true}'; exec sleep 600", "the judge's verdict cannot be read: "),
        ("read line; echo guilty; exec sleep 600", "the judge's verdict cannot be read: "),
        ("read line; printf 'x\\ny\\n'; exec sleep 600", "the judge's verdict cannot be read: "),
        ("echo; exec sleep 600", "the judge's verdict cannot be read: "),
        ("while true; do printf x; sleep 0.05; done", "the judge gave no verdict within 2 s"),
    ],
)
def test_whatever_a_judge_says_but_a_proof_fails_the_case(tmp_path: Path, text: str, told: str) -> None:
    with JudgeProcess(program(tmp_path, text), limit_s=2) as judge:
        for _ in range(2):
            proof = judge.judge(Claim(EVIDENCE))
            assert not proof.passed
            assert str(proof.reason).startswith(told)
            assert proof.reason_said is not None
    assert not workers()


def test_a_late_answer_is_not_taken_for_that_to_the_next_question(
    judge: JudgeProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever presses Ctrl-C while the judge thinks, and asks it something else."""
    compute(judge)

    def interrupt(*_: object) -> bytes:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(LineReader, "line", interrupt)
        with pytest.raises(KeyboardInterrupt):
            judge.judge(Claim(EVIDENCE))
    assert not workers()
    compute(judge, factor=2)
    assert not judge.judge(Claim(EVIDENCE)).passed


def test_ctrl_c_at_the_terminal_does_not_reach_it(judge: JudgeProcess) -> None:
    compute(judge)
    assert judge.judge(Claim(EVIDENCE)).passed
    before = the_process()
    assert os.getpgid(before.pid) != os.getpgid(0)
    before.send_signal(signal.SIGINT)  # and if somebody aims at it
    assert judge.judge(Claim(EVIDENCE)).passed
    assert the_process().pid == before.pid


def test_it_outlives_nobody_who_leaves_by_an_error() -> None:
    with suppress(ZeroDivisionError), JudgeProcess() as judge:
        descriptor = judge.descriptor
        assert workers()
        raise ZeroDivisionError
    assert not workers()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)


def test_it_waits_as_long_as_the_largest_case_takes_many_times_over() -> None:
    assert judging.LIMIT_S == 120
