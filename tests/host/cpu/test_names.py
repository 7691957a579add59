"""The processor's name: what /proc/cpuinfo of many architectures says, and that two chips never share one."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopsbench.host import identity
from flopsbench.host.cpu import cpuinfo, names
from flopsbench.host.identity import hardware_key
from flopsbench.host.trees import Places
from flopsbench.result.types import Cpu

AMD = "processor\t: 0\nvendor_id\t: AuthenticAMD\nmodel name\t: AMD EPYC 9B14\nflags\t\t: fpu avx2 hypervisor\n"
ARM = "processor\t: 0\nCPU implementer\t: 0x41\nCPU part\t: 0xd4f\n"


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """The trees of a machine that shows nothing of itself."""
    found = Places(tmp_path / "sys", tmp_path / "proc")
    found.firmware.mkdir(parents=True)
    found.cpus.mkdir(parents=True)
    found.proc.mkdir()
    return found


def x86(name: str, family: int = 6, model: int = 85, stepping: int = 4, vendor: str = "GenuineIntel") -> str:
    """What Linux says of one core, as of each of several."""
    core = (
        f"processor\t: {{}}\nvendor_id\t: {vendor}\ncpu family\t: {family}\nmodel\t\t: {model}\n"
        f"model name\t: {name}\nstepping\t: {stepping}\n\n"
    )
    return "".join(map(core.format, range(2)))


def arm(*parts: str, implementer: str = "0x41", more: str = "") -> str:
    core = "processor\t: {}\nCPU implementer\t: {}\nCPU architecture: 8\nCPU part\t: {}\n\n"
    return "".join(core.format(at, implementer, part) for at, part in enumerate(parts)) + more


def test_a_processor_is_named_as_it_names_itself(places: Places) -> None:
    places.cpuinfo.write_text(AMD)
    assert (names.cpu_model(places), names.cpu_vendor(places)) == ("AMD EPYC 9B14", "AuthenticAMD")


def test_an_arm_core_is_named_by_its_numbers(places: Places) -> None:
    places.cpuinfo.write_text(ARM)
    assert (names.cpu_model(places), names.cpu_vendor(places)) == ("Arm implementer 0x41 part 0xd4f", "0x41")


SAID = {
    "AMD EPYC 7763 64-Core Processor": x86("AMD EPYC 7763 64-Core Processor", 25, 1, 1, "AuthenticAMD"),
    "Intel(R) Core(TM)2 Duo CPU, family 6 model 85 stepping 4": x86("Intel(R) Core(TM)2 Duo CPU"),
    "Apple M1": "processor : 0\nmodel name : Apple M1\n",
    "POWER9, altivec supported": "processor : 0\ncpu : POWER9, altivec supported\nmachine : PowerNV 8335-GTH\n",
    "machine CHRP IBM,9009-42A": "processor : 0\ncpu : \nmachine : CHRP IBM,9009-42A\n",
    "sifive,u74-mc": "processor : 0\nhart : 1\nisa : rv64imafdc\nuarch : sifive,u74-mc\n",
    "RISC-V rv64imafdcv": "processor : 0\nisa : rv64imafdcv\nmvendorid : 0x0\nmarchid : 0x0\nmimpid : 0x0\n",
    "RISC-V mvendorid 0x5b7 marchid 0x8d mimpid 0x4": "isa : rv64\nmvendorid : 0x5b7\nmarchid : 0x8d\nmimpid : 0x4\n",
    "RISC-V mvendorid 0x5b7, rv64gcv": "isa : rv64gcv\nmvendorid : 0x5b7\nmarchid : 0x0\nmimpid : 0x0\n",
    "Loongson-3A5000": "CPU Family : Loongson-64bit\nModel Name : Loongson-3A5000\nPRId : 14c010\n",
    "Loongson-64bit, PRId 14c010": "Model Name : Loongson-64bit\nPRId : 14c010\n",
    "IBM/S390, machine 3931": "vendor_id : IBM/S390\n# processors : 2\n"
    "processor 0: version = FF,  identification = 0133E8,  machine = 3931\n",
    "MIPS 24Kc V5.0": "system type : Atheros AR7241\ncpu model : MIPS 24Kc V5.0\n",
    "Qualcomm SM8250, Arm implementer 0x51 part 0x804": arm(
        "0x804", implementer="0x51", more="Hardware : Qualcomm SM8250\n"
    ),
    "ARMv7 Processor rev 4 (v7l), BCM2835, Arm implementer 0x41 part 0xd03": arm(
        "0xd03", more="Processor : ARMv7 Processor rev 4 (v7l)\nHardware : BCM2835\n"
    ),
    "Arm implementer 0x41 part 0xd03 and 0xd09": arm("0xd03", "0xd09", "0xd03"),
    "Arm implementer 0x41 architecture AArch64": "CPU implementer : 0x41\nCPU architecture : AArch64\n",
    "AMD Processor, family 25 model 17 stepping 1": x86("AMD Processor", 25, 17, 1, "AuthenticAMD"),
    "AMD EPYC, family 25 model 17 stepping 1": x86("AMD EPYC", 25, 17, 1, "AuthenticAMD"),
    "GenuineIntel, family 6 model 143 stepping 8": x86("", 6, 143, 8),
    "AuthenticAMD, family 26 model 2 stepping 1": x86("unknown", 26, 2, 1, "AuthenticAMD"),
    "Intel(R) Xeon(R) CPU @ 2.20GHz, family 6 model 85 stepping 7": x86("Intel(R) Xeon(R) CPU @ 2.20GHz", stepping=7),
}


@pytest.mark.parametrize(("name", "text"), SAID.items())
def test_every_architecture_says_it_by_keys_of_its_own(places: Places, name: str, text: str) -> None:
    places.cpuinfo.write_text(text)
    assert names.cpu_model(places) == name


def test_no_serial_number_comes_into_a_name(places: Places) -> None:
    """What s390x calls an identification, and 32-bit Arm Serial, tells one machine from all others."""
    for text in (SAID["IBM/S390, machine 3931"], arm("0xd03", more="Serial : 00000000a1b2c3d4\n")):
        assert not any(serial in str(names.described(text)) for serial in ("0133E8", "a1b2c3d4"))


BRANDS = [
    "", "unknown", "AMD Processor", "AMD EPYC", "AMD EPYC Processor", "AMD EPYC-Rome Processor", "Common KVM processor",
    "Common 32-bit KVM processor", "QEMU Virtual CPU version 2.5+", "QEMU TCG CPU version 4.2.0",
    "Intel(R) Xeon(R) Processor @ 2.90GHz", "Intel Xeon Processor (Skylake, IBRS)", "Intel Xeon Processor (Icelake)",
    "Genuine Intel(R) CPU 0000 @ 2.20GHz", "Intel(R) Pentium(R) 4 CPU 3.00GHz", "AMD Ryzen 7",
]  # fmt: skip


@pytest.mark.parametrize("brand", BRANDS)
def test_two_chips_of_one_brand_share_neither_name_nor_key(brand: str) -> None:
    chips = [x86(brand, *numbers) for numbers in ((6, 85, 4), (6, 85, 7), (6, 143, 8), (15, 143, 8))]
    chips.append(x86(brand, 6, 85, 4, "CentaurHauls")) if not brand else None
    found = [names.described(chip) or "" for chip in chips]
    assert len(set(found)) == len(chips)
    keys = {hardware_key(Cpu(model=name, logical=8, usable=8), 1 << 34) for name in found}
    assert len(keys) == len(chips)


def test_chips_of_other_architectures_share_no_name_either() -> None:
    found = [names.described(text) for text in SAID.values()]
    assert all(first != second for first, second in itertools.combinations(found, 2))


def test_two_makers_of_chips_with_the_same_cores_are_told_apart(places: Places) -> None:
    places.cpuinfo.write_text(arm("0xd0c"))
    assert names.cpu_model(places) == "Arm implementer 0x41 part 0xd0c"
    names.cpu_model.cache_clear()
    (places.firmware / "sys_vendor").write_text("Amazon EC2\n")
    (places.firmware / "product_name").write_text("c6g.large\n")
    assert names.cpu_model(places) == "Arm implementer 0x41 part 0xd0c, Amazon EC2"
    names.cpu_model.cache_clear()
    (places.sys / "devices/soc0").mkdir()
    (places.sys / "devices/soc0/soc_id").write_text("jep106:0a16:0001\n")
    (places.sys / "devices/soc0/serial_number").write_text("12345678\n")
    assert names.cpu_model(places) == "Arm implementer 0x41 part 0xd0c, chip 0a16 0001"


@pytest.mark.parametrize(
    "damage",
    [
        b"model name\t: AMD \xff\xfe\x80EPYC\x00 \x1b[31m9B14\n",
        b"model name\t: AMD\x0cEPYC\x0b9B14\n",
        b"model name\t: AMD \xe2\x80\xaeEPYC 9B14\n",
        b"MODEL NAME: AMD   EPYC  9B14",
    ],
)
def test_what_is_no_text_is_left_out(places: Places, damage: bytes) -> None:
    places.cpuinfo.write_bytes(damage)
    name = names.cpu_model(places)
    assert name.isprintable()
    assert name.split()[0] == "AMD"
    assert "9B14" in name


@given(st.binary(max_size=300))
def test_no_bytes_make_a_name_that_no_document_could_hold(damage: bytes) -> None:
    text = b"model name : " + damage + b"\nCPU implementer : 0x41\nCPU part: " + damage
    name = names.described(text.decode(errors="replace"))
    assert name is None or (name.isprintable() and name == name.strip())


def test_a_long_name_is_cut(places: Places) -> None:
    places.cpuinfo.write_text(f"isa : rv64i{'_zfoo' * 500}\n")
    assert len(names.cpu_model(places)) <= names.LONGEST_MODEL


def test_without_cpuinfo_the_folder_of_the_processors_tells(places: Places) -> None:
    (places.cpus / "modalias").write_text("cpu:type:x86,ven0002fam0019mod0011:feature:,0000,0001\n")
    assert names.cpu_model(places) == "x86 vendor 2 family 25 model 17"
    names.cpu_model.cache_clear()
    register = places.cpus / "cpu0/regs/identification/midr_el1"
    register.parent.mkdir(parents=True)
    register.write_text("0x00000000413fd0c1\n")
    assert names.cpu_model(places) == "Arm implementer 0x41 part 0xd0c"


def test_a_processor_that_says_nothing_has_a_name_and_a_key_of_this_installation(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = names.cpu_model(places)
    assert names.is_nameless(name)
    assert names.cpu_vendor(places) is None
    keys = set()
    for installation in ("0123456789abcdef", "fedcba9876543210"):
        monkeypatch.setattr(identity, "machine_id", lambda installation=installation: installation)
        keys.add(hardware_key(Cpu(model=name, logical=8, usable=8), 1 << 34))
    assert len(keys) == 2


class AppleLibrary:
    """A C library with Apple's function, which knows one name."""

    def __init__(self, _: None) -> None:
        pass

    def sysctlbyname(self, key, value, size, new, length):
        if key != b"machdep.cpu.brand_string":
            return -1
        value.value = b"Apple M2 Pro"
        return 0


def test_apple_says_it_by_a_call(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    nowhere = Places(tmp_path, tmp_path)
    monkeypatch.setattr(names, "HERE", nowhere)
    monkeypatch.setattr(names.ctypes, "CDLL", AppleLibrary)
    names.cpu_model.cache_clear()
    assert names.cpu_model(nowhere) == "Apple M2 Pro"


def test_flags_are_found_as_whole_words(places: Places) -> None:
    places.cpuinfo.write_text(AMD)
    assert cpuinfo.cpu_has_flag("hypervisor", places)
    assert not cpuinfo.cpu_has_flag("avx", places)
