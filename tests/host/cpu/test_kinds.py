"""The kinds of core of made-up machines: hybrid, big.LITTLE, and those whose cores are all equal."""

from __future__ import annotations

from pathlib import Path

import pytest

from flopsbench.host.cpu.kinds import at_work, counted, kinds_of_core, recorded_kinds, this_microarchitecture
from flopsbench.host.trees import Places

INTEL = (
    "processor\t: {}\nvendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: {}\nmodel name\t: x\nflags\t\t: avx2\n\n"
)
ARM = "processor\t: {}\nFeatures\t: fp asimd\nCPU implementer\t: 0x41\nCPU architecture: 8\nCPU part\t: {}\n\n"
P, E = "Alder / Raptor Lake P (Golden, Raptor Cove)", "Alder / Raptor Lake E (Gracemont)"


def machine(root: Path, cpuinfo: str, files: dict[str, str]) -> Places:
    """A machine with this /proc/cpuinfo and these files below /sys/devices."""
    (root / "proc").mkdir()
    (root / "proc/cpuinfo").write_text(cpuinfo)
    for name, text in files.items():
        file = root / "sys/devices" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text + "\n")
    return Places(sys=root / "sys", proc=root / "proc")


def siblings(*lists: str) -> dict[str, str]:
    """The files that say which logical CPUs share a core, by the number of the CPU."""
    return {f"system/cpu/cpu{cpu}/topology/thread_siblings_list": text for cpu, text in enumerate(lists)}


@pytest.fixture
def hybrid(tmp_path: Path) -> Places:
    """Two P cores of two threads each, and four E cores."""
    cores = siblings("0-1", "0-1", "2-3", "2-3", "4", "5", "6", "7")
    kinds = {"cpu_core/cpus": "0-3", "cpu_atom/cpus": "4-7"}
    return machine(tmp_path, "".join(INTEL.format(cpu, 151) for cpu in range(8)), cores | kinds)


def test_the_kinds_of_a_hybrid_cpu_are_those_of_the_kernel(hybrid: Places) -> None:
    big, little = kinds_of_core(hybrid, range(8))
    assert (big.name, big.microarchitecture, big.cpus) == ("cpu_core", P, (0, 2))
    assert (little.name, little.microarchitecture, little.cpus) == ("cpu_atom", E, (4, 5, 6, 7))


def test_a_process_bound_to_one_kind_has_cores_of_one(hybrid: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    assert [kind.microarchitecture for kind in kinds_of_core(hybrid, {5, 6})] == [E]
    for cpus, name, kinds in (({0, 2}, P, []), ({4, 7}, E, []), (set(range(8)), None, [(P, 2), (E, 4)])):
        monkeypatch.setattr("flopsbench.host.cpu.cores._affinity", lambda cpus=cpus: cpus)
        assert this_microarchitecture(hybrid) == name
        assert [(kind.microarchitecture, kind.cores) for kind in recorded_kinds(hybrid)] == kinds


def test_threads_work_on_the_fastest_cores_first(hybrid: Places) -> None:
    kinds = kinds_of_core(hybrid, range(8))
    assert counted(at_work(kinds, 6)) == [(P, 2), (E, 4)]
    assert [kind.cpus for kind in at_work(kinds, 3)] == [(0, 2), (4,)]
    assert counted(at_work(kinds, 2)) == [(P, 2)]


def test_a_guest_of_a_hybrid_cpu_does_not_say_what_its_cores_are(tmp_path: Path) -> None:
    guest = machine(tmp_path, "".join(INTEL.format(cpu, 151) for cpu in range(4)), {})
    (kind,) = kinds_of_core(guest, range(4))
    assert (kind.microarchitecture, len(kind.cpus)) == (None, 4)


def test_cores_of_arm_differ_by_their_part(tmp_path: Path) -> None:
    parts = ["0xd05"] * 4 + ["0xd08"] * 2
    capacity = {f"system/cpu/cpu{cpu}/cpu_capacity": "446" if cpu < 4 else "1024" for cpu in range(6)}
    board = machine(tmp_path, "".join(ARM.format(cpu, part) for cpu, part in enumerate(parts)), capacity)
    big, little = kinds_of_core(board, range(6))
    assert (big.name, big.cpus) == ("0x41 part 0xd08, capacity 1024", (4, 5))
    assert big.microarchitecture == "Cortex-A72 (Graviton, Raspberry Pi 4)"
    assert (little.name, little.cpus, little.microarchitecture) == ("0x41 part 0xd05, capacity 446", (0, 1, 2, 3), None)


def test_cores_of_one_part_differ_by_their_capacity(tmp_path: Path) -> None:
    capacity = {f"system/cpu/cpu{cpu}/cpu_capacity": "1024" if cpu == 3 else "870" for cpu in range(4)}
    phone = machine(tmp_path, "".join(ARM.format(cpu, "0xd0c") for cpu in range(4)), capacity)
    assert [kind.cpus for kind in kinds_of_core(phone, range(4))] == [(3,), (0, 1, 2)]


@pytest.mark.parametrize("shown", [range(2), range(10, 14), ()])
def test_a_container_that_shows_other_cpus_makes_no_kinds(tmp_path: Path, shown: range) -> None:
    box = machine(tmp_path, "".join(ARM.format(cpu, "0xd0c") for cpu in shown), {})
    (kind,) = kinds_of_core(box, range(4))
    assert (kind.cpus, kind.microarchitecture) == ((0, 1, 2, 3), "Neoverse N1" if shown else None)


def test_equal_cores_are_of_one_kind(tmp_path: Path) -> None:
    server = machine(tmp_path, "".join(ARM.format(cpu, "0xd0c") for cpu in range(4)), {})
    (kind,) = kinds_of_core(server, range(4))
    assert (kind.microarchitecture, kind.record().cores) == ("Neoverse N1", 4)
