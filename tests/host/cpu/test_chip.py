"""The chip that holds the cores: what a device tree, a driver and /proc/cpuinfo say of it."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopsbench.host.cpu import names
from flopsbench.host.identity import hardware_key
from flopsbench.host.trees import Places
from flopsbench.result.types import Cpu
from flopsbench.validate.text import complaints, is_device_name

A72 = "Arm implementer 0x41 part 0xd08"
ARM = "processor\t: 0\nCPU implementer\t: 0x41\nCPU part\t: 0xd08\n"
RISC_V = "processor : 0\nhart : 1\nisa : rv64imafdc_zicntr\nuarch : sifive,u74-mc\n"
NUMBERS = "mvendorid : 0x489\nmarchid : 0x8000000000000007\nmimpid : 0x4210427\n"

# Device trees of boards: what their last entries name, and what comes into the name.
TREES = {
    "brcm,bcm2711": ("raspberrypi,4-model-b", "brcm,bcm2711"),
    "fsl,lx2160a": ("solidrun,clearfog-cx", "solidrun,lx2160a-cex7", "fsl,lx2160a"),
    "marvell,armada8040, marvell,armada-ap806": (
        "marvell,armada8040-mcbin-doubleshot", "marvell,armada8040-mcbin", "marvell,armada8040",
        "marvell,armada-ap806-quad", "marvell,armada-ap806",
    ),
    "marvell,armada7040, marvell,armada-ap806": (
        "marvell,armada7040-db", "marvell,armada7040", "marvell,armada-ap806-quad", "marvell,armada-ap806",
    ),
    "amlogic,s922x, amlogic,g12b": ("hardkernel,odroid-n2", "amlogic,s922x", "amlogic,g12b"),
    "rockchip,rk3399": ("pine64,rockpro64-v2.1", "pine64,rockpro64", "rockchip,rk3399"),
    "starfive,jh7110": ("starfive,visionfive-2-v1.3b", "starfive,jh7110"),
    "sophgo,sg2042": ("sophgo,sg2042",),
}  # fmt: skip
# What drivers of chips say in soc0.
DRIVERS = {
    "chip 0a16 0001": {"soc_id": "jep106:0a16:0001", "family": "jep106:0a16"},
    "QorIQ LX2160A svr:0x87360010": {"soc_id": "svr:0x87360010", "family": "QorIQ LX2160A", "machine": "a board"},
    "Snapdragon 356": {"soc_id": "356", "family": "Snapdragon", "machine": "SM8250"},
    "i.MX8MP": {"soc_id": "i.MX8MP"},
    "SM8250": {"machine": "SM8250", "family": "Snapdragon"},
    "AM65X": {"family": "AM65X"},
}


def machine(folder: Path, tree: Sequence[str] = (), soc: dict[str, str] | None = None, cpuinfo: str = ARM) -> Places:
    """The trees of a machine whose firmware has no tables."""
    places = Places(folder / "sys", folder / "proc")
    for root, files in {
        places.proc / "device-tree": {"compatible": "".join(f"{entry}\0" for entry in tree)} if tree else {},
        places.sys / "devices/soc0": {**(soc or {}), "serial_number": "10000000a1b2c3d4"},
        places.proc: {"cpuinfo": cpuinfo},
    }.items():
        root.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (root / name).write_text(text)
    return places


@pytest.mark.parametrize(("chip", "tree"), TREES.items())
def test_the_device_tree_names_the_chip_behind_the_board(tmp_path: Path, chip: str, tree: Sequence[str]) -> None:
    assert names.cpu_model(machine(tmp_path, tree)) == f"{A72}, {chip}"


@pytest.mark.parametrize(("chip", "soc"), DRIVERS.items())
def test_without_a_device_tree_its_driver_does(tmp_path: Path, chip: str, soc: dict[str, str]) -> None:
    assert names.cpu_model(machine(tmp_path, soc=soc)) == f"{A72}, {chip}"


def test_chips_with_the_same_cores_and_memory_share_neither_name_nor_key(tmp_path: Path) -> None:
    found = [names.cpu_model(machine(tmp_path / str(at), tree)) for at, tree in enumerate(TREES.values())]
    found += [names.cpu_model(machine(tmp_path / f"soc{at}", soc=soc)) for at, soc in enumerate(DRIVERS.values())]
    keys = [hardware_key(Cpu(model=name, logical=4, usable=4), 8 << 30) for name in found]
    assert all(one != other for one, other in itertools.combinations(keys, 2))


def test_the_tree_is_found_in_its_other_place(tmp_path: Path) -> None:
    places = machine(tmp_path)
    (places.sys / "firmware/devicetree/base").mkdir(parents=True)
    (places.sys / "firmware/devicetree/base/compatible").write_text("raspberrypi,5-model-b\0brcm,bcm2712\0")
    assert names.cpu_model(places) == f"{A72}, brcm,bcm2712"


def test_what_all_boards_of_a_family_say_is_no_chip(tmp_path: Path) -> None:
    """The kernel of the Raspberry Pi called the chip of each BCM2835 for years."""
    text = f"{ARM}Hardware : BCM2835\nSerial : 10000000a1b2c3d4\nModel : Raspberry Pi 4 Model B Rev 1.4\n"
    assert names.cpu_model(machine(tmp_path / "1", TREES["brcm,bcm2711"], cpuinfo=text)) == (
        f"BCM2835, {A72}, brcm,bcm2711"
    )
    assert names.cpu_model(machine(tmp_path / "2", cpuinfo=text)) == f"BCM2835, {A72}, Raspberry Pi 4 Model B"


def test_a_chip_that_is_told_already_is_not_told_again(tmp_path: Path) -> None:
    text = f"{ARM}Hardware : Qualcomm Technologies, Inc SM8250\n"
    model = names.cpu_model(machine(tmp_path, ("xiaomi,elish", "qcom,sm8250"), cpuinfo=text))
    assert model == f"Qualcomm Technologies, Inc SM8250, {A72}"


def test_a_server_that_has_none_of_these_keeps_its_name(tmp_path: Path) -> None:
    assert names.cpu_model(machine(tmp_path)) == A72


def test_a_guest_is_named_by_who_lends_it(tmp_path: Path) -> None:
    assert names.cpu_model(machine(tmp_path, ("linux,dummy-virt",))) == f"{A72}, QEMU"


def test_a_core_of_risc_v_has_its_numbers_beside_its_name(tmp_path: Path) -> None:
    of_u74 = "sifive,u74-mc, mvendorid 0x489 marchid 0x8000000000000007 mimpid 0x4210427"
    tree = TREES["starfive,jh7110"]
    assert names.cpu_model(machine(tmp_path / "1", tree, cpuinfo=RISC_V + NUMBERS)) == f"{of_u74}, starfive,jh7110"
    assert names.cpu_model(machine(tmp_path / "2", cpuinfo=RISC_V + NUMBERS)) == of_u74
    assert names.cpu_model(machine(tmp_path / "3", cpuinfo=RISC_V)) == "sifive,u74-mc"


def test_a_long_list_of_extensions_leaves_the_chip(tmp_path: Path) -> None:
    text = f"isa : rv64i{'_zfoo' * 500}\n"
    name = names.cpu_model(machine(tmp_path, TREES["sophgo,sg2042"], cpuinfo=text))
    assert len(name) == names.LONGEST_MODEL
    assert name.endswith("…, sophgo,sg2042")


def test_x86_has_no_chip_but_itself(tmp_path: Path) -> None:
    text = "vendor_id : GenuineIntel\nmodel : 85\nmodel name : Intel(R) Xeon(R) Gold 6248\n"
    places = machine(tmp_path, TREES["brcm,bcm2711"], {"soc_id": "356"}, text)
    assert names.cpu_model(places) == "Intel(R) Xeon(R) Gold 6248"


@pytest.mark.parametrize("chip", [*TREES, *DRIVERS])
def test_such_names_can_be_published(chip: str) -> None:
    name = f"sifive,u74-mc, mvendorid 0x489 marchid 0x8000000000000007 mimpid 0x4210427, {chip}"
    assert is_device_name(name)
    assert not list(complaints(name))


@given(tree=st.lists(st.text(), max_size=4), told=st.text())
def test_whatever_stands_there_the_name_can_be_printed(
    tmp_path_factory: pytest.TempPathFactory, tree: list[str], told: str
) -> None:
    soc = {"soc_id": told.encode(errors="replace").decode(), "family": "a family"}
    entries = [entry.encode(errors="replace").decode() for entry in tree]
    name = names.cpu_model(machine(tmp_path_factory.mktemp("any"), entries, soc))
    assert name.isprintable()
    assert name.startswith(A72)
    assert len(name) <= names.LONGEST_MODEL
