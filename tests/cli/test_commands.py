"""The commands as a user types them: what they print, where, and the exit code they leave."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest

from flopsbench import load
from flopsbench.cli import with_save_folder
from flopsbench.result.codec import encode, identity
from flopsbench.result.files import read_bytes
from flopsbench.result.types import Result
from tests.documents import case, result

GOLDEN = Path(__file__).parents[1] / "golden"
QUICK = GOLDEN / "result-1.0-quick-cpu.json"
Install = Callable[..., None]
EXACT = ("run", "--backend=exact", "--dtype=fp64", "--size=250", "--time=1")


def flopsbench(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "flopsbench", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "COLUMNS": "80", "NO_COLOR": "1", **environment},
    )


@pytest.mark.process
@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["run", "--dtype=fp5"], 2, "unknown dtype 'fp5': known are fp64, fp32"),
        (["run", "--size=0"], 2, "every dimension must lie between 1 and"),
        (["run", "--size=2048x2048"], 2, "neither N nor MxNxK"),
        (["run", "--device=gpu"], 2, "unknown device 'gpu': write cpu, cuda, cuda:N, all or auto"),
        (["run", "--profile=long"], 2, "unknown profile 'long': there are quick, standard, registry"),
        (["run", "--time=0"], 2, "give seconds, more than 0"),
        (["run", "--time=nan"], 2, "give seconds, more than 0"),
        (["run", "--json=/nowhere/out.json"], 2, "no file can be written there"),
        (["run", "--json="], 2, "no file can be written there"),
        (["run", "--save=/dev/null/x"], 2, "no folder can be made there"),
        (["run", "--device="], 2, "name a device"),
        (["scale", "-5 TFLOPS"], 2, "negative"),
        (["run", "--lang=fr"], 2, "fr"),
        (["run", "--backend=jax"], 2, "unknown backend 'jax'"),
        (["run", "--wrong"], 2, "No such option"),
        (["frobnicate"], 2, "No such command"),
        (["scale", "6 EF"], 2, "ambiguous"),
        (["scale", "1 TFLOPS", "--dtype=bf16", "--against=top500-202606-frontier-rmax"], 5, ""),
        (["show", "/nowhere.json"], 6, "cannot be read"),
        (["show", str(Path(__file__))], 6, "not JSON"),
        (["run", "--device=cuda:63"], 7, "no device 'cuda:63' here"),
    ],
)
def test_an_error_is_one_sentence_and_its_own_exit_code(arguments: list[str], code: int, sentence: str) -> None:
    done = flopsbench(*arguments)
    assert done.returncode == code, done.stderr
    assert sentence in re.sub(r"[│\s]+", " ", done.stderr)
    assert "Traceback" not in done.stderr


@pytest.mark.process
def test_json_to_standard_output_is_the_document_alone(install_strangers: Install) -> None:
    install_strangers("exact")
    done = flopsbench(*EXACT, "--json=-")
    assert done.returncode == 0
    document = json.loads(done.stdout)
    assert document["cases"][0]["stats"]["rate"]["median"] == 1e12
    assert done.stderr == "1 of 1: fp64 exact cpu: 1.00 TFLOPS from 6 blocks\n"


@pytest.mark.process
def test_a_run_is_saved_under_its_device_and_year_by_its_id(install_strangers: Install, tmp_path: Path) -> None:
    install_strangers("exact")
    out, folder = tmp_path / "out.json", tmp_path / "kept"
    done = flopsbench(*EXACT, f"--json={out}", f"--save={folder}")
    assert done.returncode == 0
    (saved,) = folder.rglob("*.json")
    assert saved.read_bytes() == out.read_bytes()
    document = load(saved)
    assert identity(read_bytes(saved), document.id) == document.id
    assert saved.name == f"{document.id[7:23]}.json"
    core = document.host.cpu.microarchitecture  # None where the table does not know the cores of this machine
    device = re.sub(r"\W+", "-", f"abacus {core}" if core else "abacus").lower()
    assert saved.relative_to(folder).parts[:-1] == ("v1", device, document.created[:4])
    assert document.id[:19] in done.stdout
    assert "1.00 TFLOPS" in done.stdout


@pytest.mark.process
def test_a_failed_proof_is_exit_code_3(install_strangers: Install) -> None:
    install_strangers("liars")
    asked = ("--device=cpu", "--backend=liars", "--kernel=zero", "--dtype=fp32", "--size=256", "--time=1")
    done = flopsbench("run", *asked)
    assert done.returncode == 3
    assert "FAILED fp32 liars" in done.stdout
    assert "no rate" in done.stdout


@pytest.mark.process
def test_nothing_measured_is_exit_code_7() -> None:
    done = flopsbench("run", "--backend=numpy", "--dtype=bf16", "--size=64", "--time=1")
    assert done.returncode == 7
    assert "numpy has no BLAS path" in done.stdout


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (["run", "--save"], ["run", "--save=results"]),
        (["run", "--save", "--time", "3"], ["run", "--save=results", "--time", "3"]),
        (["run", "--save", "here"], ["run", "--save", "here"]),
        (["run", "--save=here"], ["run", "--save=here"]),
        ([], []),
    ],
)
def test_save_without_a_folder_means_results(typed: list[str], meant: list[str]) -> None:
    assert with_save_folder(typed) == meant


@pytest.mark.process
def test_show_reads_a_result_back_as_it_was_printed() -> None:
    done = flopsbench("show", str(QUICK))
    assert (done.returncode, done.stderr) == (0, "")
    assert "China AI compute" in done.stdout
    assert "EFLOPS" in done.stdout
    wide = [line for line in done.stdout.splitlines() if len(line.rstrip()) > 80]
    assert [line for line in wide if "flopsbench scale" not in line] == []  # a command is in one line, to be copied
    assert "\x1b" not in done.stdout


@pytest.mark.process
def test_show_speaks_chinese_in_the_ladder_and_the_comparison() -> None:
    done = flopsbench("show", str(QUICK), "--lang=zh")
    assert "百亿亿次" in done.stdout
    assert "中国智能算力规模" in done.stdout


@pytest.mark.process
def test_show_says_when_a_file_was_changed_after_it_was_written(tmp_path: Path) -> None:
    changed = tmp_path / "changed.json"
    changed.write_bytes(QUICK.read_bytes().replace(b'"quick"', b'"standard"', 1))
    done = flopsbench("show", str(changed))
    assert done.returncode == 0
    assert "the file was changed after it was written" in done.stderr


@pytest.mark.process
def test_show_reads_a_pipe_once() -> None:
    command = f"cat {QUICK} | {sys.executable} -m flopsbench show /dev/stdin"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
    assert "China AI compute" in done.stdout
    assert done.stderr == ""


@pytest.mark.process
def test_a_result_that_cannot_be_written_is_kept_elsewhere_and_shown(install_strangers: Install) -> None:
    install_strangers("exact")
    done = flopsbench(*EXACT, "--json=/dev/full")
    assert done.returncode == 2
    assert "1.00 TFLOPS" in done.stdout
    found = re.search(r"/dev/full cannot be written \(.*\); kept in (\S+)", done.stderr)
    assert found is not None
    assert load(found[1]).cases[0].stats is not None
    Path(found[1]).unlink()


@pytest.mark.process
def test_show_names_each_bad_file_of_a_folder_and_shows_the_others(tmp_path: Path) -> None:
    (tmp_path / "good.json").write_bytes(QUICK.read_bytes())
    (tmp_path / "bad.json").write_text("{")
    (tmp_path / "worse.json").write_text("[]")
    done = flopsbench("show", str(tmp_path))
    assert done.returncode == 6
    assert len(done.stdout.splitlines()) == 1
    assert [word in done.stderr for word in ("bad.json: truncated", "worse.json: not a flopsbench Result")] == [
        True
    ] * 2


@pytest.mark.process
def test_show_of_an_empty_folder_says_so(tmp_path: Path) -> None:
    done = flopsbench("show", str(tmp_path))
    assert (done.returncode, done.stderr) == (6, f"flopsbench: {tmp_path}: no Result in this folder\n")


@pytest.mark.process
def test_show_prints_markup_in_a_document_as_text(tmp_path: Path) -> None:
    hostile: Result = result(
        cases=[case(status="unsupported", stats=None, processes=[], reason="[red]boo[/] [link=x]")]
    )
    path = tmp_path / "hostile.json"
    path.write_bytes(encode(hostile))
    done = flopsbench("show", str(path))
    assert done.returncode == 0
    assert "[red]boo[/]" in done.stdout


@pytest.mark.process
def test_devices_lists_what_is_here_and_what_is_not() -> None:
    shown = flopsbench("devices").stdout
    assert "cpu: " in shown
    assert "numpy (blas): fp64, fp32" in shown
    listed = json.loads(flopsbench("devices", "--json=-").stdout)
    cpu = next(one for one in listed["devices"] if one["device"]["id"] == "cpu")
    assert {"fp64", "fp32"} <= set(cpu["reach"][0]["dtypes"])
    assert "uuid" not in json.dumps(listed)


@pytest.mark.process
def test_kernels_lists_vendor_and_own_kernels() -> None:
    shown = flopsbench("kernels").stdout
    assert [name in shown for name in ("blas", "matmul", "plain_sgemm", "tiled_sgemm")] == [True] * 4


@pytest.mark.process
def test_schema_is_json_schema_and_takes_a_real_document() -> None:
    schema = json.loads(flopsbench("schema").stdout)
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(json.loads(QUICK.read_text()))


@pytest.mark.process
def test_version_and_help() -> None:
    assert re.fullmatch(r"flopsbench \d+\.\d+\.\d+\n", flopsbench("--version").stdout)
    shown = flopsbench("--help").stdout
    assert all(
        name in shown for name in ("run", "scale", "devices", "kernels", "show", "schema", "--install-completion")
    )
    for command in ("run", "scale", "show"):
        assert flopsbench(command, "--help").returncode == 0


@pytest.mark.process
@pytest.mark.parametrize("reader", ["head -1", "true"])
def test_a_reader_that_leaves_early_is_no_error(reader: str) -> None:
    command = f"{sys.executable} -m flopsbench schema | {reader}; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "0"
    assert done.stderr == ""
