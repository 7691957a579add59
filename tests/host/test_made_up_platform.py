"""A platform without what is Linux's alone, and one without POSIX: what flopsbench measures there, and what it says.

Real files and calls are missing there (tests/made_up_platform), in every process that is started. What it cannot show
is how a real macOS or Windows does what it has other ways for.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from flopsbench import load
from flopsbench.result.codec import encode
from flopsbench.validate.document import validate_document
from tests.host.test_broken_systems import GONE, UNSHARE, why_not

pytestmark = pytest.mark.process

ROOT = Path(__file__).parents[2]
PLATFORMS = {"without what is Linux's": [], "without POSIX": ["--without-posix"]}
EVERYWHERE = pytest.mark.parametrize("platform", PLATFORMS)
ASKED = ("--device=cpu", "--backend=numpy", "--dtype=fp64", "--size=64", "--time=1")


def there(
    platform: str, *arguments: str, before: tuple[str, ...] = (), **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run Python on the made-up platform."""
    command = [*before, sys.executable, "-m", "tests.made_up_platform", *PLATFORMS[platform], *arguments]
    return subprocess.run(command, cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True)


def flopsbench(platform: str, *arguments: str, code: int = 0, **options: str) -> str:
    """What a command prints there; it never shows a traceback."""
    done = there(platform, "-m", "flopsbench", *arguments, **options)
    assert (done.returncode, "Traceback" in done.stderr + done.stdout) == (code, False), done.stdout + done.stderr
    return done.stdout + done.stderr


# --- the platform itself

LOOK = """
import os, select, signal, sys
try: open("/proc/self/stat"); trees = True
except FileNotFoundError: trees = False
names = (os, "sched_getaffinity"), (signal, "SIGSTOP"), (os, "fork"), (select, "poll")
print(sys.platform, int(trees), int(os.path.exists("/sys")), *(int(hasattr(*name)) for name in names))
"""
IN_A_CHILD = f"import subprocess, sys; subprocess.run([sys.executable, '-P', '-c', {LOOK!r}], check=True)"
IN_A_GUARD = f"import subprocess, sys; subprocess.run([sys.executable, '-I', '-S', '-c', {LOOK!r}], check=True)"


@EVERYWHERE
@pytest.mark.parametrize("program", [LOOK, IN_A_CHILD, IN_A_GUARD], ids=["itself", "a child", "a guard"])
def test_nothing_is_there_that_was_taken_away(platform: str, program: str) -> None:
    done = there(platform, "-c", program)
    assert done.stdout.split() == ["made-up", *"0000", *("00" if "POSIX" in platform else "11")], done.stderr


def test_libraries_go_on_by_the_ways_that_they_have() -> None:
    done = there("without POSIX", "-c", "import shutil, psutil; print(shutil.os.fork, psutil.Process().ppid())")
    assert done.returncode == 0, done.stderr


# --- what is measured there


@EVERYWHERE
def test_a_run_is_measured_proven_and_valid(platform: str, tmp_path: Path) -> None:
    document = tmp_path / "r.json"
    flopsbench(platform, "run", *ASKED, f"--json={document}")
    result = load(document)
    assert result.host.os == "MadeUp"
    assert result.host.virtualisation.quota_cpus is None
    (case,) = result.cases
    assert case.status == "ok"
    assert case.stats
    assert case.proof
    assert case.proof.passed
    assert [each.dtype for each in result.ceilings if each.rate_per_s] == ["fp64"]
    assert "1 file" in flopsbench(platform, "validate", str(document))
    assert "fp64" in flopsbench(platform, "show", str(document))


@EVERYWHERE
@pytest.mark.parametrize("command", ["devices", "doctor"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_looks_at_the_machine_says_what_is_left_of_it(platform: str, command: str, language: str) -> None:
    assert flopsbench(platform, command, f"--lang={language}")


def test_nor_is_anything_there_for_libraries(tmp_path: Path) -> None:
    """With /proc and /sys empty for C and psutil as well, a run is measured and valid."""
    if reason := why_not():
        pytest.skip(f"no mount can be made here: {reason}")
    mounts = " && ".join(GONE.format(at=at) for at in ("/sys", "/proc"))
    document = tmp_path / "r.json"
    before = (*UNSHARE, f'{mounts} && exec "$@"', "sh")
    asked = ("run", *ASKED, f"--json={document}")
    done = there("without what is Linux's", "-m", "flopsbench", *asked, before=before)
    assert (done.returncode, "Traceback" in done.stderr + done.stdout) == (0, False), done.stdout + done.stderr
    result = load(document)
    assert result.cases[0].processes
    assert not [each for each in validate_document(encode(result)).findings if each.level == "reject"]


# --- what cannot be had there

TURNS = """
import json, sys
from flopsbench.runs.referee import ParentReferee
from flopsbench.runs.request import options_of
from flopsbench.track.ab.ab import planned
from flopsbench.track.ab.cases import cases_of_sides
from flopsbench.track.ab.turns import note_on_turns, take_turns
from flopsbench.track.ab.side import Side
options = options_of(["cpu"], ["numpy"], ["fp64"], ["64"])
a, b = Side("a", options), Side("b", options)
with ParentReferee() as referee:
    (base, _), (new, _) = (planned(side, referee, 1) for side in (a, b))
    (case,) = cases_of_sides(a, base, b, new)
    ended = take_turns([case.a, case.b], referee, seed=1, order=0)
print(json.dumps([[each.case.status for each in ended], *map(str, note_on_turns())]))
"""


@EVERYWHERE
def test_sides_take_turns_though_nobody_is_suspended_and_a_note_says_so(platform: str) -> None:
    done = there(platform, "-c", TURNS)
    assert done.returncode == 0, done.stderr
    statuses, note = json.loads(done.stdout)
    assert statuses == ["ok", "ok"]
    assert note.startswith("this system suspends no process")


@EVERYWHERE
@pytest.mark.parametrize(
    ("language", "words"), [("en", "holds no process to a limit of memory"), ("zh", "限制进程的内存")]
)
def test_a_limit_of_memory_is_refused_in_a_sentence(platform: str, language: str, words: str) -> None:
    assert words in flopsbench(platform, "run", *ASKED, "--memory=1GiB", f"--lang={language}", code=2)


@pytest.mark.parametrize(("language", "words"), [("en", "a commit is installed by sh"), ("zh", "安装提交需要sh")])
def test_a_commit_is_refused_in_a_sentence_where_it_cannot_be_installed(language: str, words: str) -> None:
    asked = ("ab", "--a=git=HEAD", "--b=git=HEAD", "--size=64", f"--lang={language}")
    assert words in flopsbench("without POSIX", *asked, code=2)
