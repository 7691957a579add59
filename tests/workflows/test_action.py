"""What other projects copy into their CI: it parses, asks for few rights, and its shell does what it says.

The steps are run here as a runner runs them: their script, their variables, in a clone of a real repository.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from flopsbench.result.codec import encode
from tests import documents
from tests.workflows.runner import ACTION, ROOT, Runner, git, load, steps

WORKFLOWS = [
    ROOT / ".github/workflows/ci.yml",
    ROOT / ".github/workflows/flopsbench.yml",
    ROOT / ".github/templates/flopsbench-gpu.yml",
]
GITLAB = ROOT / ".gitlab/flopsbench.gitlab-ci.yml"
HOSTILE = [
    "$(touch${IFS}pwned)",
    "`touch${IFS}pwned`",
    "a';touch${IFS}pwned;'",
    'a";touch${IFS}pwned;"',
    "a&&touch${IFS}pwned",
    "feature/ümläut",
]

# What is written in the files


@pytest.mark.parametrize("path", [*WORKFLOWS, ACTION / "action.yml", GITLAB], ids=lambda path: path.name)
def test_every_file_is_yaml(path: Path) -> None:
    assert isinstance(load(path), dict)


@pytest.mark.parametrize("path", [*WORKFLOWS, ACTION / "action.yml"], ids=lambda path: path.name)
def test_no_expression_stands_in_a_script_and_actions_are_pinned(path: Path) -> None:
    for step in steps(path):
        assert "${{" not in step.get("run", "")
        assert re.fullmatch(r"actions/[\w-]+@v\d+|\./[\w./-]+|OWNER/[\w./-]+@REV|", step.get("uses", ""))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_may_read_and_only_the_job_that_pushes_may_write(path: Path) -> None:
    document = load(path)
    triggers = document[True]  # YAML 1.1 takes the key "on" for a boolean
    assert set(triggers) == {"pull_request", "push"}
    assert document["permissions"] == {"contents": "read"}
    for job in document["jobs"].values():
        if "uses" in job:  # another workflow, see tests/registry/test_workflows.py
            continue
        modes = {step["with"].get("mode") for step in job["steps"] if "flopsbench" in step.get("uses", "")}
        assert job.get("permissions") == ({"contents": "write"} if "track" in modes else None)
        assert ("track" in modes) <= (job.get("if") == "github.event_name == 'push'")
        assert job["timeout-minutes"]


def test_the_action_is_used_with_inputs_it_has() -> None:
    known = set(load(ACTION / "action.yml")["inputs"])
    for path in WORKFLOWS:
        for step in steps(path):
            if "flopsbench" in step.get("uses", ""):
                assert set(step["with"]) <= known


def test_the_pages_are_published_after_the_history_has_grown_by_the_rights_they_need() -> None:
    job = load(ROOT / ".github/workflows/flopsbench.yml")["jobs"]["pages"]
    assert (job["needs"], job["uses"]) == ("track", "./.github/workflows/pages.yml")
    assert job["if"] == "github.event_name == 'push' && !cancelled()"  # after a regression, too
    assert job["permissions"] == {"contents": "read", "pages": "write", "id-token": "write"}


def test_the_gpu_template_runs_no_code_of_forks_and_one_job_at_a_time() -> None:
    document = load(ROOT / ".github/templates/flopsbench-gpu.yml")
    assert "head.repo.full_name == github.repository" in document["jobs"]["ab"]["if"]
    assert document["concurrency"] == {"group": "flopsbench-gpu-${{ github.ref }}", "cancel-in-progress": False}


@pytest.mark.clone
@pytest.mark.parametrize("script", sorted(ACTION.glob("*.sh")), ids=lambda path: path.name)
def test_every_script_is_bash(script: Path) -> None:
    subprocess.run(["bash", "-n", str(script)], check=True)


# ab


@pytest.mark.clone
def test_ab_compares_the_parent_with_the_head(runner: Runner) -> None:
    done = runner.action({"mode": "ab"})
    assert done.returncode == 0, done.stderr
    base, head = git(runner.clone, "rev-parse", "HEAD^1"), git(runner.clone, "rev-parse", "HEAD")
    out = Path(runner.outputs["folder"])
    files = [f"--json={out}/verdict.json", f"--markdown={out}/verdict.md", f"--junit={out}/verdict.xml"]
    assert runner.calls == [["ab", f"--a=git={base}", f"--b=git={head}", *files]]
    assert runner.outputs == {
        "exit-code": "0",
        "verdict": "passed",
        "could-have-caught": "3.0 %",
        "folder": str(out),
        "json": f"{out}/verdict.json",
        "markdown": f"{out}/verdict.md",
    }
    assert (out / "verdict.json").exists()
    assert out.parent == runner.temporary


@pytest.mark.clone
def test_each_use_of_the_action_has_a_folder_of_its_own(runner: Runner) -> None:
    folders = []
    for _ in range(2):
        runner.action({"mode": "ab"})
        folders.append(runner.outputs["folder"])
    assert len(set(folders)) == 2


@pytest.mark.clone
def test_what_was_not_written_is_no_output(runner: Runner) -> None:
    runner.action({"mode": "ab", "base": "nowhere"})
    assert set(runner.outputs) == {"exit-code", "verdict", "could-have-caught", "folder"}
    assert runner.outputs["could-have-caught"] == ""


@pytest.mark.clone
def test_a_failing_install_has_its_sentence_and_outputs(runner: Runner) -> None:
    done = runner.action({"mode": "track", "install": "exit 9"})
    assert done.returncode == 1
    assert "the install command failed" in done.stdout + done.stderr
    assert runner.outputs["verdict"] == "error"


@pytest.mark.clone
def test_a_head_that_cannot_be_installed_fails_and_is_no_regression(runner: Runner) -> None:
    runner.command("flopsbench", "#!/bin/sh\nexit 3\n")
    done = runner.action({"mode": "ab"})
    assert (done.returncode, runner.outputs["exit-code"], runner.outputs["verdict"]) == (3, "3", "error")
    assert "::error title=flopsbench::head could not be installed, and nothing was compared\n" in done.stdout


@pytest.mark.clone
def test_every_input_reaches_its_option_unchanged(runner: Runner) -> None:
    given = {
        "install": """python -c 'print("$(touch pwned)")'; pip install -e '.[a, b]' # `x`""",
        "device": "cuda:1",
        "dtype": "fp32,bf16",
        "size": "512,64x64x64",
        "backend": "torch",
        "pairs": "20",
        "margin": "2.5%",
        "fail-on": "regression,inconclusive",
        "call": "kernels:matmul $(touch pwned)",
        "flop": "2*n**3",
        "sync": "kernels:wait",
        "command": "./bench 'a b'; touch pwned",
    }
    assert runner.action({"mode": "ab", "args": "--kernel tiled_sgemm\n  --seed=1 *", **given}).returncode == 0
    (call,) = runner.calls
    assert {f"--{name}={value}" for name, value in given.items()} <= set(call)
    assert call[-4:] == ["--kernel", "tiled_sgemm", "--seed=1", "*"]
    assert not (runner.clone / "pwned").exists()


@pytest.mark.clone
@pytest.mark.parametrize("name", HOSTILE)
def test_a_branch_with_a_hostile_name_is_a_branch(name: str, origin: Path, runner: Runner) -> None:
    git(origin, "update-ref", f"refs/heads/{name}", "main~1")  # after the clone: it has to be fetched
    done = runner.action({"mode": "ab", "base": name})
    assert done.returncode == 0, done.stderr
    assert runner.calls[0][1] == f"--a=git={git(origin, 'rev-parse', 'main~1')}"
    assert not list(runner.clone.glob("pwned*"))


@pytest.mark.clone
@pytest.mark.parametrize("mode", ["", "AB", "../../evil", "ab; touch pwned", "$(touch pwned)"])
def test_another_mode_is_refused(mode: str, runner: Runner) -> None:
    done = runner.action({"mode": mode})
    assert (done.returncode, runner.calls) == (2, [])
    assert done.stdout == "::error title=flopsbench::mode must be ab or track\n"
    assert not list(runner.clone.glob("pwned*"))


@pytest.mark.clone
@pytest.mark.parametrize("base", ["nowhere", "--upload-pack=touch${IFS}pwned", "-x", "main:file"])
def test_a_base_that_is_no_commit_is_said(base: str, runner: Runner) -> None:
    done = runner.action({"mode": "ab", "base": base})
    assert (done.returncode, runner.calls, runner.outputs["verdict"]) == (2, [], "error")
    assert "::error title=flopsbench::base is no commit here" in done.stdout
    assert not list(runner.clone.glob("pwned*"))
    assert git(runner.clone, "branch", "--format=%(refname:short)") == "main"


@pytest.mark.clone
def test_a_clone_too_shallow_for_its_base_says_what_is_missing(make: Callable[..., Runner], origin: Path) -> None:
    runner = make("shallow")
    shutil.rmtree(runner.clone)
    git(runner.temporary, "clone", "--quiet", "--depth=1", f"file://{origin}", str(runner.clone))
    done = runner.action({"mode": "ab"})
    assert done.returncode == 2
    assert "fetch-depth: 2" in done.stdout


@pytest.mark.clone
@pytest.mark.parametrize(
    ("code", "verdict"),
    [
        (0, "passed"),
        (2, "error"),
        (3, "regression"),
        (4, "inconclusive"),
        (5, "not-comparable"),
        (6, "rejected"),
        (7, "nothing-measurable"),
        (130, "error"),
    ],
)
def test_the_exit_code_of_flopsbench_is_that_of_the_step(code: int, verdict: str, runner: Runner) -> None:
    done = runner.action({"mode": "ab"}, STUB_CODES=json.dumps({"ab": code}))
    assert (done.returncode, runner.outputs["exit-code"], runner.outputs["verdict"]) == (code, str(code), verdict)


@pytest.mark.clone
def test_a_suite_is_the_last_of_the_options(runner: Runner) -> None:
    suite = "tests/speed -k 'gemm\n-m not(slow) $(touch${IFS}pwned)"
    assert runner.action({"mode": "ab", "suite": suite, "args": "--seed 1"}).returncode == 0
    (call,) = runner.calls
    words = ["tests/speed", "-k", "'gemm", "-m", "not(slow)", "$(touch${IFS}pwned)"]
    assert call[-10:] == ["--seed", "1", "--suite", "--", *words]
    assert not (runner.clone / "pwned").exists()


# What nothing found means


@pytest.mark.clone
@pytest.mark.parametrize(("sharpness", "verdict"), [("25%", "inconclusive"), ("95%", "passed")])
def test_a_job_that_could_have_caught_nothing_has_not_passed(sharpness: str, verdict: str, runner: Runner) -> None:
    blunt = json.dumps([{"case": "a", "verdict": "unchanged", "detectable": 0.92}])
    done = runner.action({"mode": "ab", "sharpness": sharpness}, STUB_CHANGES=blunt)
    assert (done.returncode, runner.outputs["exit-code"]) == (0, "0")
    assert (runner.outputs["verdict"], runner.outputs["could-have-caught"]) == (verdict, "92.0 %")
    warned = (
        "::warning title=flopsbench::nothing was found, which says little: in no case could a slowdown below 92.0 %"
    )
    assert (warned in done.stdout) == (verdict == "inconclusive")


@pytest.mark.clone
@pytest.mark.parametrize(
    ("mode", "fail_on", "code"),
    [("ab", "regression, inconclusive", 4), ("track", "inconclusive", 4), ("ab", "regression,failed", 0)],
)
def test_a_job_that_could_have_caught_nothing_fails_where_that_is_asked_for(
    mode: str, fail_on: str, code: int, runner: Runner
) -> None:
    blunt = json.dumps([{"case": "a", "verdict": "unchanged", "detectable": 0.9}])
    done = runner.action({"mode": mode, "fail-on": fail_on}, STUB_CHANGES=blunt)
    assert (done.returncode, runner.outputs["exit-code"], runner.outputs["verdict"]) == (
        code,
        str(code),
        "inconclusive",
    )


@pytest.mark.clone
def test_a_regression_is_one_however_blunt_the_job_was(runner: Runner) -> None:
    blunt = json.dumps([{"case": "a", "verdict": "regression", "detectable": 0.9}])
    done = runner.action({"mode": "ab"}, STUB_CODES='{"ab": 3}', STUB_CHANGES=blunt)
    assert (done.returncode, runner.outputs["verdict"]) == (3, "regression")
    assert runner.outputs["could-have-caught"] == "90.0 %"


@pytest.mark.clone
def test_a_verdict_that_cannot_be_read_is_no_pass(runner: Runner) -> None:
    runner.command(
        "flopsbench", '#!/bin/sh\nfor each; do case $each in --json=*) echo no >"${each#--json=}";; esac; done\n'
    )
    done = runner.action({"mode": "ab"})
    assert (done.returncode, runner.outputs["verdict"]) == (0, "inconclusive")
    assert "the verdict cannot be read" in done.stdout


@pytest.mark.clone
def test_a_sharpness_that_is_no_share_is_refused_before_anything_is_measured(runner: Runner) -> None:
    done = runner.action({"mode": "ab", "sharpness": "$(touch pwned)"})
    assert (done.returncode, runner.calls, runner.outputs["verdict"]) == (2, [], "error")
    assert "::error title=flopsbench::sharpness is a share, 25% or 0.25" in done.stdout


@pytest.mark.clone
def test_the_action_brings_the_flopsbench_it_belongs_to(runner: Runner) -> None:
    (runner.bin / "flopsbench").unlink()
    runner.command("python3", f'#!/bin/sh\necho "$@" >{runner.temporary}/pip\nexit 9\n')
    only = os.pathsep.join([str(runner.bin), "/usr/bin", "/bin"])
    assert runner.action({"mode": "ab"}, PATH=only).returncode == 9
    *words, place = (runner.temporary / "pip").read_text().split()
    assert (words, Path(place).resolve()) == (["-m", "pip", "install", "--quiet"], ROOT)


# track

HISTORY = "refs/heads/flopsbench-history"


def in_history(origin: Path, branch: str = HISTORY) -> list[str]:
    return git(origin, "ls-tree", "-r", "--name-only", branch).splitlines()


@pytest.mark.clone
def test_track_begins_a_history_of_its_own(origin: Path, runner: Runner) -> None:
    done = runner.action({"mode": "track", "dtype": "fp32", "margin": "3%", "args": "--profile standard"})
    assert done.returncode == 0, done.stderr
    ran, added, checked = runner.calls
    out = Path(runner.outputs["folder"])
    assert ran == ["run", "--dtype=fp32", f"--json={out}/result.json", "--profile", "standard"]
    assert added[:3] == ["track", "add", f"{out}/result.json"]
    history = added[3]
    files = [f"--json={out}/verdict.json", f"--markdown={out}/verdict.md", f"--junit={out}/verdict.xml"]
    assert checked == ["track", "check", history, "--margin=3%", *files]
    assert len(in_history(origin)) == 1
    assert "file" not in in_history(origin)  # nothing of the project
    assert git(origin, "rev-parse", "main") == git(runner.clone, "rev-parse", "HEAD")


@pytest.mark.clone
def test_track_adds_to_the_history_there_is(origin: Path, runner: Runner) -> None:
    for document in ("one", "two", "two"):
        assert runner.action({"mode": "track"}, STUB_DOCUMENT=document).returncode == 0
    assert len(in_history(origin)) == 2
    assert git(origin, "rev-list", "--count", HISTORY) == "3"  # the beginning and two Results, once each
    assert len(git(runner.clone, "worktree", "list").splitlines()) == 1


@pytest.mark.clone
def test_a_shallow_clone_can_track(make: Callable[..., Runner], origin: Path, runner: Runner) -> None:
    assert runner.action({"mode": "track"}, STUB_DOCUMENT="one").returncode == 0
    shallow = make("shallow")
    shutil.rmtree(shallow.clone)
    git(shallow.temporary, "clone", "--quiet", "--depth=1", f"file://{origin}", str(shallow.clone))
    done = shallow.action({"mode": "track"}, STUB_DOCUMENT="two")
    assert done.returncode == 0, done.stderr
    assert len(in_history(origin)) == 2


@pytest.mark.clone
@pytest.mark.parametrize("begun", [False, True], ids=["no history yet", "a history"])
def test_two_jobs_that_push_at_once_both_arrive(
    begun: bool, origin: Path, make: Callable[..., Runner], tmp_path: Path
) -> None:
    if begun:
        assert make("first").action({"mode": "track"}, STUB_DOCUMENT="zero").returncode == 0
    meet = tmp_path / "meet"
    meet.mkdir()
    runners = [make(name) for name in ("left", "right")]
    with ThreadPoolExecutor() as pool:
        jobs = [
            pool.submit(each.action, {"mode": "track"}, STUB_DOCUMENT=each.clone.parent.name, STUB_MEET=str(meet))
            for each in runners
        ]
    assert [job.result().returncode for job in jobs] == [0, 0], [job.result().stderr for job in jobs]
    assert len(in_history(origin)) == 2 + begun
    added = sorted(sum(call[:2] == ["track", "add"] for call in each.calls) for each in runners)
    assert added == [1, 2]  # one was overtaken


@pytest.mark.clone
def test_a_push_that_is_refused_ends_after_five_attempts_with_the_reason(origin: Path, runner: Runner) -> None:
    hook = origin / "hooks/pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    done = runner.action({"mode": "track"})
    assert done.returncode == 1
    assert "needs the permission to write contents" in done.stdout
    assert sum(call[:2] == ["track", "add"] for call in runner.calls) == 5


@pytest.mark.clone
def test_an_origin_that_cannot_be_read_begins_no_new_history(runner: Runner) -> None:
    git(runner.clone, "remote", "set-url", "origin", str(runner.temporary / "gone"))
    done = runner.action({"mode": "track"})
    assert done.returncode == 1
    assert "origin cannot be read" in done.stdout


@pytest.mark.clone
def test_a_result_that_is_refused_fails_and_pushes_nothing(origin: Path, runner: Runner) -> None:
    done = runner.action({"mode": "track"}, STUB_CODES='{"track add": 6}')
    assert (done.returncode, runner.outputs["verdict"]) == (6, "rejected")
    assert "flopsbench-history" not in git(origin, "branch", "--list")


@pytest.mark.clone
def test_a_failed_proof_is_kept_in_the_history_and_fails(origin: Path, runner: Runner) -> None:
    done = runner.action({"mode": "track"}, STUB_CODES='{"run": 3}')
    assert (done.returncode, runner.outputs["verdict"], len(in_history(origin))) == (3, "regression", 1)


@pytest.mark.clone
def test_where_nothing_was_measured_nothing_is_added(runner: Runner) -> None:
    done = runner.action({"mode": "track"}, STUB_CODES='{"run": 7}')
    assert (done.returncode, len(runner.calls)) == (7, 1)


@pytest.mark.clone
def test_a_regression_is_in_the_history_when_the_job_fails(origin: Path, runner: Runner) -> None:
    done = runner.action({"mode": "track"}, STUB_CODES='{"track check": 3}')
    assert (done.returncode, runner.outputs["verdict"], len(in_history(origin))) == (3, "regression", 1)


@pytest.mark.clone
def test_the_project_under_test_is_installed_before_it_is_measured(runner: Runner) -> None:
    done = runner.action({"mode": "track", "install": "echo 'a  b' >installed && false"})
    assert (done.returncode, runner.calls) == (1, [])
    assert (runner.clone / "installed").read_text() == "a  b\n"


@pytest.mark.clone
@pytest.mark.parametrize("name", HOSTILE)
def test_a_history_branch_may_be_called_anything_git_allows(name: str, origin: Path, runner: Runner) -> None:
    done = runner.action({"mode": "track", "history-branch": name})
    assert done.returncode == 0, done.stderr
    assert len(in_history(origin, f"refs/heads/{name}")) == 1
    assert not list(runner.clone.glob("pwned*"))


@pytest.mark.clone
@pytest.mark.parametrize("name", ["a b", "..", "--x y", "a:refs/heads/main"])
def test_a_history_branch_that_git_does_not_allow_is_refused(name: str, runner: Runner) -> None:
    done = runner.action({"mode": "track", "history-branch": name})
    assert (done.returncode, runner.calls) == (2, [])


@pytest.mark.clone
@pytest.mark.parametrize("name", ["suite", "call", "command"])
def test_what_a_project_measures_itself_is_added_as_a_result_of_its_commit(
    name: str, origin: Path, runner: Runner
) -> None:
    given = {"mode": "track", name: "of-the-project", "install": "make", "args": "--seed 1", "dtype": "fp32"}
    done = runner.action(given)
    assert done.returncode == 0, done.stderr
    measured, added, checked = runner.calls
    out, commit = runner.outputs["folder"], git(runner.clone, "rev-parse", "HEAD")
    what = ["--suite", "--", "of-the-project"] if name == "suite" else [f"--{name}=of-the-project"]
    assert measured[:5] == ["track", "backfill", commit, f"--history={out}/measured", "--install=make"]
    assert sorted(measured[5:]) == sorted([*what, "--seed", "1"])
    assert added[:3] == ["track", "add", f"{out}/measured/v1/measured.json"]
    assert checked[:2] == ["track", "check"]
    assert len(in_history(origin)) == 1


@pytest.mark.clone
def test_a_commit_that_cannot_be_measured_is_said(origin: Path, runner: Runner) -> None:
    done = runner.action({"mode": "track", "suite": "a"}, STUB_CODES='{"track backfill": 3}', STUB_UNMEASURED="1")
    assert (done.returncode, runner.outputs["verdict"]) == (1, "error")
    assert "::error title=flopsbench::this commit could not be installed or measured" in done.stdout
    assert "flopsbench-history" not in git(origin, "branch", "--list")


@pytest.mark.clone
@pytest.mark.parametrize(("code", "kept"), [(3, 1), (7, 0)])
def test_a_suite_that_fails_its_proof_is_kept_and_one_that_cannot_run_is_not(
    code: int, kept: int, origin: Path, runner: Runner
) -> None:
    done = runner.action({"mode": "track", "suite": "tests"}, STUB_CODES=json.dumps({"track backfill": code}))
    assert done.returncode == code
    assert len(in_history(origin) if kept else []) == kept
    assert ("flopsbench-history" in git(origin, "branch", "--list")) == bool(kept)


@pytest.mark.clone
def test_the_real_commands_take_what_the_action_passes(origin: Path, runner: Runner) -> None:
    """Two Results through the flopsbench of this interpreter; run alone is replaced, for it would measure."""
    real = f"exec {sys.executable} -m flopsbench"
    runner.command(
        "flopsbench",
        f'#!/bin/bash\ncase "$1" in run) cp "$PREPARED" "${{2#--json=}}" ;; *) {real} "$@" ;; esac\n',
    )
    done = None
    for created in ("2026-08-02T12:00:00Z", "2026-08-01T12:00:00Z"):  # the older one is pushed last
        prepared = runner.temporary / "prepared.json"
        prepared.write_bytes(encode(documents.result(created=created)))
        done = runner.action({"mode": "track"}, PREPARED=str(prepared), PYTHONPATH=str(ROOT))
        assert done.returncode == 0, done.stdout + done.stderr
    assert len(in_history(origin)) == 2
    assert json.loads(Path(runner.outputs["json"]).read_text())
    assert Path(runner.outputs["markdown"]).read_text()


@pytest.mark.clone
@pytest.mark.parametrize(
    "command", [["ab"], ["run"], ["track", "add"], ["track", "backfill"], ["track", "check"]], ids=" ".join
)
def test_every_option_the_scripts_pass_is_one_the_command_has(command: list[str]) -> None:
    passed = {
        "ab": "a b install device dtype size backend pairs margin fail-on json markdown junit"
        " call flop sync command suite",
        "run": "device dtype size backend json",
        "track add": "history backfill",
        "track backfill": "history install call flop sync command suite",
        "track check": "history margin fail-on json markdown junit",
    }
    wide = os.environ | {"COLUMNS": "200", "NO_COLOR": "1"}
    shown = subprocess.run(
        [sys.executable, "-m", "flopsbench", *command, "--help"], capture_output=True, text=True, check=True, env=wide
    ).stdout
    assert {f"--{name}" for name in passed[" ".join(command)].split()} <= set(re.findall(r"--[\w-]+", shown))


# GitLab


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A repository with the action's scripts as they are now, to be cloned as flopsbench."""
    folder = tmp_path / "flopsbench-source"
    shutil.copytree(ACTION, folder / ".github/actions/flopsbench")
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "as it is")
    return folder


def gitlab(runner: Runner, job: str, source: Path, without: str = "nothing", **environment: str) -> Any:
    """The scripts of a job, as one: GitLab runs them in one shell; lines that hold ``without`` are left out."""
    document = load(GITLAB)
    base, own = document[".flopsbench"], document[job]
    assert own["extends"] == ".flopsbench"
    lines = [line for line in (*base["before_script"], *own["script"]) if without not in line]
    runner.environment.pop("GITHUB_ACTIONS")
    given = document["variables"] | {
        "FLOPSBENCH_SOURCE": str(source),
        "FLOPSBENCH_OUT": f"{runner.clone}/flopsbench-out",
    }
    return runner.bash("\n".join(lines), **given | environment)


@pytest.mark.clone
def test_gitlab_compares_a_merge_request_with_its_base(runner: Runner, source: Path) -> None:
    base, head = git(runner.clone, "rev-parse", "HEAD~1"), git(runner.clone, "rev-parse", "HEAD")
    done = gitlab(runner, "flopsbench-ab", source, CI_MERGE_REQUEST_DIFF_BASE_SHA=base, CI_COMMIT_SHA=head)
    assert done.returncode == 0, done.stderr
    (call,) = runner.calls
    assert call[:4] == ["ab", f"--a=git={base}", f"--b=git={head}", "--install=python -m pip install --quiet ."]
    for written in (load(GITLAB)["flopsbench-ab"]["artifacts"]["reports"]["junit"], "flopsbench-out/verdict.md"):
        assert (runner.clone / written).exists()


@pytest.mark.clone
def test_gitlab_tracks_the_default_branch(origin: Path, runner: Runner, source: Path) -> None:
    runner.command("python", f'#!/bin/sh\necho "$@" >{runner.temporary}/pip\n')
    done = gitlab(runner, "flopsbench-track", source, without="set-url")
    assert done.returncode == 0, done.stderr
    assert len(in_history(origin)) == 1
    assert (runner.temporary / "pip").read_text() == "-m pip install --quiet .\n"


@pytest.mark.clone
def test_gitlab_pushes_with_the_token_and_forgets_it(runner: Runner) -> None:
    job = load(GITLAB)["flopsbench-track"]
    (told,) = [line for line in job["script"] if "set-url" in line]
    where = {"FLOPSBENCH_PUSH_TOKEN": "s3cret", "CI_SERVER_HOST": "gitlab.example", "CI_PROJECT_PATH": "a/b"}
    assert runner.bash(told, **where).returncode == 0
    pushed_to = git(runner.clone, "remote", "get-url", "--push", "origin")
    assert pushed_to == "https://flopsbench:s3cret@gitlab.example/a/b.git"
    assert runner.bash("\n".join(job["after_script"])).returncode == 0
    assert "s3cret" not in (runner.clone / ".git/config").read_text()
