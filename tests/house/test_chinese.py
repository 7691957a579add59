"""Tests that commands speak Chinese under --lang zh: what real ones print holds no English sentence."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from flopsbench import cli
from flopsbench.host.environment import processor
from flopsbench.peaks.datasheet import load_accelerators
from flopsbench.peaks.microarchitecture import microarchitectures
from flopsbench.result.files import load
from tests.house.sources import ROOT
from tests.track.history.histories import noisy, source, suite, timed, write

GOLDEN = ROOT / "tests" / "golden"
OLD, SAID = GOLDEN / "result-1.3-registry-cpu-cuda.json", GOLDEN / "result-1.4-registry-cpu-cuda.json"
QUICK = GOLDEN / "result-1.0-quick-cpu.json"

# What stays English: commands to type, addresses, what is quoted from a user or a library, names of fields and options.
COMMANDS = "flopsbench|pip|sudo|echo|nvidia-smi|top|docker|taskset|unset|export|git|gh|numactl|cat"
NO_CHINESE = r"[^\u3000-\u9fff\uff00-\uffef\n]"
KEPT = re.compile(rf"(?<![A-Za-z])(?:{COMMANDS}) {NO_CHINESE}*|https?://\S+|'[^'\n]*'|`[^`\n]*`|--[a-z-]+")
PROSE = re.compile(r"[A-Za-z]{2,}(?: [A-Za-z]{2,}){2,}")


def english(text: str, names: Iterator[str] | tuple[str, ...] = ()) -> list[str]:
    """Return the runs of three or more English words in a text, without what is kept and the ``names`` it is about."""
    for name in sorted(names, key=len, reverse=True):
        text = text.replace(name, "NAME")
    return PROSE.findall(KEPT.sub(" · ", text))


def names_of(*paths: Path) -> Iterator[str]:
    """Yield the names of machines, devices and libraries in some Results, and of all devices that are known."""
    yield from (device.name for device in load_accelerators().values())
    yield from (f"AMD EPYC {row.name}" for row in microarchitectures())
    for path in paths:
        result = load(path)
        yield from (result.host.cpu.model, *(device.name for device in result.devices))
        yield from (case.compute.library for case in result.cases if case.compute)
        yield from (case.compute.math for case in result.cases if case.compute)


def printed(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *arguments: object) -> str:
    """Return all that the program prints for a command line, on either stream."""
    monkeypatch.setattr(cli.sys, "argv", ["flopsbench", *map(str, arguments), "--lang", "zh"])
    monkeypatch.setattr(cli, "prepare_streams", lambda: None)
    monkeypatch.setattr(cli, "catch_interrupts", lambda: None)
    monkeypatch.setattr(cli, "ignore_interrupts", lambda: None)
    monkeypatch.setattr(time, "sleep", lambda _: None)  # the doctor watches a machine for two seconds
    monkeypatch.setenv("COLUMNS", "2000")  # a sentence that is folded looks like several
    with pytest.raises(SystemExit):
        cli.main()
    told = capsys.readouterr()
    return told.out + told.err


SCREENS = {
    "compare": ("compare", OLD, SAID),
    "compare with itself": ("compare", SAID, SAID),
    "compare what is apart": ("compare", QUICK, SAID),
    "compare all the same": ("compare", OLD, SAID, "--allow-different", "machine,device,dtype,math,kernel,method"),
    "validate": ("validate", GOLDEN),
    "validate a registry": ("validate", ROOT / "results"),
    "site": ("site", "build", "nowhere", "-o", "there"),
    "doctor": ("doctor",),
    "show an old Result": ("show", OLD),
    "show a Result": ("show", SAID),
    "show a quick Result": ("show", QUICK),
    "show a registry": ("show", ROOT / "results"),
    "scale": ("scale", "1590 EFLOPS"),
    "scale of a laptop": ("scale", "300 GFLOPS"),
    "scale with a precision": ("scale", "790 TFLOPS", "--dtype", "bf16", "--peak", "h200-sxm", "--eta", "0.9@8"),
    "the card of a total": ("scale", "--about", "cn-miit-ai-2025"),
}
ERRORS = {
    "no rate": ("scale", "1590EF"),
    "no rate per second": ("scale", "1590 EFLOPS/s"),
    "no total": ("scale", "--about", "cn"),
    "no format": ("export", "--format", "xml", SAID),
    "no memory": ("run", "--memory", "much"),
    "no dtype": ("run", "--dtype", "fp9"),
    "no device": ("run", "--device", "gpu7"),
    "no size": ("run", "--size", "12x"),
    "a size beyond all": ("run", "--size", "99999999"),
    "no profile": ("run", "--profile", "slow"),
    "no time": ("run", "--time", "0"),
    "no folder": ("run", "--save", f"{ROOT / 'pyproject.toml'}/nowhere"),
    "no target": ("run", "--json", f"{ROOT / 'pyproject.toml'}/result.json"),
    "no file": ("show", "nowhere.json"),
    "no Result": ("show", ROOT / "pyproject.toml"),
    "no Results in a folder": ("show", ROOT / "tests" / "kernels"),
    "no side": ("ab", "--a", "there"),
    "too few pairs": ("ab", "--pairs", "2"),
    "no margin": ("compare", OLD, SAID, "--margin", "much"),
    "no verdict": ("compare", OLD, SAID, "--fail-on", "slow"),
    "no key": ("compare", OLD, SAID, "--allow-different", "colour"),
    "no history": ("track", "log", "--history", "nowhere"),
    "no change": ("track", "ack", "1a2b3c4d", "--reason", "x", "--history", "nowhere"),
    "no picture": ("track", "show", "x", "--plot", "x.gif"),
    "few runs": ("noise", "--runs", "2"),
    "no form": ("validate", SAID, "--format", "yaml"),
    "no path": ("validate", "nowhere"),
    "no consent": ("submit", SAID),
    "no registry's folder": ("submit", SAID, "--yes", "--to", "nowhere"),
    "no registry Result": ("submit", SAID, "--yes", "--handle", "", "--to", ROOT / "results"),
    "no site": ("site", "serve", "nowhere"),
    "no argument": ("compare", OLD),
    "no required option": ("track", "ack", "1a2b3c4d"),
    "no value": ("run", "--lang=zh", "--dtype"),
    "a value too many": ("run", "--full=3"),
    "no option": ("run", "--bogus"),
    "no option of scale": ("scale", "1590", "EFLOPS", "--bogus"),
    "no number": ("run", "--time", "soon"),
    "no command": ("measure",),
    "no command of a history": ("track", "tell"),
    "an argument too many": ("show", OLD, "x", "y"),
    "a rate beyond its peak": ("scale", "1 TFLOPS", "--dtype", "bf16", "--peak", "1 GFLOPS"),
    "a rate above its peak": ("scale", "1 TFLOPS", "--dtype", "bf16", "--peak", "900 GFLOPS"),
}


@pytest.mark.parametrize("arguments", (SCREENS | ERRORS).values(), ids=[*SCREENS, *ERRORS])
def test_a_screen_holds_no_english_sentence(
    arguments: tuple[object, ...], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    told = printed(capsys, monkeypatch, *arguments)
    assert re.search(r"[\u4e00-\u9fff]", told)
    assert english(told, tuple(names_of(OLD, SAID, QUICK))) == []


IN_A_PROCESS = {
    "no backend": ("run", "--backend", "fortran"),
    "no kernel": ("run", "--kernel", "fastest"),
    "no kernel file": ("run", "--kernel", "nowhere.py"),
    "no GPU": ("run", "--device", "cuda:7"),
    "devices": ("devices",),
}


@pytest.mark.process
@pytest.mark.parametrize("arguments", IN_A_PROCESS.values(), ids=list(IN_A_PROCESS))
def test_what_a_worker_says_is_said_in_chinese(arguments: tuple[str, ...]) -> None:
    command = [sys.executable, "-m", "flopsbench", *arguments, "--lang", "zh"]
    done = subprocess.run(
        command, capture_output=True, text=True, encoding="utf-8", env=os.environ | {"COLUMNS": "2000"}
    )
    told = done.stdout + done.stderr
    assert re.search(r"[\u4e00-\u9fff]", told)
    rows = microarchitectures()
    names = (
        processor().model,
        *(row.source for row in rows),
        *(row.units for row in rows),
        *(row.name for row in rows),
    )
    assert [run for run in english(told, names) if "or cuda13" not in run] == []


HISTORY = {
    "add": ("add", QUICK, OLD, SAID),
    "add once more": ("add", SAID),
    "add what is none": ("add", ROOT / "pyproject.toml"),
    "check": ("check",),
    "log": ("log",),
    "show": ("show", "fp64"),
    "show one": ("show", "cpu gemm/fp64"),
    "ack": ("ack", "1a2b3c4d", "--reason", "x"),
    "page to nowhere": ("page", "-o", "/proc/nowhere"),
    "page of no project": ("page", "-o", "/proc/nowhere", "--repository", "x"),
}


def test_a_history_is_told_in_chinese(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # in no repository, which git would be asked about
    for name, arguments in HISTORY.items():
        command, *others = arguments
        told = printed(
            capsys,
            monkeypatch,
            "track",
            command,
            *others,
            "--history",
            tmp_path,
            "--backfill" if command == "add" else "--lang=zh",
        )
        assert english(told, tuple(names_of(OLD, SAID, QUICK))) == [], name


@pytest.mark.parametrize("arguments", [("check",), ("log",), ("show", "x::a"), ("page", "-o", "site")])
def test_a_history_by_commit_is_told_in_chinese(
    arguments: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    rates = noisy(40, steps={20: 0.95})
    write(tmp_path / "h", [suite(day, timed("x::a", rate), source=source(day)) for day, rate in enumerate(rates)])
    monkeypatch.chdir(tmp_path)
    told = printed(capsys, monkeypatch, "track", *arguments, "--history", tmp_path / "h")
    assert re.search(r"[\u4e00-\u9fff]", told)
    assert english(told, ("AMD EPYC 9B14",)) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("未知：no such file here", ["no such file here"]),
        ("请执行：sudo nvidia-smi -i 0 -pl 300", []),
        ("GPU has no driver，请安装", ["has no driver"]),
        ("用flopsbench site build构建", []),
        ("NVIDIA H200", []),
        ("AMD EPYC 7763 64-Core Processor上没有", []),
        ("未知的后端'no such thing at all'", []),
    ],
)
def test_english_is_seen_and_names_are_let_be(text: str, found: list[str]) -> None:
    assert [run.removeprefix("GPU ") for run in english(text)] == found
