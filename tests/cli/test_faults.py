"""Tests what may go wrong with files: full disks, pipes, sockets, names without end, folders that are gone, signals.

Each fault ends in one sentence and its exit code, loses nothing that was measured and leaves nothing half-written.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from flopsbench.cli.interrupt import ASKING
from flopsbench.result.files import load
from tests.cli.test_exit_codes import document
from tests.cli.test_streams import FLOPSBENCH, NARROW, RUN, kept, shell

pytestmark = [pytest.mark.process, pytest.mark.usefixtures("no_ceiling")]

REGISTRY = Path(__file__).parents[2] / "results"
ENDLESS = "a" * 300
DEEP = "b/" * 3000


@pytest.fixture
def folder(tmp_path: Path, install_strangers: Callable[..., None]) -> Path:
    """A folder with a Result and with files of every odd kind."""
    install_strangers("exact")
    here = tmp_path / "here"
    here.mkdir()
    document(here, "base.json", 1e12)
    os.mkfifo(here / "pipe.json")
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(os.path.relpath(here / "socket.json"))  # a short name, as sockets need it
    for name in ("history", "registry"):
        (here / name).mkdir()
    document(here / "history", "base.json", 1e12)
    shutil.copytree(REGISTRY / "v1", here / "registry" / "v1")
    return here


# What is read: the command, its exit code, what it says.
READ = [
    ("show pipe.json", 6, "pipe.json: the file is empty"),
    ("show socket.json", 6, "socket.json: cannot be read: No such device or address"),
    ("show /dev/zero", 6, "/dev/zero: larger than 4 MiB, which no Result is"),
    ("show history/", 0, ""),
    (f"show {ENDLESS}", 2, "File name too long"),
    (f"show {DEEP}", 2, "File name too long"),
    ("validate pipe.json", 6, "is no regular file"),
    ("validate socket.json", 6, "is no regular file"),
    (f"validate {ENDLESS}", 2, "there is no such file or folder"),
    ("compare base.json pipe.json", 6, "pipe.json: the file is empty"),
    ("compare socket.json base.json", 6, "socket.json: cannot be read"),
    (f"compare base.json {ENDLESS}", 2, "File name too long"),
    ("export pipe.json --format csv", 6, "pipe.json: the file is empty"),
    ("track add pipe.json", 6, "pipe.json: the file is empty"),
    ("track add socket.json", 6, "socket.json: cannot be read"),
    (f"track add {ENDLESS}", 6, "cannot be read: File name too long"),
    (f"track log --history {ENDLESS}", 2, "File name too long"),
    ("submit pipe.json --yes --to registry", 6, "pipe.json: is not a regular file"),
    ("submit socket.json --yes --to registry", 6, "socket.json: cannot be read"),
]


@pytest.mark.parametrize(("command", "code", "told"), READ, ids=lambda each: str(each)[:40])
def test_what_cannot_be_read_is_told(folder: Path, command: str, code: int, told: str) -> None:
    done = shell(folder, f"$FB {command} </dev/null")
    assert done.returncode == code, done.stderr
    assert told in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


# A pipe among the files of a folder, which nobody named: where, the command, its exit code, what it says.
AMONG = [
    ("history/x.json", "show history", 6, "history/x.json: is not a regular file"),
    ("history/x.json", "compare history base.json", 6, "history/x.json: is not a regular file"),
    ("history/x.json", "export history --format csv", 6, "history/x.json: is not a regular file"),
    ("history/x.json", "track log --history history", 6, "history/x.json: is not a regular file"),
    ("history/x.json", "track add base.json --history history", 0, ""),
    ("history/acks.toml", "track check --history history", 6, "history/acks.toml: is not a regular file"),
    ("history/acks.toml", "track log --history history", 6, "history/acks.toml: is not a regular file"),
    ("history/acks.toml", "track ack 1a2b3c4d --reason why --history history", 6, "is not a regular file"),
    ("registry/README.md", "validate registry", 6, "registry/README.md"),
    ("registry/moderation.toml", "validate registry", 6, "registry/moderation.toml"),
    ("registry/v1/x.json", "validate registry", 6, "registry/v1/x.json"),
    ("registry/v1/x.json", "site build registry -o site", 6, "v1/x.json: file.unreadable: is no regular file"),
    ("registry/moderation.toml", "site build registry -o site", 6, "registry/moderation.toml"),
    ("registry/README.md", "submit base.json --yes --to registry", 6, "cannot be published as it is"),
    ("data/flopsbench/machine-id", RUN, 0, ""),
    ("data/flopsbench/noise", RUN, 0, ""),
]


@pytest.mark.parametrize(("pipe", "command", "code", "told"), AMONG)
def test_a_pipe_that_nobody_named_is_not_waited_for(
    folder: Path, pipe: str, command: str, code: int, told: str
) -> None:
    place = folder / pipe
    place.parent.mkdir(parents=True, exist_ok=True)
    os.mkfifo(place)
    writer = os.open(place, os.O_RDWR)  # and never a word
    try:
        done = shell(folder, f"$FB {command} </dev/null", XDG_DATA_HOME=str(folder / "data"))
    finally:
        os.close(writer)
    assert done.returncode == code, done.stderr
    assert told in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


# What is written: the command, what it says. All exit with 2.
WRITTEN = [
    *(
        (command.replace("FILE", file), f"{option} {file}: no file can be written there")
        for command, option in (
            (f"{RUN} --json FILE", "--json"),
            ("ab --backend exact --json FILE", "--json"),
            ("noise --backend exact --noise FILE", "--noise"),
            ("compare base.json base.json --junit FILE", "--junit"),
            ("export base.json --format csv -o FILE", "--output"),
            ("track log --history history --json FILE", "--json"),
        )
        for file in ("socket.json", "history", "base.json/x", "nowhere/x", ENDLESS, "/proc/self/x")
        if file == "history" or "compare" in command  # every kind of file once, and every command
    ),
    *((f"{RUN} --save {file}", "no folder can be made there") for file in ("base.json", ENDLESS, "/proc/self/x")),
    (f"{RUN} --save base.json/x", "--save base.json/x: no folder can be made there"),
    ("track add base.json --history base.json", "cannot be written (Not a directory): choose another --history"),
    ("site build registry -o base.json", "base.json cannot hold a site"),
    ("site build registry -o /proc/self/x", "/proc/self/x cannot hold a site"),
]


@pytest.mark.parametrize(("command", "told"), WRITTEN, ids=lambda each: str(each)[:60])
def test_what_cannot_be_written_is_refused_before_anything_is_done(folder: Path, command: str, told: str) -> None:
    before = everything_in(folder)
    done = shell(folder, f"$FB {command}")
    assert done.returncode == 2, done.stderr
    assert (done.stdout, done.stderr.count("flopsbench: ")) == ("", 1)
    assert told in done.stderr
    assert everything_in(folder) == before


def everything_in(folder: Path) -> dict[str, bytes | None]:
    """Every file below a folder with what it holds."""
    return {str(path): path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


@pytest.mark.parametrize(
    "command", [RUN, "show base.json", "devices", "validate .", "submit x.json --yes", "track log", "scale 1EFLOPS"]
)
def test_a_current_folder_that_is_gone_is_told(folder: Path, command: str) -> None:
    done = shell(folder, f"mkdir gone; cd gone; rmdir ../gone; $FB {command}")
    told = "flopsbench: the current folder is gone: change to one that exists\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", told)


def test_too_few_descriptors_are_told(folder: Path) -> None:
    done = shell(folder, f"ulimit -n 7; $FB {RUN} --json out.json")
    assert (done.returncode, done.stdout, done.stderr) == (2, "", "flopsbench: Too many open files\n")


@pytest.fixture
def full(folder: Path) -> Iterator[Callable[[str], subprocess.CompletedProcess[str]]]:
    """A shell in the folder, where "full" is a disk without room, with an old file and folders on it.

    What it leaves there is in the file "left".
    """
    if shell(folder, "unshare -rm true").returncode:
        pytest.skip("no file system can be mounted here: unshare -rm is not permitted")
    begin = (
        "mkdir full; mount -t tmpfs -o size=64k none full; cd full; mkdir history site data; echo old >old; cd ..;"
        "dd if=/dev/zero of=full/fill bs=1k 2>/dev/null"
    )

    end = "code=$?; (cd full; find . -type f -not -empty; cat old) >left; exit $code"

    def run(line: str) -> subprocess.CompletedProcess[str]:
        return shell(folder, f"unshare -rm bash -c '{begin}; {line}; {end}'")

    yield run
    assert sorted((folder / "left").read_text().split()) == ["./fill", "./old", "old"], "and nothing half-written"


NO_SPACE = "cannot be written (No space left on device)"


@pytest.mark.parametrize("target", ["full/old", "full/new.json"])
def test_a_result_for_a_full_disk_is_kept_elsewhere(
    full: Callable[[str], subprocess.CompletedProcess[str]], target: str
) -> None:
    done = full(f"$FB {RUN} --json {target}")
    assert done.returncode == 2
    assert f"flopsbench: --json {target} {NO_SPACE}; kept in " in done.stderr
    assert [case.status for case in load(kept(done.stderr)).cases] == ["ok"]


def test_so_is_one_that_was_to_be_filed(full: Callable[[str], subprocess.CompletedProcess[str]]) -> None:
    done = full(f"$FB {RUN} --save full/filed")
    assert done.returncode == 2
    assert [case.status for case in load(kept(done.stderr)).cases] == ["ok"]


def test_where_the_folder_for_temporary_files_is_full_too_there_are_others(
    full: Callable[[str], subprocess.CompletedProcess[str]], folder: Path
) -> None:
    own = folder / "own"
    done = full(f"TMPDIR=$PWD/full XDG_DATA_HOME={own} $FB {RUN} --json full/new.json")
    assert done.returncode == 2
    assert [case.status for case in load(kept(done.stderr)).cases] == ["ok"]


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("export base.json --format csv -o full/x.csv", f"--output full/x.csv {NO_SPACE}"),
        ("compare base.json base.json --json full/x.json", f"--json full/x.json {NO_SPACE}; kept in "),
        ("compare base.json base.json --junit full/x.xml", f"--junit full/x.xml {NO_SPACE}; kept in "),
        ("compare base.json base.json --markdown full/old", f"--markdown full/old {NO_SPACE}; kept in "),
        ("track log --history history --json full/x.json", f"--json full/x.json {NO_SPACE}"),
        ("track add base.json --history full/history", f"{NO_SPACE}: choose another --history"),
        ("site build registry -o full/site", "full/site"),
        ("noise --runs 3 --backend exact --dtype fp64 --size 250 --time 1 --noise full/x", f"full/x {NO_SPACE}"),
    ],
)
def test_a_full_disk_is_told(full: Callable[[str], subprocess.CompletedProcess[str]], command: str, told: str) -> None:
    done = full(f"$FB {command}")
    assert done.returncode == 2, done.stderr
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_a_pipe_that_nobody_reads_can_be_interrupted_and_the_result_is_kept(folder: Path) -> None:
    """The one blocks when it is opened, the other when it is full."""
    os.mkfifo(folder / "pipe")
    (folder / "narrow.py").write_text(NARROW.replace("os.set_blocking(1, False)", ""))
    read, write = os.pipe()
    for line, out in ((f"$FB {RUN} --json pipe", subprocess.DEVNULL), (f"python3 narrow.py $FB {RUN} --json -", write)):
        running = subprocess.Popen(
            ["bash", "-c", f"exec {line}"],
            cwd=folder,
            env=os.environ | {"FB": FLOPSBENCH},
            stdout=out,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert running.stderr is not None
        assert running.stderr.readline().startswith("1 of 1: ")
        wait_until_blocked(running)
        running.send_signal(signal.SIGTERM)
        _, told = running.communicate(timeout=60)
        assert running.returncode == 2
        assert [case.status for case in load(kept(told)).cases] == ["ok"]
    os.close(read)
    os.close(write)


def wait_until_blocked(running: subprocess.Popen[str]) -> None:
    """Wait until a run has no worker any more and sleeps: it hands its result over."""
    process = psutil.Process(running.pid)
    while process.children(recursive=True) or process.status() != psutil.STATUS_SLEEPING:
        assert running.poll() is None
        time.sleep(0.05)
    time.sleep(0.5)


def test_signals_in_a_row_are_one_interruption(folder: Path) -> None:
    running = subprocess.Popen(
        ["bash", "-c", f"exec $FB {RUN} --json out.json"],
        cwd=folder,
        env=os.environ | {"FB": FLOPSBENCH},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    process = psutil.Process(running.pid)
    while not process.children():
        assert running.poll() is None
        time.sleep(0.01)
    for number in ASKING:
        running.send_signal(number)
    _, told = running.communicate(timeout=60)
    assert running.returncode == 130
    assert "Traceback" not in told


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("compare half.json half.json --json c.json", 0),
        ("compare half.json half.json --json -", 0),
        ("run --backend half.json", 2),
        ("run --kernel half.json", 2),
        ("ab --b env=A=half.json --pairs 6", 2),
        ("ab --b backend=half.json", 2),
    ],
)
def test_bytes_that_are_no_text_end_nothing(folder: Path, command: str, code: int) -> None:
    half = os.fsdecode(b"\xff.json")
    shutil.copy(folder / "base.json", folder / half)
    done = subprocess.run(
        [*FLOPSBENCH.split(), *command.replace("half.json", half).split()], cwd=folder, capture_output=True, check=False
    )
    assert done.returncode == code, done.stderr
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize("ignoring", [False, True], ids=["a terminal that closes", "nohup"])
def test_a_run_whose_terminal_closes_keeps_what_it_measured_unless_it_was_to_go_on(
    folder: Path, ignoring: bool
) -> None:
    line = f"exec {'nohup' if ignoring else 'env'} $FB {RUN.replace('250', '250,251,252,253')} --json out.json"
    running = subprocess.Popen(
        ["bash", "-c", line],
        cwd=folder,
        env=os.environ | {"FB": FLOPSBENCH},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    while not (folder / "out.json").exists():
        assert running.poll() is None
        time.sleep(0.01)
    running.send_signal(signal.SIGHUP)
    running.communicate(timeout=60)
    found = load(folder / "out.json")
    assert (running.returncode, found.interrupted) == ((0, False) if ignoring else (130, True))
    assert "ok" in {case.status for case in found.cases}
    assert not list(folder.glob(".*.partial"))
