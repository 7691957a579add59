"""Tests that installing fails on no machine for want of what a measurement can do without."""

from __future__ import annotations

import tomllib

import pytest
from packaging.requirements import Requirement

from tests.house.sources import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
REQUIRED = {each.name: each for each in map(Requirement, PROJECT["dependencies"])}
WITH_A_WHEEL = ("x86_64", "AMD64", "aarch64", "arm64")
WITHOUT = ("riscv64", "ppc64le", "s390x", "loongarch64", "armv7l", "armv6l", "i686", "mips64", "x86")


@pytest.mark.parametrize(("machine", "wanted"), [*((m, True) for m in WITH_A_WHEEL), *((m, False) for m in WITHOUT)])
def test_llvmlite_is_required_only_where_it_has_a_wheel(machine: str, wanted: bool) -> None:
    marker = REQUIRED["llvmlite"].marker
    assert marker is not None
    assert marker.evaluate({"platform_machine": machine}) is wanted


def test_nothing_else_depends_on_the_machine() -> None:
    assert [name for name, each in REQUIRED.items() if each.marker] == ["llvmlite"]
