"""Tests that installing fails on no machine for want of what a measurement can do without."""

from __future__ import annotations

import tomllib

import pytest
from packaging.requirements import Requirement

from tests.house.sources import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
REQUIRED = [*map(Requirement, PROJECT["dependencies"])]
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
ANY, CAPPED = ">=0.43", "<0.46,>=0.43"
# What pip gets of llvmlite on each system and processor by the newest Python; "" for nothing, where it has no wheel.
WANTED = {
    ("linux", "x86_64"): ANY,
    ("linux", "aarch64"): ANY,
    ("win32", "AMD64"): ANY,
    ("darwin", "arm64"): ANY,
    ("darwin", "x86_64"): "",
    ("win32", "ARM64"): "",
    ("win32", "x86"): "",
    ("freebsd14", "amd64"): "",
    ("freebsd14", "arm64"): "",
    ("openbsd7", "x86_64"): "",
    ("sunos5", "i86pc"): "",
    **{
        ("linux", machine): ""
        for machine in ("riscv64", "ppc64le", "s390x", "loongarch64", "armv7l", "armv6l", "i686", "mips64", "arm64")
    },
}


def llvmlite_on(system: str, machine: str, python: str) -> list[str]:
    """The versions of llvmlite that are required there, by each line that holds there."""
    here = {"sys_platform": system, "platform_machine": machine, "python_version": python}
    lines = [each for each in REQUIRED if each.name == "llvmlite"]
    return [str(each.specifier) for each in lines if each.marker is None or each.marker.evaluate(here)]


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize(("system", "machine"), WANTED)
def test_llvmlite_is_required_only_where_it_has_a_wheel(system: str, machine: str, python: str) -> None:
    wanted = WANTED[system, machine]
    if (system, machine) == ("darwin", "x86_64") and python != "3.14":
        wanted = CAPPED  # the last with wheels for Intel's Macs
    assert llvmlite_on(system, machine, python) == ([wanted] if wanted else [])


def test_nothing_else_depends_on_the_machine() -> None:
    assert {each.name for each in REQUIRED if each.marker} == {"llvmlite"}
