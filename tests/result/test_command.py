"""Tests the command that asks again for what a Result was asked for."""

from __future__ import annotations

import shlex

import pytest
from msgspec.structs import replace

from flopsbench.result.command import command_of
from flopsbench.result.types import Options
from tests.documents import result

ASKED = Options(devices=["cpu", "cuda:0"], dtypes=["fp32"], sizes=["8x8x4"], kernels=["$(reboot)"], time_s=2.5)


def command(options: Options, profile: str | None, *more: str) -> str:
    made = result()
    return command_of(replace(made, tool=replace(made.tool, options=options)), "noise", profile, *more)


def test_a_command_repeats_every_option_and_is_safe_to_paste() -> None:
    assert command(ASKED, "quick", "--seed", "7") == (
        "flopsbench noise --device cpu,cuda:0 --dtype fp32 --size 8x8x4 --kernel '$(reboot)' "
        "--profile quick --time 2.5 --seed 7"
    )


@pytest.mark.parametrize("field", ["devices", "dtypes", "sizes", "kernels", "time_s"])
def test_what_was_not_asked_for_is_left_out(field: str) -> None:
    fewer = replace(ASKED, **{field: None if field == "time_s" else []})
    assert len(shlex.split(command(fewer, None))) == len(shlex.split(command(ASKED, None))) - 2
