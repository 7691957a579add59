"""The header says which machine and which software, and never whose."""

from __future__ import annotations

import getpass
import json
import os
import platform
import re
import socket
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from flopsbench.device import Device
from flopsbench.host import environment
from flopsbench.host.environment import settings, software, source
from flopsbench.host.git.tool import tool_commit
from flopsbench.host.identity import hardware_key, machine_id
from flopsbench.result.types import Cpu, Source
from flopsbench.telemetry.device import device_record
from flopsbench.validate.text import complaints

CPU = Cpu(model="AMD EPYC 9B14", logical=8, usable=8)
GIB = 1 << 30


def header(**changes: str) -> str:
    """Host and software of a fresh process, as a document holds them."""
    code = (
        "import msgspec, numpy; from flopsbench.host.environment import host, software\n"
        "print(msgspec.json.encode([host(), software()]).decode())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
        env={**os.environ, **changes},
    )
    return done.stdout


@pytest.fixture(scope="module")
def private(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, list[str]]:
    """A header, and what must not stand in it: names and paths of a person's machine."""
    home = tmp_path_factory.mktemp("home") / "zaphod-beeblebrox"
    home.mkdir()
    secrets = {
        "HOME": str(home),
        "USER": "zaphod-beeblebrox",
        "LOGNAME": "zaphod-beeblebrox",
        "HOSTNAME": "heart-of-gold",
        "OMP_PLACES": f"{home}/places",
        "OPENBLAS_CORETYPE": "Haswell",
        "MKL_SECRET_TOKEN": "trillian-123",
        "GITHUB_TOKEN": "trillian-123",
        "PYTHONPATH": str(home),
    }
    return header(**secrets), [*secrets.values(), str(home), home.name]


@pytest.mark.process
def test_no_name_and_no_path_of_the_person_stands_in_the_header(private):
    document, forbidden = private
    for text in {*forbidden} - {"Haswell"}:
        assert text not in document


@pytest.mark.process
def test_no_name_of_this_machine_or_user_stands_in_the_header(private):
    document, _ = private
    texts = {str(value) for value in strings(json.loads(document))}
    own = {socket.gethostname(), platform.node(), getpass.getuser(), str(Path.home()), os.getcwd(), sys.prefix}
    assert not texts & own
    assert not any(path in text for text in texts for path in own if path.count("/") > 1)


def strings(node: object) -> list[str]:
    if isinstance(node, dict):
        return [text for pair in node.items() for part in pair for text in strings(part)]
    return (
        [text for part in node for text in strings(part)]
        if isinstance(node, list)
        else [node]
        if isinstance(node, str)
        else []
    )


@pytest.mark.process
def test_nothing_in_the_header_looks_like_a_path_or_an_address(private):
    suspicious = re.compile(r"(^|\s)(/|~|[A-Za-z]:\\)|^(\d{1,3}\.){3}\d{1,3}$|^([0-9a-f]{2}:){5}[0-9a-f]{2}$|\S@\S")
    assert [text for text in strings(json.loads(private[0])) if suspicious.search(text)] == []


@pytest.mark.process
def test_the_header_says_what_ran(private):
    host, found = json.loads(private[0])
    assert host["os"] == platform.system()
    assert host["cpu"]["usable"] <= host["cpu"]["logical"]
    assert host["memory"]["available_bytes"] <= host["memory"]["total_bytes"]
    assert found["python"] == platform.python_version()
    assert "numpy" in found["versions"]
    assert found["blas"][0]["threads"] >= 1
    assert found["env"]["OPENBLAS_CORETYPE"] == "Haswell"
    assert found["env"]["OMP_PLACES"] == "set"
    assert "MKL_SECRET_TOKEN" not in found["env"]


# --- settings


@pytest.mark.parametrize(
    "name",
    ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "OPENBLAS_CORETYPE", "MKL_NUM_THREADS", "MKL_DYNAMIC", "MKL_CBWR",
     "MKL_DEBUG_CPU_TYPE", "GOMP_CPU_AFFINITY", "KMP_AFFINITY", "BLIS_NUM_THREADS", "OMP_PROC_BIND", "OMP_PLACES",
     "OMP_WAIT_POLICY", "GOTO_NUM_THREADS", "VECLIB_MAXIMUM_THREADS", "MKL_THREADING_LAYER", "MKL_INTERFACE_LAYER",
     "MKL_FAST_MEMORY_LIMIT", "OPENBLAS_DEFAULT_NUM_THREADS", "OPENBLAS_THREAD_TIMEOUT", "KMP_BLOCKTIME",
     "KMP_HW_SUBSET", "BLIS_ARCH_TYPE", "BLIS_JC_NT", "ATEN_CPU_CAPABILITY", "NPY_DISABLE_CPU_FEATURES",
     "NPY_ENABLE_CPU_FEATURES", "NVPL_BLAS_DEBUG_CPU_TYPE", "ONEDNN_DEFAULT_FPMATH_MODE", "PYTORCH_TUNABLEOP_ENABLED",
     "PYTORCH_TUNABLEOP_FILENAME", "TORCH_BLAS_PREFER_CUBLASLT", "TORCH_BLAS_PREFER_HIPBLASLT",
     "DISABLE_ADDMM_CUDA_LT", "DISABLE_ADDMM_HIP_LT", "HIPBLASLT_TENSILE_LIBPATH", "ROCBLAS_USE_HIPBLASLT",
     "GLIBC_TUNABLES", "LD_PRELOAD",
     "ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA", "NVIDIA_TF32_OVERRIDE", "CUBLAS_WORKSPACE_CONFIG",
     "CUBLAS_EMULATE_SINGLE_PRECISION", "CUBLASLT_LOG_LEVEL", "CUDA_VISIBLE_DEVICES", "CUDA_LAUNCH_BLOCKING",
     "CUPY_TF32",
     "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE", "HIP_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES", "HSA_OVERRIDE_GFX_VERSION"],
)  # fmt: skip
def test_settings_that_change_what_runs_are_kept(name):
    assert settings({name: "1"}) == {name: "1"}


@pytest.mark.parametrize(
    "name", ["HOME", "USER", "PATH", "HOSTNAME", "GITHUB_TOKEN", "OPENBLAS_TOKEN", "MKL_SECRET_TOKEN",
             "MY_OMP_NUM_THREADS", "omp_num_threads",
             "CUDA_HOME", "CUDA_PATH", "CUDA_VERSION", "CUDA_PATH_V12_4", "CUPY_CACHE_DIR", "TORCH_HOME",
             "TORCH_HUB_TOKEN", "PYTORCH_BUILD_VERSION", "OMPI_COMM_WORLD_RANK", "LD_LIBRARY_PATH", "PRELOAD",
             "CUDA_PROXY_URL", "GLIBC_TUNABLES_X", "ONEAPI_ROOT", "MKL_LICENSE_KEY", "AWS_SECRET_ACCESS_KEY", ""]
)  # fmt: skip
def test_nothing_else_of_the_environment_is_looked_at(name):
    assert settings({name: "1"}) == {}


@pytest.mark.parametrize("value", ["/home/zaphod/x", "x/y", "C:\\Users\\zaphod"])
def test_a_value_that_could_be_a_path_is_only_said_to_be_set(value):
    assert settings({"OMP_PLACES": value}) == {"OMP_PLACES": "set"}


@pytest.mark.parametrize(
    ("text", "kept"),
    [("0,1", "0,1"), ("-1", "-1"), ("", ""), ("GPU-8f6f2a1c-0000", "set"), ("MIG-11aa", "set"), ("0,GPU-8f", "set")],
)
@pytest.mark.parametrize("name", ["CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES"])
def test_a_gpu_named_by_its_uuid_is_not_told(name, text, kept):
    assert settings({name: text}) == {name: kept}


def test_a_long_value_is_not_told_and_names_are_sorted():
    assert settings({"OMP_PLACES": "x" * 64, "OMP_DYNAMIC": "1"}) == {"OMP_DYNAMIC": "1", "OMP_PLACES": "x" * 64}
    assert settings({"OMP_PLACES": "x" * 65}) == {"OMP_PLACES": "set"}
    assert list(settings({"OMP_PLACES": "1", "OMP_DYNAMIC": "1"})) == ["OMP_DYNAMIC", "OMP_PLACES"]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("/usr/lib/zaphod/libtcmalloc.so.4", "libtcmalloc.so.4"),
        ("/a/liba.so:/b/libb.so libc.so", "liba.so libb.so libc.so"),
        ("/home/zaphod/", ""),
        ("", ""),
    ],
)
def test_of_what_is_preloaded_the_files_alone_are_told(text, kept):
    assert settings({"LD_PRELOAD": text}) == {"LD_PRELOAD": kept}


REAL = {
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1:glibc.cpu.x86_rep_movsb_threshold=2048",
    "KMP_AFFINITY": "granularity=fine,compact,1,0",
    "GOMP_CPU_AFFINITY": "0-3 8-11",
    "OMP_PLACES": "{0:4},{4:4}",
    "MKL_CBWR": "AVX2,STRICT",
    "MKL_DOMAIN_NUM_THREADS": "MKL_DOMAIN_ALL=1, MKL_DOMAIN_BLAS=4",
    "NPY_DISABLE_CPU_FEATURES": "AVX512F AVX512CD AVX512_SKX",
    "CUBLAS_WORKSPACE_CONFIG": ":4096:8",
    "PYTORCH_CUDA_ALLOC_CONF": "expandable_segments:True,max_split_size_mb:128",
    "TORCH_CUDA_ARCH_LIST": "7.0 7.5 8.0 8.6 9.0",
    "HSA_OVERRIDE_GFX_VERSION": "10.3.0",
    "LD_PRELOAD": "/usr/lib/x86_64-linux-gnu/libjemalloc.so.2:/opt/intel/lib/libiomp5.so",
    "OMP_NUM_THREADS": "4,2",
    "PYTORCH_TUNABLEOP_FILENAME": "tunableop_results.csv",
}


def test_what_people_set_is_told_and_passes_the_validator():
    told = settings(REAL)
    assert {name for name, text in told.items() if text == "set"} == set()
    assert told["MKL_CBWR"] == "AVX2,STRICT"
    assert {name: list(complaints(text)) for name, text in told.items() if list(complaints(text))} == {}


@given(st.dictionaries(st.sampled_from([*REAL, "CUDA_VISIBLE_DEVICES", "USER"]), st.text(max_size=70)))
def test_what_was_told_once_is_told_again(environment):
    once = settings(environment)
    assert settings(once) == once


def test_the_name_of_the_user_is_not_told(monkeypatch):
    monkeypatch.setenv("LD_PRELOAD", "/opt/libzaphod.so")
    monkeypatch.setenv("KMP_BLOCKTIME", "0")
    monkeypatch.setattr(environment, "without_places", lambda text: text.replace("zaphod", "..."))
    told = software().env
    assert (told["LD_PRELOAD"], told["KMP_BLOCKTIME"]) == ("set", "0")


# --- which machine


def test_machines_of_equal_hardware_have_one_key():
    assert hardware_key(CPU, 32 * GIB) == hardware_key(replace(CPU, cache_bytes=7, vendor="?"), 32 * GIB)
    assert re.fullmatch("[0-9a-f]{16}", hardware_key(CPU, 32 * GIB))


def test_a_little_memory_that_firmware_keeps_does_not_change_the_key():
    assert hardware_key(CPU, 32 * GIB - (200 << 20)) == hardware_key(CPU, 32 * GIB)


@pytest.mark.parametrize("change", [{"model": "AMD EPYC 9B15"}, {"logical": 16}, {"usable": 4}])
def test_other_hardware_has_another_key(change):
    assert hardware_key(replace(CPU, **change), 32 * GIB) != hardware_key(CPU, 32 * GIB)


def test_other_memory_has_another_key():
    assert hardware_key(CPU, 33 * GIB) != hardware_key(CPU, 32 * GIB)


def test_a_machine_keeps_the_random_id_of_its_first_run(tmp_path):
    first = machine_id(tmp_path / "new")
    assert re.fullmatch("[0-9a-f]{16}", first)
    assert machine_id(tmp_path / "new") == first


def test_two_installations_have_two_ids(tmp_path):
    assert machine_id(tmp_path / "one") != machine_id(tmp_path / "two")


def test_where_the_id_cannot_be_kept_there_is_none(tmp_path):
    (tmp_path / "file").write_text("no folder")
    assert machine_id(tmp_path / "file") is None


@pytest.mark.parametrize("content", [b"", b"zaphods-laptop", b"0123456789ABCDEF", b"\xff\xfe", b"0" * 17])
def test_an_id_that_is_not_one_of_ours_is_not_shown(tmp_path, content):
    (tmp_path / "machine-id").write_bytes(content)
    assert machine_id(tmp_path) is None


# --- devices, source


def test_a_device_is_recorded_without_its_uuid():
    gpu = Device("cuda", 3, "NVIDIA H200", "NVIDIA", "sm_90", 132, 141 << 30, clock_max_hz=1.98e9, uuid="GPU-5ec4e7")
    record = device_record(gpu)
    assert (record.id, record.index, record.units, record.memory_bytes) == ("cuda:3", 3, 132, 141 << 30)
    assert b"5ec4e7" not in msgspec.json.encode(record)


def test_outside_of_ci_there_is_no_source():
    assert source({"GITHUB_REPOSITORY": "someone/project"}) is None


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        (
            {"GITHUB_ACTIONS": "true", "CI": "true", "GITHUB_REPOSITORY": "a/b", "GITHUB_SHA": "12"}
            | {"GITHUB_REF_NAME": "main"},
            Source("a/b", "12", "main", "github-actions"),
        ),
        (
            {"GITLAB_CI": "true", "CI_PROJECT_PATH": "a/b", "CI_COMMIT_SHA": "12", "CI_COMMIT_REF_NAME": "main"},
            Source("a/b", "12", "main", "gitlab-ci"),
        ),
        ({"JENKINS_URL": "http://ci", "GIT_COMMIT": "12"}, Source(commit="12", ci="jenkins")),
        ({"CI": "1"}, Source(ci="ci")),
    ],
)  # fmt: skip
def test_a_ci_system_names_the_project_under_test(variables, expected):
    assert source(variables) == expected


@pytest.mark.clone
def test_the_commit_of_a_checkout_is_whole_and_marked_when_changed():
    commit = tool_commit()
    if not (Path(environment.__file__).parents[2] / ".git").exists():
        assert commit is None
    else:
        assert re.fullmatch(r"[0-9a-f]{40}\+?", commit)


@pytest.mark.clone
@pytest.mark.parametrize("name", ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR"])
def test_a_hook_of_another_repository_does_not_change_the_commit(monkeypatch, tmp_path, name):
    expected = tool_commit()
    monkeypatch.setenv(name, str(tmp_path / "elsewhere"))
    assert tool_commit() == expected


@pytest.mark.clone
def test_without_git_there_is_no_commit(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert tool_commit() is None


def test_only_libraries_that_are_installed_have_a_version():
    assert set(software().versions) <= set(environment.LIBRARIES)
    assert all(re.match(r"\d+\.", version) for version in software().versions.values())
