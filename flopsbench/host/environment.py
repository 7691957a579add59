"""Collects the document's header: which machine, which software, which settings.

It never holds a host name, a user name or a path.
"""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Mapping
from importlib.metadata import version

from flopsbench.host import system
from flopsbench.host.cpu.cores import usable_cpus
from flopsbench.host.cpu.device import available_memory_bytes, last_level_cache_bytes
from flopsbench.host.cpu.kinds import recorded_kinds, this_microarchitecture
from flopsbench.host.cpu.names import cpu_model, cpu_vendor
from flopsbench.host.identity import hardware_key, machine_id
from flopsbench.host.kernel.numa import memory_nodes_used, memory_policy
from flopsbench.host.parent import import_safely
from flopsbench.host.privacy import without_places
from flopsbench.host.virtual import virtualisation
from flopsbench.result.types import Blas, Cpu, Host, Memory, Software, Source

# Whose variables decide what runs or how fast: all of a library, a runtime, a driver, by how their names begin.
# No other variable of the environment is kept.
_OF_BOARDS = (
    *("CUDA", "CUBLAS", "CUBLASLT", "CUDNN", "CUPY", "TRITON", "NVIDIA_TF32"),
    *("HIP", "HSA", "AMD", "ROCR", "HIPBLAS", "HIPBLASLT", "ROCBLAS", "TENSILE", "MIOPEN", "ONEAPI", "SYCL", "ZE"),
)
_OWNERS = (
    *("OPENBLAS", "GOTO", "MKL", "BLIS", "VECLIB", "NVPL", "ARMPL", "AOCL", "FLEXIBLAS", "LIBXSMM"),  # BLAS on the CPU
    *("OMP", "GOMP", "KMP", "LIBOMP", "TBB"),  # threads
    *("ATEN", "TORCH", "PYTORCH", "ONEDNN", "DNNL", "MKLDNN", "NPY"),
    *_OF_BOARDS,
)
ENVIRONMENT = re.compile(rf"(?:{'|'.join(_OWNERS)})_[A-Z0-9_]+|FLEXIBLAS|DISABLE_ADDMM_[A-Z0-9_]+|GLIBC_TUNABLES")
# Of these not even that they are set: where things were installed, and what opens somebody's account.
_UNTOLD = re.compile(
    r"(?:.*_)?(?:HOME|ROOT|PATH|DIR|VERSION|TOKEN|SECRET|KEY|PASSWORD|PASSWD|USER|LICENSE|HOST|URL|PROXY|ENDPOINT)(?:_.*)?"
)
PRELOADED = "LD_PRELOAD"  # libraries that stand before all others, by their names without folders
LIBRARIES = ("numpy", "torch", "cupy-cuda12x", "cupy-cuda13x", "llvmlite", "threadpoolctl", "nvidia-ml-py")
CI_SYSTEMS = {"GITHUB_ACTIONS": "github-actions", "GITLAB_CI": "gitlab-ci", "JENKINS_URL": "jenkins", "CI": "ci"}
BUSY_OVER_S = 0.3


def host() -> Host:
    """Describe the machine as it is now; call it before the run, whose own work would count as load."""
    cpu = processor()
    memory, nodes = system.memory(), memory_nodes_used()
    total_bytes = memory.total_bytes if memory else 0
    return Host(
        hardware_key=hardware_key(cpu, total_bytes),
        os=platform.system(),
        kernel=platform.release(),
        arch=platform.machine(),
        cpu=cpu,
        memory=Memory(
            total_bytes=total_bytes,
            available_bytes=min(total_bytes, available_memory_bytes()),
            nodes=nodes if len(nodes) > 1 else [],
        ),
        machine_id=machine_id(),
        virtualisation=virtualisation(),
        busy_share=system.busy_share(BUSY_OVER_S),
        on_battery=system.on_battery(),
    )


def processor() -> Cpu:
    """Describe the processor."""
    return Cpu(
        model=cpu_model(),
        logical=system.logical_cpus(),
        usable=usable_cpus(),
        physical=system.physical_cores(),
        vendor=cpu_vendor(),
        microarchitecture=this_microarchitecture(),
        cache_bytes=last_level_cache_bytes(),
        kinds=recorded_kinds(),
    )


def software() -> Software:
    """Describe the software of this process: versions, loaded BLAS libraries and the variables that change what runs.

    Call it in the process that measured, with its array library loaded.
    """
    return Software(
        python=platform.python_version(),
        versions={name: found for name in LIBRARIES if (found := _version(name))},
        blas=[_blas(pool) for pool in _pools()],
        env={name: text if without_places(text) == text else "set" for name, text in settings(os.environ).items()},
        memory_policy=memory_policy(),
    )


def settings(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that decide what runs, by name.

    A value that could be a path, or the UUID of one particular GPU, becomes "set". What was returned is returned again:
    the validator holds documents to that.
    """
    chosen = {name: text for name, text in environment.items() if ENVIRONMENT.fullmatch(name) and _is_told(name)}
    if PRELOADED in environment:
        chosen[PRELOADED] = " ".join(map(os.path.basename, re.split(r"[\s:]+", environment[PRELOADED].strip())))
    return {name: text if _is_harmless(name, text) else "set" for name, text in sorted(chosen.items())}


def is_of_boards(name: str) -> bool:
    """Return whether a variable of these is for GPUs and other boards alone."""
    return name.startswith(tuple(f"{owner}_" for owner in _OF_BOARDS))


def _is_told(name: str) -> bool:
    """Return whether a variable may be named. One that overrides a version or a path of code decides what runs."""
    return _UNTOLD.fullmatch(name) is None or "OVERRIDE" in name


def _is_harmless(name: str, text: str) -> bool:
    """Return whether a variable's value can name neither a path nor one particular GPU."""
    if name.endswith("VISIBLE_DEVICES"):
        return re.fullmatch(r"[0-9, -]*", text) is not None
    return re.fullmatch(r"[\w .,:;=+{}()-]{0,64}", text) is not None


def _version(name: str) -> str | None:
    """Return the version of an installed distribution; None where it is not installed, or its files do not say."""
    try:
        return version(name)
    except Exception:  # each kind of broken file has an error of its own
        return None


def _pools() -> list[dict[str, object]]:
    """Return the thread pools of all libraries that this process has loaded; none where nobody can tell."""
    try:
        return list(import_safely("threadpoolctl").threadpool_info())
    except Exception:  # it walks through the libraries by what the C library of this system shows of them
        return []


def _blas(pool: Mapping[str, object]) -> Blas:
    """Describe a thread pool as threadpoolctl reports it."""

    def text(key: str) -> str | None:
        return str(pool[key]) if pool.get(key) else None

    threads = pool.get("num_threads")
    return Blas(
        library=str(pool["internal_api"]),
        version=text("version"),
        kernel=text("architecture"),
        threads=threads if isinstance(threads, int) else None,
    )


def source(environment: Mapping[str, str] = os.environ) -> Source | None:
    """Return the project under test, where a CI system names it; None elsewhere."""
    system = next((name for variable, name in CI_SYSTEMS.items() if environment.get(variable)), None)
    if system is None:
        return None
    return Source(
        repository=environment.get("GITHUB_REPOSITORY") or environment.get("CI_PROJECT_PATH"),
        commit=environment.get("GITHUB_SHA") or environment.get("CI_COMMIT_SHA") or environment.get("GIT_COMMIT"),
        branch=environment.get("GITHUB_REF_NAME") or environment.get("CI_COMMIT_REF_NAME"),
        ci=system,
    )
