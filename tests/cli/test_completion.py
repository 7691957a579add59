"""Tests what a shell is offered to complete a command line."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from flopsbench.cli import completion
from flopsbench.cli.completion import list_of, one_of


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("", ["fp64", "fp32", "bf16"]),
        ("fp", ["fp64", "fp32"]),
        ("bf16,fp3", ["bf16,fp32"]),
        ("fp64,", ["fp64,fp32", "fp64,bf16"]),
        ("x", []),
    ],
)
def test_the_last_name_of_a_list_is_completed_by_one_that_is_not_in_it(typed: str, offered: list[str]) -> None:
    assert list_of(lambda: ["fp64", "fp32", "bf16"])(typed) == offered


def test_one_name_is_completed() -> None:
    assert one_of(completion.profiles)("s") == ["standard"]


SHELL = """
import os, sys
from flopsbench.cli import main
try:
    main()
finally:
    print(*sys.modules, file=sys.stderr)
"""


@pytest.mark.process
@pytest.mark.parametrize(
    ("typed", "some"),
    [
        ("run --dtype fp64,bf", {"fp64,bf16"}),
        ("run --profile q", {"quick"}),
        ("run --backend n", {"numpy"}),
        ("run --device ", {"auto", "cpu", "cuda", "all"}),
        ("scale --against cn-miit", {"cn-miit-ai-2025"}),
        ("compare --fail-on mis", {"missing"}),
        ("export --format py", {"pytest-benchmark"}),
    ],
)
def test_bash_is_offered_names_without_an_array_library(typed: str, some: set[str]) -> None:
    words = f"flopsbench {typed}"
    asked = {
        "_FLOPSBENCH_COMPLETE": "complete_bash",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split(" ")) - 1),
    }
    command = [sys.executable, "-c", SHELL]
    done = subprocess.run(command, env=os.environ | asked, capture_output=True, text=True, check=True)
    assert some <= set(done.stdout.split())
    assert not {"numpy", "torch", "cupy", "llvmlite"} & set(done.stderr.split())
