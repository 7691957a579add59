"""The document's header: which machine, which software, which settings. Never a host name, a user name or a path."""

from __future__ import annotations

import hashlib
import os
import platform
import re
import secrets
import subprocess
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import platformdirs
import psutil
from threadpoolctl import threadpool_info

from flopsbench import machine
from flopsbench.ceiling.microarchitecture import this_microarchitecture
from flopsbench.cgroup import ControlGroups
from flopsbench.device import Device
from flopsbench.result import Blas, Cpu, DeviceRecord, Host, Memory, Software, Source, Virtualisation
from flopsbench.telemetry.nvml import GpuSensors

# Settings that change what runs or how fast; nothing else of the environment is looked at.
ENVIRONMENT = re.compile(
    r"(OMP|OPENBLAS|MKL|BLIS|GOMP|KMP|GOTO|VECLIB)_[A-Z_]*(THREADS|CORETYPE|DYNAMIC|AFFINITY|PROC_BIND|PLACES|CPU)[A-Z_]*"
    r"|OMP_[A-Z_]+|MKL_(CBWR|DEBUG_CPU_TYPE|ENABLE_INSTRUCTIONS)|ONEDNN_[A-Z_]+|DNNL_[A-Z_]+"
    r"|NVIDIA_TF32_OVERRIDE|CUBLAS_[A-Z0-9_]+|CUBLASLT_[A-Z0-9_]+|CUPY_(TF32|ACCELERATORS)"
    r"|CUDA_(VISIBLE_DEVICES|DEVICE_ORDER|LAUNCH_BLOCKING|DEVICE_MAX_CONNECTIONS)|TORCH_[A-Z0-9_]*TF32[A-Z0-9_]*"
    r"|(HIP|ROCR)_VISIBLE_DEVICES|HSA_OVERRIDE_GFX_VERSION|ROCBLAS_[A-Z_]+"
)
LIBRARIES = ("numpy", "torch", "cupy-cuda12x", "cupy-cuda13x", "llvmlite", "threadpoolctl", "nvidia-ml-py")
CI_SYSTEMS = {"GITHUB_ACTIONS": "github-actions", "GITLAB_CI": "gitlab-ci", "JENKINS_URL": "jenkins", "CI": "ci"}
POINTS_GIT_ELSEWHERE = {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR"}  # set in a hook of git
BUSY_OVER_S = 0.3
DMI = Path("/sys/class/dmi/id")


def host() -> Host:
    """The machine as it is now; call it before the run, whose own work would count as load."""
    cpu = Cpu(
        model=machine.cpu_model(),
        logical=psutil.cpu_count() or 1,
        usable=machine.usable_cpus(),
        physical=psutil.cpu_count(logical=False),
        vendor=machine.cpu_vendor(),
        microarchitecture=this_microarchitecture(),
        cache_bytes=machine.last_level_cache_bytes(),
    )
    total_bytes = int(psutil.virtual_memory().total)
    return Host(
        hardware_key=hardware_key(cpu, total_bytes),
        os=platform.system(),
        kernel=platform.release(),
        arch=platform.machine(),
        cpu=cpu,
        memory=Memory(total_bytes=total_bytes, available_bytes=machine.available_memory_bytes()),
        machine_id=machine_id(),
        virtualisation=virtualisation(),
        busy_share=psutil.cpu_percent(BUSY_OVER_S) / 100,
        on_battery=_on_battery(),
    )


def _on_battery() -> bool | None:
    battery = psutil.sensors_battery() if hasattr(psutil, "sensors_battery") else None
    return None if battery is None or battery.power_plugged is None else not battery.power_plugged


def hardware_key(cpu: Cpu, memory_bytes: int) -> str:
    """Equal for machines of equal processor, cores and memory (to the GiB), so that ephemeral runners match."""
    parts = (cpu.model, cpu.logical, cpu.usable, round(memory_bytes / 2**30))
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def this_hardware_key() -> str:
    """The key of this machine."""
    cpu = Cpu(model=machine.cpu_model(), logical=psutil.cpu_count() or 1, usable=machine.usable_cpus())
    return hardware_key(cpu, int(psutil.virtual_memory().total))


def machine_id(folder: Path | None = None) -> str | None:
    """A random name for this installation, made at its first run; None where it cannot be kept."""
    file = (folder or platformdirs.user_data_path("flopsbench")) / "machine-id"
    try:
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(secrets.token_hex(8))
        known = file.read_text(errors="replace").strip()
    except OSError:
        return None
    return known if re.fullmatch(r"[0-9a-f]{16}", known) else None


def virtualisation() -> Virtualisation:
    """Hypervisor, container, quota and affinity, as far as the system tells."""
    return Virtualisation(
        hypervisor=_hypervisor(),
        container=_container(),
        quota_cpus=ControlGroups().quota_cpus(),
        affinity=machine.affinity_cpus(),
    )


def _hypervisor() -> str | None:
    if machine.cpu_has_flag("hypervisor"):
        return _text(DMI / "sys_vendor") or "unknown"
    return None


def _container() -> str | None:
    if Path("/.dockerenv").exists():
        return "docker"
    if Path("/run/.containerenv").exists():
        return "podman"
    return os.environ.get("container") or ("kubernetes" if "KUBERNETES_SERVICE_HOST" in os.environ else None)  # noqa: SIM112


def _text(path: Path) -> str | None:
    try:
        return path.read_text().strip() or None
    except OSError:
        return None


def device_record(device: Device) -> DeviceRecord:
    """A device as a document shows it, with what NVML knows of a GPU; never its UUID."""
    facts = GpuSensors(device).static()
    return DeviceRecord(
        id=device.id,
        kind=device.kind,
        index=device.index,
        name=device.name,
        vendor=device.vendor,
        arch=device.arch,
        units=device.units,
        memory_bytes=device.memory_bytes,
        driver=facts.driver,
        power_limit_w=facts.power_limit_w,
        clock_max_hz=facts.clock_max_hz or device.clock_max_hz,
        ecc=facts.ecc,
        mig=facts.mig,
        persistence=facts.persistence_mode,
    )


def software() -> Software:
    """Versions, loaded BLAS libraries and the settings that matter; call it in the process that measured."""
    return Software(
        python=platform.python_version(),
        versions={name: found for name in LIBRARIES if (found := _version(name))},
        blas=[_blas(pool) for pool in threadpool_info()],
        env=settings(os.environ),
    )


def settings(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables of the allow-list; a value that could be a path, or name one GPU of the world, becomes "set"."""
    chosen = {name: text for name, text in sorted(environment.items()) if ENVIRONMENT.fullmatch(name)}
    return {name: text if _is_harmless(name, text) else "set" for name, text in chosen.items()}


def _is_harmless(name: str, text: str) -> bool:
    if name.endswith("VISIBLE_DEVICES"):
        return re.fullmatch(r"[0-9, -]*", text) is not None
    return re.fullmatch(r"[\w .,:;=+{}()-]{0,64}", text) is not None


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _blas(pool: Mapping[str, object]) -> Blas:
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
    """The project under test, where a CI system says which; None elsewhere."""
    system = next((name for variable, name in CI_SYSTEMS.items() if environment.get(variable)), None)
    if system is None:
        return None
    return Source(
        repository=environment.get("GITHUB_REPOSITORY") or environment.get("CI_PROJECT_PATH"),
        commit=environment.get("GITHUB_SHA") or environment.get("CI_COMMIT_SHA") or environment.get("GIT_COMMIT"),
        branch=environment.get("GITHUB_REF_NAME") or environment.get("CI_COMMIT_REF_NAME"),
        ci=system,
    )


def tool_commit() -> str | None:
    """The commit of flopsbench itself, when it runs from a checkout; "+" marks uncommitted changes."""
    folder = Path(__file__).parents[1]
    if not (folder / ".git").exists():
        return None
    try:
        described = subprocess.run(
            ["git", "-C", str(folder), "describe", "--always", "--abbrev=40", "--exclude=*", "--dirty=+"],
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
            env={name: value for name, value in os.environ.items() if name not in POINTS_GIT_ELSEWHERE},
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return described.stdout.strip()
