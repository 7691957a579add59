"""What must not leave the machine: cut from the texts of libraries, and found wherever else it stands."""

from __future__ import annotations

import getpass
import ipaddress
import platform
import socket
from pathlib import Path
from typing import NamedTuple

import psutil
import pytest

from flopsbench.host import privacy
from flopsbench.host.privacy import finder, telling_names, without_places
from tests.systems import POSIX


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("cannot open /home/alice/.venv/lib/libcublas.so.12", "cannot open libcublas.so.12"),
        ("'/opt/x/y.py', line 3", "'y.py', line 3"),
        (r"C:\\Users\\bob\\torch\\lib.dll not found".replace("\\\\", "\\"), "lib.dll not found"),
        ("(/a/b/c)", "(c)"),
        ("a rate in FLOP/s, read and/or written", "a rate in FLOP/s, read and/or written"),
        ("see https://example.org/a/b", "see https://example.org/a/b"),
        ("bf16 needs sm_80 or newer", "bf16 needs sm_80 or newer"),
    ],
)
def test_paths_are_cut_to_their_last_part(said: str, told: str) -> None:
    assert without_places(said) == told


def test_names_of_user_and_host_are_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(getpass, "getuser", lambda: "alice")
    monkeypatch.setattr(platform, "node", lambda: "wonderland.example.org")
    assert without_places("alice on wonderland.example.org, malice aside") == "... on ..., malice aside"
    assert without_places("wonderland says no") == "... says no"


def test_names_that_are_ordinary_words_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(getpass, "getuser", lambda: "root")
    monkeypatch.setattr(platform, "node", lambda: "of")
    assert without_places("the square root of a vm") == "the square root of a vm"


def test_a_name_of_two_letters_is_replaced_where_it_stands_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(getpass, "getuser", lambda: "al")
    monkeypatch.setattr(platform, "node", lambda: "vm.example.org")
    assert without_places("al asks a vm for all of LLVM") == "... asks a ... for all of LLVM"


def test_a_user_without_a_name_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown() -> str:
        raise KeyError("uid not found")

    monkeypatch.setattr(getpass, "getuser", unknown)
    monkeypatch.setattr(platform, "node", lambda: "")
    assert without_places("fine") == "fine"


# What the system tells of the machine


class Address(NamedTuple):
    """An address of an interface, as far as psutil's is looked at."""

    family: int
    address: str


class Account(NamedTuple):
    """A line of the password file, as far as it is looked at."""

    pw_name: str
    pw_gecos: str


@pytest.fixture
def wonderland(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine and a user with a name, an address and a number of every kind."""
    account = Account("alice", "Alice Liddell,,,")
    interfaces = {
        "lo": [Address(socket.AF_INET, "127.0.0.1")],
        "eth0": [
            Address(socket.AF_INET, "192.0.2.17"),
            Address(socket.AF_INET6, "fe80::216:3eff:fe12:3456%eth0"),
            Address(psutil.AF_LINK, "00:16:3E:12:34:56"),
        ],
        "tun0": [Address(psutil.AF_LINK, "00:00:00:00:00:00")],
    }
    monkeypatch.setattr(getpass, "getuser", lambda: "alice-login")
    monkeypatch.setattr("pwd.getpwuid", lambda uid: account)
    monkeypatch.setattr(platform, "node", lambda: "wonderland")
    monkeypatch.setattr(socket, "gethostname", lambda: "wonderland.example.org")
    monkeypatch.setattr(socket, "getfqdn", lambda: "rabbit-hole.example.org")
    monkeypatch.setattr(psutil, "net_if_addrs", lambda: interfaces)
    monkeypatch.setenv("HOME", "/home/liddell")
    files = {
        "machine-id": "0123456789abcdef0123456789abcdef\n",
        "dmi/product_uuid": "4C4C4544-0051-3010-8052-B4C04F4E4D32\n",
        "dmi/product_serial": "7Q0RNM2\n",
        "dmi/board_serial": "To be filled by O.E.M.\n",
        "dmi/board_asset_tag": "Amazon EC2\n",
        "gpus/0000:01:00.0/information": "Model:   NVIDIA H200\nGPU UUID:  GPU-8932f937-d72c-4106-c12f-20bd9faed9f6\n",
        "gpus/0000:02:00.0/information": "GPU UUID:  GPU-????????-????-????-????-????????????\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(privacy, "MACHINE_IDS", (tmp_path / "machine-id", tmp_path / "absent"))
    monkeypatch.setattr(privacy, "DMI", tmp_path / "dmi")
    monkeypatch.setattr(privacy, "GPUS", tmp_path / "gpus")
    return tmp_path


@POSIX
def test_every_name_is_told_in_the_forms_in_which_it_is_written(wonderland: Path) -> None:
    assert telling_names() == {
        "wonderland": "host-name",
        "wonderland.example.org": "host-name",
        "rabbit-hole": "host-name",
        "rabbit-hole.example.org": "host-name",
        "alice": "user-name",
        "alice-login": "user-name",
        "alice liddell": "user-name",
        "/home/liddell": "path",
        "192.0.2.17": "ip",
        "fe80::216:3eff:fe12:3456": "ip",
        ipaddress.ip_address("fe80::216:3eff:fe12:3456").exploded: "ip",
        "00:16:3e:12:34:56": "mac",
        "00-16-3e-12-34-56": "mac",
        "0016.3e12.3456": "mac",
        "00163e123456": "mac",
        "0123456789abcdef0123456789abcdef": "serial",
        "01234567-89ab-cdef-0123-456789abcdef": "serial",
        "4c4c4544-0051-3010-8052-b4c04f4e4d32": "serial",
        "4c4c4544005130108052b4c04f4e4d32": "serial",
        "7q0rnm2": "serial",
        "8932f937-d72c-4106-c12f-20bd9faed9f6": "serial",
        "8932f937d72c4106c12f20bd9faed9f6": "serial",
    }


def test_longer_names_come_first(wonderland: Path) -> None:
    lengths = [len(name) for name in telling_names()]
    assert lengths == sorted(lengths, reverse=True)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("6.8.0-wonderland1", "host-name"),
        ("WONDERLAND.Example.ORG", "host-name"),
        ("by Alice", "user-name"),
        ("run_alice_3", "user-name"),
        ("ALICE LIDDELL", "user-name"),
        ("/home/liddell/.cache", "path"),
        ("at 192.0.2.17.", "ip"),
        ("[FE80::216:3EFF:FE12:3456]", "ip"),
        ("00-16-3E-12-34-56", "mac"),
        ("board 7Q0RNM2", "serial"),
        ("GPU-8932f937-d72c-4106-c12f-20bd9faed9f6", "serial"),
        ("malice aforethought", None),
        ("\N{KELVIN SIGN} alice\N{LATIN SMALL LETTER LONG S}", None),
        ("192.0.2.170", None),
        ("a00163e1234567", None),
        ("", None),
    ],
)
def test_a_name_is_found_in_any_case_and_a_short_one_only_alone(text: str, kind: str | None, wonderland: Path) -> None:
    assert finder(telling_names())(text) == kind


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("6.8.0-vm", "host-name"),
        ("run by Al", "user-name"),
        ("VM", None),
        ("al", None),
        ("LLvm, vmlinuz, vm2", None),
        ("12 of 42", None),
    ],
)
def test_a_name_of_two_letters_is_found_alone_and_in_its_case(
    text: str, kind: str | None, wonderland: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "node", lambda: "vm")
    monkeypatch.setattr(socket, "gethostname", lambda: "42")
    monkeypatch.setattr(getpass, "getuser", lambda: "Al")
    assert finder(telling_names())(text) == kind


def test_what_names_nobody_is_not_told(wonderland: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account("root", "root")
    monkeypatch.setattr(getpass, "getuser", lambda: "root")
    monkeypatch.setattr("pwd.getpwuid", lambda uid: account)
    monkeypatch.setattr(platform, "node", lambda: "localhost")
    monkeypatch.setattr(socket, "gethostname", lambda: "gpu")
    monkeypatch.setattr(socket, "getfqdn", lambda: "localhost.localdomain")
    monkeypatch.setenv("HOME", "/")
    assert not {"host-name", "user-name", "path"} & set(telling_names().values())


def test_a_system_that_tells_nothing_is_no_error(wonderland: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object) -> str:
        raise KeyError("uid not found")

    monkeypatch.setattr(getpass, "getuser", unknown)
    monkeypatch.setattr("pwd.getpwuid", unknown)
    monkeypatch.delenv("HOME")
    for host in (platform, "node"), (socket, "gethostname"), (socket, "getfqdn"):
        monkeypatch.setattr(*host, lambda: "")
    monkeypatch.setattr(psutil, "net_if_addrs", dict)
    for place in ("DMI", "GPUS"):
        monkeypatch.setattr(privacy, place, wonderland / "absent")
    monkeypatch.setattr(privacy, "MACHINE_IDS", ())
    assert telling_names() == {}
    assert finder({})("anything") is None


def test_the_names_of_this_machine_can_be_read() -> None:
    names = telling_names()
    assert set(names.values()) <= {"host-name", "user-name", "path", "ip", "mac", "serial"}
    assert all(len(name) >= privacy.SHORTEST_NAME for name in names)
    assert all(name == name.lower() for name in names if len(name) >= privacy.FOLDED_NAME)
