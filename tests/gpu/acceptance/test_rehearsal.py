"""All three parts on fakes, by the command itself: to their report, and killed in the middle of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from flopsbench.dtype import DTYPES
from tests.backends.torch_or_skip import torch_or_skip
from tests.gpu.acceptance.__main__ import ROOT
from tests.gpu.acceptance.report.guesses import GUESSES
from tests.gpu.acceptance.report.journal import Begun, Finding, Over, Stepped, lines
from tests.gpu.acceptance.report.summary import summary
from tests.gpu.acceptance.steps import PARTS

torch_or_skip()
pytestmark = [pytest.mark.process, pytest.mark.slow]

# Of these alone a fake says the same on every machine, however busy: no seconds are in them.
SETTLED = {
    "facts": {"dtypes", "products", "layouts", "own_kernels", "sensors", "load_clock"}
    | {f"band_{name}" for name in DTYPES},
    "rates": {"ceiling"},
    "registry": {"scrubbed", "gpu_tests"},
}
# What the fakes do not have as a GPU has it: caches, and anything like its speed.
ODD = {"facts": "device", "rates": "peak_share"}


def command(part: str, out: Path) -> list[str]:
    return [sys.executable, "-m", "tests.gpu.acceptance", "--part", part, "--rehearse", "--out", str(out)]


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("part", PARTS)
def test_a_part_comes_to_its_report(part: str, tmp_path: Path) -> None:
    out = tmp_path / "report.jsonl"
    done = subprocess.run(command(part, out), cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    every = list(lines(out))
    assert isinstance(every[0], Begun)
    assert every[0].rehearsed
    assert isinstance(every[-1], Over)
    steps = [line for line in every if isinstance(line, Stepped)]
    assert [line.step for line in steps] == [step.name for step in PARTS[part]]
    assert {line.ending for line in steps} == {"done"}, steps
    found = [line for line in every if isinstance(line, Finding)]
    assert {line.guess for line in found} == {guess.name for guess in GUESSES[part]}
    assert not [line for line in found if line.guess in SETTLED[part] and line.verdict != "confirmed"]
    assert "confirmed" not in {line.verdict for line in found if line.guess == ODD.get(part)}
    assert done.stdout == summary(out)
    assert "rehearsed on fakes" in done.stdout


def test_a_part_that_is_killed_leaves_what_it_has(tmp_path: Path) -> None:
    out = tmp_path / "report.jsonl"
    part = subprocess.Popen(command("facts", out), cwd=ROOT, stderr=subprocess.DEVNULL)
    while not any(isinstance(line, Finding) for line in lines(out)):
        assert part.poll() is None
        time.sleep(0.05)
    children = psutil.Process(part.pid).children(recursive=True)
    os.kill(part.pid, signal.SIGKILL)
    part.wait()
    psutil.wait_procs(children, timeout=60)
    assert not [child for child in children if child.is_running() and child.status() != psutil.STATUS_ZOMBIE]
    told = summary(out)
    assert "its part was ended before it" in told
    assert "| device | torch |" in told
