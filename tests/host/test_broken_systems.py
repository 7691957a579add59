"""Real systems with something missing: a measurement goes on, and nobody sees a traceback.

Each takes something away by a mount that its own process alone sees.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from flopsbench import load
from flopsbench.result.codec import encode
from flopsbench.validate.document import validate_document

pytestmark = [pytest.mark.process, pytest.mark.slow]

IS_ROOT = hasattr(os, "getuid") and os.getuid() == 0
UNSHARE = ["unshare", "--mount", *([] if IS_ROOT else ["--map-root-user"]), "sh", "-ec"]
GARBAGE = b"\xff\xfe\x00\x80:\xff\n:::\n\x1b[31m: \xc3\x28\ncpu  x y z\nMemTotal: \xff kB\nprocessor\t: \xff\n"

EMPTY = "mount --bind {empty} {at}"
NO_TEXT = "mount --bind {garbage} {at}"
UNREADABLE = "mount --bind /proc/$$/mem {at}"  # reading what no process has at its beginning is an error
GONE = "mount -t tmpfs none {at}"

FILES = ("/proc/stat", "/proc/meminfo", "/proc/cpuinfo", "/proc/loadavg", "/proc/$$/status")
FOLDERS = ("/sys/class", "/sys/devices", "/sys/fs", "/sys", "/proc/$$", "/proc")  # $$ is its own process
LACKING = {f"{at} is gone": [GONE.replace("{at}", at)] for at in FOLDERS} | {
    "neither /proc nor /sys": [GONE.format(at="/sys"), GONE.format(at="/proc")],
    "Android": [*(UNREADABLE.format(at=at) for at in FILES[:4]), GONE.format(at="/sys/class")],
    "no text anywhere": [NO_TEXT.replace("{at}", at) for at in FILES],
}
# What one file lacks is tried with made-up trees as well; here each is unreadable once, and all of them are empty.
SYSTEMS = LACKING | {f"{at} is unreadable": [UNREADABLE.replace("{at}", at)] for at in FILES}
SYSTEMS |= {"nothing in any file": [EMPTY.replace("{at}", at) for at in FILES]}


@cache
def why_not() -> str:
    """Why no mount can be made here; empty where one can."""
    if not shutil.which("unshare"):
        return "there is no unshare here"
    done = subprocess.run([*UNSHARE, "mount -t tmpfs none /sys/class"], capture_output=True, text=True)
    return done.stderr.strip() or f"unshare ends with {done.returncode}" if done.returncode else ""


def without(system: str, tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run flopsbench where something is missing."""
    if reason := why_not():
        pytest.skip(f"no mount can be made here: {reason}")
    for name, content in {"empty": b"", "garbage": GARBAGE}.items():
        (tmp_path / name).write_bytes(content)
    mounts = " && ".join(SYSTEMS[system]).format(empty=tmp_path / "empty", garbage=tmp_path / "garbage")
    return subprocess.run(
        [*UNSHARE, f'{mounts} && exec "$@"', "sh", sys.executable, "-m", "flopsbench", *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, "XDG_DATA_HOME": str(tmp_path)},
    )


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_run_needs_nothing_that_a_system_may_lack(system: str, tmp_path: Path) -> None:
    document = tmp_path / "result.json"
    asked = ("--device=cpu", "--backend=numpy", "--dtype=fp64", "--size=64", "--time=1")
    done = without(system, tmp_path, "run", *asked, f"--json={document}")
    assert (done.returncode, "Traceback" in done.stderr + done.stdout) == (0, False), done.stdout + done.stderr
    result = load(document)
    (case,) = result.cases
    assert case.processes
    assert result.host.cpu.model.isprintable()
    found = validate_document(encode(result)).findings
    assert not [(each.code, each.sentence) for each in found if each.level == "reject"]


@pytest.mark.parametrize("command", ["devices", "doctor"])
@pytest.mark.parametrize("system", ["/sys is gone", "neither /proc nor /sys", "Android", "no text anywhere"])
def test_what_looks_at_the_machine_says_what_is_left_of_it(system: str, command: str, tmp_path: Path) -> None:
    done = without(system, tmp_path, command)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert done.stdout
