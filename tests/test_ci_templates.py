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
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import yaml

from flopsbench.result.codec import encode
from tests import documents

ROOT = Path(__file__).parents[1]
ACTION = ROOT / ".github/actions/flopsbench"
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

# Commands of a stub: what it was called with is kept, run writes a document of its own, track add copies it.
STUB = """#!{python}
import hashlib, json, os, pathlib, shutil, sys, time
stub = pathlib.Path({folder!r})
arguments = sys.argv[1:]
with open(stub / "calls", "a") as calls:
    print(json.dumps(arguments), file=calls)
options = dict(argument[2:].split("=", 1) for argument in arguments if argument.startswith("--") and "=" in argument)
for name in ("json", "markdown", "junit"):
    if name in options:
        pathlib.Path(options[name]).write_text(os.environ.get("STUB_DOCUMENT", "{{}}"))
if arguments[:2] == ["track", "add"]:
    meet = os.environ.get("STUB_MEET")
    if meet:  # wait until the other job stands here too: both have read the same history
        (pathlib.Path(meet) / str(os.getppid())).touch()
        while len(list(pathlib.Path(meet).iterdir())) < 2:
            time.sleep(0.01)
    document = pathlib.Path(arguments[2]).read_bytes()
    (pathlib.Path(options["history"]) / (hashlib.sha256(document).hexdigest() + ".json")).write_bytes(document)
codes = json.loads(os.environ.get("STUB_CODES", "{{}}"))
sys.exit(codes.get(" ".join(arguments[:2]), codes.get(arguments[0], 0)))
"""


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


def git(folder: Path, *arguments: str) -> str:
    author = ("-c", "user.name=test", "-c", "user.email=test@localhost")
    done = subprocess.run(["git", *author, "-C", str(folder), *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


class Runner:
    """A CI machine: a clone of a project, a temporary folder, and a flopsbench in front of PATH."""

    def __init__(self, folder: Path, origin: Path) -> None:
        self.clone, self.temporary, self.bin = folder / "clone", folder / "temporary", folder / "bin"
        for made in (self.temporary, self.bin):
            made.mkdir(parents=True)
        git(folder, "clone", "--quiet", str(origin), str(self.clone))
        self.command("flopsbench", STUB.format(python=sys.executable, folder=str(folder)))
        self.command("sleep", "#!/bin/sh\n")
        self._calls = folder / "calls"
        self.environment = {
            "PATH": f"{self.bin}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(folder),
            "RUNNER_TEMP": str(self.temporary),
            "GITHUB_ACTIONS": "true",
            "GITHUB_ACTION_PATH": str(ACTION),
            "GITHUB_OUTPUT": str(folder / "outputs"),
        }

    def command(self, name: str, script: str) -> None:
        (self.bin / name).write_text(script)
        (self.bin / name).chmod(0o755)

    def bash(self, script: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-euo", "pipefail", "-c", script],
            cwd=self.clone,
            env=self.environment | environment,
            capture_output=True,
            text=True,
            timeout=60,
        )

    def action(self, inputs: Mapping[str, str], **environment: str) -> subprocess.CompletedProcess[str]:
        """Every step of the action with these inputs and the defaults of the others; the last step's outcome."""
        action = load(ACTION / "action.yml")
        values = {name: about["default"] for name, about in action["inputs"].items()}
        assert inputs.keys() <= values.keys()
        values |= inputs
        for step in action["runs"]["steps"]:
            assert step["shell"] == "bash"
            given = {name: filled(text, values) for name, text in step.get("env", {}).items()}
            done = self.bash(step["run"], **given, **environment)
            if done.returncode:
                break
        return done

    @property
    def calls(self) -> list[list[str]]:
        return [json.loads(line) for line in self._calls.read_text().splitlines()] if self._calls.exists() else []

    @property
    def outputs(self) -> dict[str, str]:
        lines = Path(self.environment["GITHUB_OUTPUT"]).read_text().splitlines()
        return dict(line.split("=", 1) for line in lines)


def filled(text: str, values: Mapping[str, str]) -> str:
    """The value of "${{ inputs.name }}": whole, as the runner puts it into a variable."""
    name = re.fullmatch(r"\$\{\{ inputs\.([\w-]+) \}\}", text)
    assert name, f"{text!r} is more than one input"
    return values[name[1]]


@pytest.fixture
def origin(tmp_path: Path) -> Path:
    """A bare repository with two commits on main."""
    work, bare = tmp_path / "work", tmp_path / "origin.git"
    work.mkdir()
    git(work, "init", "--quiet", "--initial-branch=main")
    for text in ("base", "head"):
        (work / "file").write_text(text)
        git(work, "add", "file")
        git(work, "commit", "--quiet", "--message", text)
    git(work, "clone", "--quiet", "--bare", str(work), str(bare))
    git(bare, "config", "uploadpack.allowAnySHA1InWant", "true")
    return bare


@pytest.fixture
def make(tmp_path: Path, origin: Path) -> Callable[..., Runner]:
    return lambda name="runner", source=origin: Runner(tmp_path / name, source)


@pytest.fixture
def runner(make: Callable[..., Runner]) -> Runner:
    return make()


# What is written in the files


@pytest.mark.parametrize("path", [*WORKFLOWS, ACTION / "action.yml", GITLAB], ids=lambda path: path.name)
def test_every_file_is_yaml(path: Path) -> None:
    assert isinstance(load(path), dict)


def steps(path: Path) -> Iterator[dict[str, Any]]:
    document = load(path)
    yield from document["runs"]["steps"] if "runs" in document else ()
    for job in document.get("jobs", {}).values():
        yield from job["steps"]


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
    assert set(runner.outputs) == {"exit-code", "verdict", "folder"}


@pytest.mark.clone
def test_a_failing_install_has_its_sentence_and_outputs(runner: Runner) -> None:
    done = runner.action({"mode": "track", "install": "exit 9"})
    assert done.returncode == 1
    assert "the install command failed" in done.stdout + done.stderr
    assert runner.outputs["verdict"] == "error"


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
@pytest.mark.parametrize("command", [["ab"], ["run"], ["track", "add"], ["track", "check"]], ids=" ".join)
def test_every_option_the_scripts_pass_is_one_the_command_has(command: list[str]) -> None:
    passed = {
        "ab": "a b install device dtype size backend pairs margin fail-on json markdown junit",
        "run": "device dtype size backend json",
        "track add": "history backfill",
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
