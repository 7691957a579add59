"""What a user gets: wheel and sdist, and a fresh environment that has nothing but them (no torch, no cupy)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.clone

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist, and the wheel made from it: what the one lacks the other cannot have."""
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run([sys.executable, "-m", "build", "--outdir", str(folder), str(ROOT)], check=True, capture_output=True)
    return folder


def in_wheel(built: Path) -> set[str]:
    with zipfile.ZipFile(next(built.glob("*.whl"))) as wheel:
        return set(wheel.namelist())


def test_the_wheel_carries_every_source_and_all_data(built: Path) -> None:
    tracked = subprocess.run(
        ["git", "ls-files", "flopsbench", "kernels"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    wanted = {name if name.startswith("flopsbench/") else f"flopsbench/{name}" for name in tracked.stdout.split()}
    assert {"flopsbench/kernels/cuda/tiled_sgemm.cu", "flopsbench/py.typed"} <= wanted
    assert wanted <= in_wheel(built)


def test_the_wheel_installs_nothing_outside_its_own_name(built: Path) -> None:
    tops = {name.split("/")[0] for name in in_wheel(built)}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"flopsbench"}


def test_the_sdist_carries_kernels_licence_and_readme(built: Path) -> None:
    with tarfile.open(next(built.glob("*.tar.gz"))) as sdist:
        names = {name.partition("/")[2] for name in sdist.getnames()}
    assert {"kernels/llvm/fma.ll", "kernels/cuda/plain_sgemm.cu", "LICENSE", "README.md"} <= names


@pytest.fixture(scope="module")
def fresh(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The flopsbench command of a new environment that holds the wheel and what it requires."""
    folder = tmp_path_factory.mktemp("fresh")
    venv.create(folder, with_pip=True)
    wheel = next(built.glob("*.whl"))
    subprocess.run([folder / "bin" / "pip", "install", "--quiet", str(wheel)], check=True, capture_output=True)
    return folder / "bin" / "flopsbench"


def flopsbench(fresh: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(
        [str(fresh), *arguments], capture_output=True, text=True, check=False, env=clean, cwd=fresh.parent
    )


def test_a_fresh_install_measures_with_numpy_alone(fresh: Path) -> None:
    done = flopsbench(fresh, "run", "--dtype=fp64,bf16", "--size=512", "--time=4", "--json=-")
    assert done.returncode == 0
    assert [line.rpartition(": ")[0].partition(":")[0] for line in done.stderr.splitlines()] == ["1 of 2", "2 of 2"]
    document = json.loads(done.stdout)
    cases = {case["dtype"]: case for case in document["cases"]}
    assert cases["fp64"]["proof"]["passed"]
    assert cases["bf16"]["status"] == "unsupported"
    assert document["ceilings"][0]["instruction"]
    assert "torch" not in document["software"]["versions"]


def test_it_says_what_is_absent_and_how_to_get_it(fresh: Path) -> None:
    done = flopsbench(fresh, "devices")
    assert done.returncode == 0
    assert "absent: torch: pip install 'flopsbench[torch]'" in done.stdout
    assert "absent: cupy: pip install 'flopsbench[cuda12]'" in done.stdout


def test_asking_for_what_is_absent_is_an_error_of_its_own(fresh: Path) -> None:
    done = flopsbench(fresh, "run", "--backend=torch")
    assert done.returncode == 7
    assert done.stderr == "flopsbench: torch is not installed: pip install 'flopsbench[torch]'\n"


def test_a_gpu_that_is_not_there_is_named_with_the_reason(fresh: Path) -> None:
    done = flopsbench(fresh, "run", "--device=cuda")
    assert done.returncode == 7
    assert "no device 'cuda' here; there are: cpu" in done.stderr
    assert "torch: not installed: pip install 'flopsbench[torch]'" in done.stderr
    assert "cupy: not installed" in done.stderr


def test_its_own_kernels_came_along(fresh: Path) -> None:
    done = flopsbench(fresh, "kernels")
    assert done.returncode == 0
    assert "tiled_sgemm" in done.stdout
