"""The doctor on machines made of files: what it sees, what it advises, and that it changes nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopsbench.doctor.clocks import battery
from flopsbench.doctor.diagnosis import diagnose, first_step
from flopsbench.doctor.symptom import Symptom
from flopsbench.doctor.threads import threads
from flopsbench.host.trees import Places, format_cpus, parse_cpus
from tests.systems import POSIX
from tests.telemetry import fake_pynvml

CPU = "sys/devices/system/cpu/"
STAT = "cpu  1000 0 1000 8000 0 0 0 {steal} 0 0\ncpu0 1 2 3 4 5 6 7 8 9 10\n"
QUIET = {
    CPU + "online": "0-3",
    CPU + "cpufreq/policy0/scaling_governor": "performance",
    CPU + "cpufreq/policy1/scaling_governor": "performance",
    CPU + "intel_pstate/no_turbo": "1",
    CPU + "smt/active": "0",
    "sys/devices/system/node/node0/numastat": "",
    "sys/devices/system/node/node1/numastat": "",
    "sys/kernel/mm/transparent_hugepage/enabled": "always [madvise] never",
    "sys/firmware/acpi/platform_profile": "performance",
    "sys/class/power_supply/BAT0/type": "Battery",
    "sys/class/power_supply/BAT0/status": "Full",
    "sys/fs/cgroup/cgroup.controllers": "cpu memory",
    "proc/self/cgroup": "0::/job",
    "sys/fs/cgroup/job/cpu.max": "max 100000",
    "proc/cpuinfo": "flags\t\t: fpu sse2 avx2\n",
    "proc/sys/kernel/numa_balancing": "0",
    "proc/meminfo": "MemTotal: 100 kB\nSwapTotal:     4096 kB\nSwapFree:      4096 kB\n",
    "proc/vmstat": "pswpin 10\npswpout 20\n",
    "proc/loadavg": "0.10 0.20 0.30 1/200 4711\n",
    "proc/stat": STAT.format(steal=0),
}
LATER = "cpu  1001 0 1001 8798 0 0 0 0 0 0\n"  # 800 ticks later, nearly all of them idle
BUSY = "cpu  1400 0 1000 8400 0 0 0 0 0 0\n"
Examine = Callable[..., dict[str, Symptom]]


@pytest.fixture
def examine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Examine:
    """Findings by name on the quiet machine with other files (None: absent), and those that appear during the watch."""
    monkeypatch.setitem(sys.modules, "pynvml", None)

    def examined(
        files: Mapping[str, str | None] | None = None,
        during: Mapping[str, str] | None = None,
        allowed: set[int] | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> dict[str, Symptom]:
        write(tmp_path, QUIET | dict(files or {}))
        found = diagnose(
            Places(tmp_path / "sys", tmp_path / "proc"),
            environ=environ or {},
            allowed=allowed or {0, 1, 2, 3},
            sleep=lambda _: write(tmp_path, {"proc/stat": LATER} | dict(during or {})),
        )
        return {finding.check: finding for finding in found.symptoms}

    return examined


def write(root: Path, files: Mapping[str, str | None]) -> None:
    for name, text in files.items():
        if text is None:
            (root / name).unlink(missing_ok=True)
            continue
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


def test_a_quiet_machine_is_fine_in_everything(examine: Examine) -> None:
    found = examine()
    assert {name: finding.saw for name, finding in found.items() if finding.level != "fine"} == {}
    assert len(found) == 16
    assert first_step(list(found.values())) == "Nothing was found that a command here could make quieter."


NOISES: dict[str, tuple[str, str, dict[str, str | None], dict[str, str], str, str | None]] = {
    # what: check, level, files, files during the watch, what it says, the command it gives
    "powersave governor": (
        "governor",
        "noisy",
        {CPU + "cpufreq/policy1/scaling_governor": "powersave"},
        {},
        "performance on 1 of 2, powersave on 1 of 2",
        "echo performance | sudo tee {root}/sys/devices/system/cpu/cpufreq/policy*/scaling_governor",
    ),
    "Intel turbo": (
        "boost",
        "noisy",
        {CPU + "intel_pstate/no_turbo": "0"},
        {},
        "on",
        "echo 1 | sudo tee {root}/sys/devices/system/cpu/intel_pstate/no_turbo",
    ),
    "boost of other processors": (
        "boost",
        "noisy",
        {CPU + "intel_pstate/no_turbo": None, CPU + "cpufreq/boost": "1"},
        {},
        "on",
        "echo 0 | sudo tee {root}/sys/devices/system/cpu/cpufreq/boost",
    ),
    "two threads per core": (
        "smt",
        "note",
        {CPU + "smt/active": "1"},
        {},
        "on",
        "echo off | sudo tee {root}/sys/devices/system/cpu/smt/control",
    ),
    "part of a core": (
        "quota",
        "noisy",
        {"sys/fs/cgroup/job/cpu.max": "150000 100000"},
        {},
        "1.5 of 4 CPUs",
        "docker run --cpuset-cpus=0 IMAGE",
    ),
    "whole cores by quota": (
        "quota",
        "note",
        {"sys/fs/cgroup/job/cpu.max": "200000 100000"},
        {},
        "2 of 4 CPUs",
        "docker run --cpuset-cpus=0-1 IMAGE",
    ),
    "a quota that ran out": (
        "quota",
        "noisy",
        {"sys/fs/cgroup/job/cpu.max": "200000 100000", "sys/fs/cgroup/job/cpu.stat": "nr_periods 9\nnr_throttled 3\n"},
        {},
        "2 of 4 CPUs; it ran out in 3 of 9 periods",
        "docker run --cpuset-cpus=0-1 IMAGE",
    ),
    "stolen time now": (
        "steal",
        "noisy",
        {},
        {"proc/stat": "cpu  1001 0 1001 8758 0 0 0 40 0 0\n"},
        "5.0% in 2 s, 0.4% since start",
        None,
    ),
    "stolen time before": (
        "steal",
        "note",
        {"proc/stat": STAT.format(steal=200)},
        {"proc/stat": "cpu  1001 0 1001 8798 0 0 0 200 0 0\n"},
        "0.0% in 2 s, 1.8% since start",
        None,
    ),
    "programs nobody can see": (
        "load",
        "noisy",
        {},
        {"proc/stat": BUSY},
        "50% of 4 CPUs busy in 2 s; load average 0.1: by programs that cannot be seen from here (another container?)",
        "top -b -n 1 -o %CPU | head -n 15",
    ),
    "busy a moment ago": (
        "load",
        "note",
        {"proc/loadavg": "3.50 1 1 1/2 3"},
        {},
        "0% of 4 CPUs busy in 2 s; load average 3.5: quiet now, and busy a moment ago",
        "top -b -n 1 -o %CPU | head -n 15",
    ),
    "pages swapped": (
        "swap",
        "noisy",
        {},
        {"proc/vmstat": "pswpin 15\npswpout 20\n"},
        "0 MiB used, 5 pages",
        "sudo swapoff -a",
    ),
    "swap in use": (
        "swap",
        "note",
        {"proc/meminfo": "SwapTotal: 4194304 kB\nSwapFree: 1048576 kB\n"},
        {},
        "3.0 GiB used, no traffic now",
        "sudo swapoff -a",
    ),
    "NUMA balancing": (
        "numa_balancing",
        "noisy",
        {"proc/sys/kernel/numa_balancing": "1"},
        {},
        "on, 2 memory nodes",
        "sudo sysctl kernel.numa_balancing=0",
    ),
    "huge pages everywhere": (
        "huge_pages",
        "note",
        {"sys/kernel/mm/transparent_hugepage/enabled": "[always] madvise never"},
        {},
        "always",
        "echo madvise | sudo tee {root}/sys/kernel/mm/transparent_hugepage/enabled",
    ),
    "a hypervisor": (
        "virtual",
        "note",
        {"proc/cpuinfo": "flags : fpu hypervisor\n", "sys/class/dmi/id/sys_vendor": "QEMU"},
        {},
        "yes (QEMU)",
        None,
    ),
    "running on battery": (
        "battery",
        "noisy",
        {"sys/class/power_supply/BAT0/status": "Discharging"},
        {},
        "running on battery",
        None,
    ),
    "a saving profile": (
        "profile",
        "note",
        {"sys/firmware/acpi/platform_profile": "balanced"},
        {},
        "balanced",
        "powerprofilesctl set performance",
    ),
}


@pytest.mark.parametrize("what", NOISES)
def test_each_noise_is_found_and_gets_its_command(what: str, examine: Examine, tmp_path: Path) -> None:
    check, level, files, during, saw, command = NOISES[what]
    finding = examine(files, during)[check]
    assert finding.level == level
    assert saw in finding.saw
    assert finding.remedy is not None
    assert finding.remedy.command == (command.format(root=tmp_path) if command else None)
    assert finding.remedy.effect
    assert finding.remedy.undo or not finding.remedy.command


@pytest.mark.parametrize(
    ("check", "absent"),
    [
        ("governor", [CPU + "cpufreq/policy0/scaling_governor", CPU + "cpufreq/policy1/scaling_governor"]),
        ("boost", [CPU + "intel_pstate/no_turbo"]),
        ("smt", [CPU + "smt/active"]),
        ("quota", ["proc/self/cgroup"]),
        ("affinity", [CPU + "online"]),
        ("virtual", ["proc/cpuinfo"]),
        ("numa_balancing", ["proc/sys/kernel/numa_balancing"]),
        ("huge_pages", ["sys/kernel/mm/transparent_hugepage/enabled"]),
        ("profile", ["sys/firmware/acpi/platform_profile"]),
        ("swap", ["proc/meminfo"]),
    ],
)
def test_what_cannot_be_read_is_unknown_with_a_reason(check: str, absent: list[str], examine: Examine) -> None:
    finding = examine(dict.fromkeys(absent))[check]
    assert finding.level == "unknown"
    assert finding.saw


def test_counters_that_cannot_be_read_are_unknown(examine: Examine) -> None:
    found = examine({"proc/stat": None}, {"proc/stat": "intr 12\n"})
    assert (found["load"].level, found["steal"].level) == ("unknown", "unknown")


def test_a_guest_does_not_take_hidden_settings_for_good_ones(examine: Examine) -> None:
    hidden = dict.fromkeys(name for name in QUIET if "cpufreq" in name or "no_turbo" in name)
    found = examine(hidden | {"proc/cpuinfo": "flags : hypervisor\n"})
    assert {found[name].level for name in ("governor", "boost", "smt", "steal")} == {"unknown"}
    assert "the host decides" in found["governor"].saw


@POSIX
def test_the_busiest_programs_are_named_without_their_arguments(examine: Examine) -> None:
    stat = "{pid} ({name}) R 1 1 1 0 -1 0 0 0 0 0 {user} {system} 0 0 20 0 1 0 5 0 0\n"
    asleep = stat.format(pid=7, name="sleepy", user=5, system=5)
    before = {"proc/5/stat": stat.format(pid=5, name="evil) (name", user=0, system=0), "proc/7/stat": asleep}
    before |= {"proc/5/cmdline": "evil --password=secret"}
    busy = {"proc/5/stat": stat.format(pid=5, name="evil) (name", user=900, system=100), "proc/stat": BUSY}
    finding = examine(before, busy)["load"]
    assert "evil) (name" in finding.saw
    assert "sleepy" not in finding.saw
    assert "secret" not in finding.saw


def test_its_own_process_is_no_noise(examine: Examine) -> None:
    stat = f"{os.getpid()} (doctor) R 1 1 1 0 -1 0 0 0 0 0 {{}} 0 0 0 20 0 1 0 5 0 0\n"
    own = f"proc/{os.getpid()}/stat"
    assert "doctor" not in examine({own: stat.format(0)}, {own: stat.format(900), "proc/stat": BUSY})["load"].saw


def test_a_narrow_affinity_is_said_with_the_way_back(examine: Examine) -> None:
    finding = examine(allowed={0, 2, 3})["affinity"]
    assert (finding.level, finding.saw) == ("note", "3 of 4 CPUs: 0,2-3")
    assert finding.remedy is not None
    assert (finding.remedy.command, finding.remedy.undo) == ("taskset -pc 0-3 $$", "taskset -pc 0,2-3 $$")


def test_mixed_governors_come_back_each_on_its_own_cpus(examine: Examine, tmp_path: Path) -> None:
    policies = [CPU + f"cpufreq/policy{number}/scaling_governor" for number in (0, 1)]
    mixed = examine({policies[1]: "powersave"})["governor"].remedy
    assert mixed is not None
    assert mixed.undo == f"echo powersave | sudo tee {tmp_path / policies[1]}"
    same = examine(dict.fromkeys(policies, "schedutil"))["governor"].remedy
    assert same is not None
    assert same.undo == f"echo schedutil | sudo tee {tmp_path / CPU}/cpufreq/policy*/scaling_governor"


def test_the_battery_of_a_mouse_is_not_the_machines(examine: Examine) -> None:
    mouse = {"type": "Battery", "status": "Discharging", "scope": "Device"}
    files = {f"sys/class/power_supply/mouse/{name}": text for name, text in mouse.items()}
    assert examine(files)["battery"].level == "fine"


@pytest.mark.parametrize(
    ("environ", "level", "command"),
    [
        ({}, "fine", None),
        ({"OMP_NUM_THREADS": "4"}, "fine", None),
        ({"OMP_NUM_THREADS": "4,2"}, "fine", None),
        ({"OMP_NUM_THREADS": "4", "MKL_NUM_THREADS": "16"}, "noisy", "export MKL_NUM_THREADS=4"),
        ({"OPENBLAS_NUM_THREADS": "1"}, "note", "export OPENBLAS_NUM_THREADS=4"),
        ({"GOTO_NUM_THREADS": "1"}, "note", "export GOTO_NUM_THREADS=4"),
        ({"VECLIB_MAXIMUM_THREADS": "1"}, "note", "export VECLIB_MAXIMUM_THREADS=4"),
        ({"OMP_NUM_THREADS": "all"}, "unknown", None),
    ],
)
def test_thread_settings_against_four_cores(environ: dict[str, str], level: str, command: str | None) -> None:
    finding = threads(environ, 4)
    assert (finding.level, finding.remedy and finding.remedy.command) == (level, command)


FAMILY = "vendor_id : {}\ncpu family : 6\nmodel : 106\nflags : fpu sse2 avx avx2 avx512f avx512_vnni\n"


@pytest.mark.parametrize(
    ("environ", "vendor", "command"),
    [
        ({"OPENBLAS_CORETYPE": "Haswell"}, "AuthenticAMD", "unset OPENBLAS_CORETYPE"),
        ({"OPENBLAS_CORETYPE": "haswell"}, "GenuineIntel", "unset OPENBLAS_CORETYPE"),
        ({"OPENBLAS_CORETYPE": "SkylakeX"}, "AuthenticAMD", None),
        ({"OPENBLAS_CORETYPE": "no core"}, "AuthenticAMD", None),
        ({"OPENBLAS_CORETYPE": "ARMV8"}, "AuthenticAMD", None),
        ({"MKL_ENABLE_INSTRUCTIONS": "AVX2"}, "GenuineIntel", "unset MKL_ENABLE_INSTRUCTIONS"),
        ({"MKL_ENABLE_INSTRUCTIONS": "SSE4_2"}, "AuthenticAMD", None),  # MKL does not heed it there
        ({"MKL_CBWR": "AVX2,STRICT"}, "GenuineIntel", "unset MKL_CBWR"),
        ({"MKL_CBWR": "COMPATIBLE"}, "AuthenticAMD", "unset MKL_CBWR"),
        ({"MKL_CBWR": "AUTO"}, "GenuineIntel", None),
        ({"ONEDNN_MAX_CPU_ISA": "avx512_core"}, "AuthenticAMD", "unset ONEDNN_MAX_CPU_ISA"),
        ({"DNNL_MAX_CPU_ISA": "AVX512_CORE_VNNI"}, "AuthenticAMD", None),  # this CPU has no more than that
        ({"NPY_DISABLE_CPU_FEATURES": "FMA3, AVX512F"}, "AuthenticAMD", "unset NPY_DISABLE_CPU_FEATURES"),
        ({"ATEN_CPU_CAPABILITY": "default"}, "AuthenticAMD", "unset ATEN_CPU_CAPABILITY"),
        ({"BLIS_ARCH_TYPE": "zen3", "MKL_CBWR": "AVX"}, "AuthenticAMD", "unset BLIS_ARCH_TYPE"),
        ({"OPENBLAS_NUM_THREADS": "1", "CUBLAS_WORKSPACE_CONFIG": ":16:8"}, "AuthenticAMD", None),
    ],
)
def test_what_keeps_a_library_from_instructions_is_named(
    examine: Examine, environ: dict[str, str], vendor: str, command: str | None
) -> None:
    found = examine({"proc/cpuinfo": FAMILY.format(vendor)}, environ=environ)["settings"]
    assert (found.level, found.remedy and found.remedy.command) == ("note" if command else "fine", command)
    if command and found.remedy:
        name = command.removeprefix("unset ")
        assert f"{name}={environ[name]}" in found.saw
        assert (found.remedy.undo or "").startswith(f"export {name}=")


def test_nothing_is_held_down_that_the_cpu_does_not_have(examine: Examine) -> None:
    setting = {"OPENBLAS_CORETYPE": "Haswell"}
    assert examine(environ=setting)["settings"].level == "fine"  # AVX2 is all that it has
    arm = examine({"proc/cpuinfo": "Features : asimd sve\n"}, environ=setting)["settings"]
    assert arm.level == "unknown"
    assert "OPENBLAS_CORETYPE" in arm.saw


@pytest.mark.process
def test_the_undo_gives_the_value_back_as_it_was(examine: Examine) -> None:
    value = "AVX512F AVX2"
    found = examine({"proc/cpuinfo": FAMILY.format("x")}, environ={"NPY_DISABLE_CPU_FEATURES": value})["settings"]
    assert found.remedy
    assert found.remedy.undo
    told = subprocess.run(
        ["sh", "-c", f'{found.remedy.undo}; printf %s "$NPY_DISABLE_CPU_FEATURES"'], capture_output=True, text=True
    )
    assert told.stdout == value


@given(st.sets(st.integers(0, 300), min_size=1))
def test_a_list_of_cpus_reads_back(cpus: set[int]) -> None:
    assert parse_cpus(format_cpus(cpus)) == cpus


def test_the_worst_comes_first_and_is_what_to_do_first(examine: Examine) -> None:
    found = list(examine({CPU + "smt/active": "1", CPU + "intel_pstate/no_turbo": "0"}).values())
    assert [finding.check for finding in found[:2]] == ["boost", "smt"]
    assert first_step(found).startswith("First, for turbo / boost: echo 1 | sudo tee")


# GPUs


@pytest.fixture
def gpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Symptom]]:
    """Findings on GPU 0 of three; ``values`` replaces what NVML says."""
    nvml = fake_pynvml.install(monkeypatch)
    quiet = {
        "nvmlDeviceGetPowerManagementDefaultLimit": 700_000,
        "nvmlDeviceGetDefaultApplicationsClock": {1: 1500},
        "nvmlDeviceGetComputeRunningProcesses": [],
        "nvmlDeviceGetCurrentClocksEventReasons": 0x2,
    }

    def examined(**values: object) -> dict[str, Symptom]:
        nvml.values |= quiet | values
        nvml.failing = {name for name, value in values.items() if value is None}
        write(tmp_path, QUIET | {"proc/4711/comm": "python\n"})
        places = Places(tmp_path / "sys", tmp_path / "proc")
        found = diagnose(places, {"CUDA_VISIBLE_DEVICES": "2"}, {0, 1, 2, 3}, lambda _: None)
        return {finding.check: finding for finding in found.symptoms if finding.check.startswith("gpu")}

    return examined


def test_every_gpu_is_looked_at_whatever_is_visible_to_cuda(gpus: Callable[..., dict[str, Symptom]]) -> None:
    found = gpus()
    assert {name.partition("_")[0] for name in found} == {"gpu0", "gpu1", "gpu2"}
    assert {finding.level for finding in found.values()} == {"fine"}


@pytest.mark.parametrize(
    ("check", "level", "values", "saw", "command"),
    [
        (
            "processes",
            "noisy",
            {"nvmlDeviceGetComputeRunningProcesses": [SimpleNamespace(pid=4711), SimpleNamespace(pid=1)]},
            "python, a program not visible here",
            "nvidia-smi -i 0 pmon -c 1",
        ),
        (
            "throttling",
            "noisy",
            {"nvmlDeviceGetCurrentClocksEventReasons": 0x44},
            "hw_thermal_slowdown, sw_power_cap",
            "nvidia-smi -i 0 -q -d PERFORMANCE,TEMPERATURE,POWER",
        ),
        ("mig", "note", {"nvmlDeviceGetMigMode": [1, 1]}, "on", "sudo nvidia-smi -i 0 -mig 0"),
        (
            "power_cap",
            "note",
            {"nvmlDeviceGetEnforcedPowerLimit": 500_000},
            "500 W, default 700 W",
            "sudo nvidia-smi -i 0 -pl 700",
        ),
        (
            "clocks",
            "unknown",
            {"nvmlDeviceGetCurrentClocksEventReasons": 0},
            "no driver tells whether it is locked",
            "sudo nvidia-smi -i 0 -lgc 1500",
        ),
        ("persistence", "noisy", {"nvmlDeviceGetPersistenceMode": 0}, "off", "sudo nvidia-smi -i 0 -pm 1"),
        ("ecc", "note", {"nvmlDeviceGetEccMode": [0, 0]}, "off", "sudo nvidia-smi -i 0 -e 1"),
    ],
)
def test_each_gpu_setting_gets_its_command(
    check: str,
    level: str,
    values: dict[str, object],
    saw: str,
    command: str,
    gpus: Callable[..., dict[str, Symptom]],
) -> None:
    finding = gpus(**values)[f"gpu0_{check}"]
    assert (finding.level, finding.saw) == (level, saw)
    assert finding.remedy is not None
    assert finding.remedy.command == command
    assert finding.remedy.undo


@pytest.mark.parametrize(
    ("check", "function"),
    [
        ("processes", "nvmlDeviceGetComputeRunningProcesses"),
        ("power_cap", "nvmlDeviceGetPowerManagementDefaultLimit"),
        ("persistence", "nvmlDeviceGetPersistenceMode"),
        ("ecc", "nvmlDeviceGetEccMode"),
    ],
)
def test_what_the_driver_does_not_say_is_unknown(
    check: str, function: str, gpus: Callable[..., dict[str, Symptom]]
) -> None:
    assert gpus(**{function: None})[f"gpu0_{check}"].level == "unknown"


def test_a_gpu_that_cannot_be_asked_is_unknown_and_not_absent(examine: Examine) -> None:
    assert examine()["gpu"].saw == "no NVIDIA GPU found"
    finding = examine({"proc/driver/nvidia/version": "575"})["gpu"]
    assert (finding.level, finding.saw) == ("unknown", "nvidia-ml-py is not installed")


def test_a_lost_gpu_is_told_and_hides_no_other(gpus: Callable[..., dict[str, Symptom]]) -> None:
    cast(fake_pynvml.FakeNvml, sys.modules["pynvml"]).lost = {1}
    found = gpus()
    assert {name.partition("_")[0] for name in found} == {"gpu0", "gpu1", "gpu2"}
    assert {name for name in found if name.startswith("gpu1")} == {"gpu1"}
    assert (found["gpu1"].level, found["gpu1"].saw) == ("noisy", "it does not answer: GPU is lost")
    assert found["gpu2_power_cap"].level == "fine"


@pytest.mark.parametrize("error", [fake_pynvml.UNKNOWN, *fake_pynvml.STRANGE], ids=lambda error: type(error).__name__)
def test_a_gpu_of_which_nvml_tells_nothing_is_not_taken_for_lost(
    gpus: Callable[..., dict[str, Symptom]], error: Exception
) -> None:
    cast(fake_pynvml.FakeNvml, sys.modules["pynvml"]).raised["nvmlDeviceGetHandleByIndex"] = error
    found = gpus()
    assert {(found[name].level, found[name].remedy) for name in ("gpu0", "gpu1", "gpu2")} == {("unknown", None)}


def test_a_driver_without_any_gpu_is_unknown(gpus: Callable[..., dict[str, Symptom]]) -> None:
    cast(fake_pynvml.FakeNvml, sys.modules["pynvml"]).__dict__["uuids"] = ()
    assert gpus()["gpu"].saw == "no NVIDIA GPU found"


@pytest.mark.parametrize(
    ("check", "values", "saw"),
    [
        ("power_cap", {"nvmlDeviceGetEnforcedPowerLimit": 0}, "NVML says 0 W, and a GPU takes some power"),
        ("power_cap", {"nvmlDeviceGetPowerManagementDefaultLimit": 2**32 - 1}, "NVML says 4294967295, which is no"),
        ("processes", {"nvmlDeviceGetComputeRunningProcesses": [SimpleNamespace()]}, "which is no list of processes"),
        ("persistence", {"nvmlDeviceGetPersistenceMode": 7}, "NVML says 7, which is neither on nor off"),
        ("ecc", {"nvmlDeviceGetEccMode": [9, 9]}, "NVML says 9, which is neither on nor off"),
    ],
)
def test_what_no_gpu_can_say_is_unknown_with_its_reason(
    check: str, values: dict[str, object], saw: str, gpus: Callable[..., dict[str, Symptom]]
) -> None:
    finding = gpus(**values)[f"gpu0_{check}"]
    assert finding.level == "unknown"
    assert saw in finding.saw


# It changes nothing

AUDITED = """
import json, os, sys
seen = []
def hook(event, arguments):
    if event == "open":
        path, mode, flags = arguments
        if isinstance(path, int):  # a pipe to a copy of this process, which tries a library first
            return
        if set(mode or "") & set("wax+") or flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC):
            seen.append([event, str(arguments)])
    elif event.split(".")[0] in ("subprocess", "shutil", "socket") or event in CHANGES:
        seen.append([event, str(arguments)])
CHANGES = {"os." + name for name in (
    "system exec posix_spawn putenv unsetenv remove rename mkdir rmdir chmod chown link symlink truncate"
).split()}
sys.addaudithook(hook)
"""


def audited(code: str, tmp_path: Path) -> list[list[str]]:
    """What a fresh interpreter wrote, started or removed while it ran the code."""
    program = AUDITED + code + "\nprint(json.dumps(seen))"
    clean = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=tmp_path, env=clean
    )
    found: list[list[str]] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.process
def test_it_opens_nothing_for_writing_and_starts_no_program(tmp_path: Path) -> None:
    assert audited("from flopsbench.doctor.diagnosis import diagnose\ndiagnose(sleep=lambda _: None)", tmp_path) == []


@pytest.mark.process
@pytest.mark.parametrize(
    "change",
    [
        "open('x', 'w').close()",
        "os.open('x', os.O_CREAT)",
        "import subprocess; subprocess.run(['true'])",
        "os.mkdir('x')",
    ],
)
def test_that_watch_can_catch_a_change(change: str, tmp_path: Path) -> None:
    assert audited(change, tmp_path)


def test_where_no_kernel_shows_anything_nobody_says_that_there_is_no_battery(tmp_path: Path) -> None:
    places = Places(tmp_path / "sys", tmp_path / "proc")
    assert battery(places).level == "unknown"
    (tmp_path / "sys/class").mkdir(parents=True)
    assert battery(places).level == "fine"
