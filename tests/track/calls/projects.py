"""Small projects for comparisons: a module, tests that measure it, and the sides that run them."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent

from flopsbench.result.types import Options
from flopsbench.track.ab.side import Side

# Waiting takes as long as it takes on a machine that is busy with other work.
WORK = """
    from time import sleep

    def work(times):
        sleep(0.005 * times)
        return times
    """
SUITE = """
    import pytest
    from lib import work

    @pytest.fixture(scope="session")
    def once():
        return 1

    def test_slower(flops, once):
        flops(lambda: work({slower}), flop=2000)

    def test_same(flops, once):
        flops(lambda: work(once), bytes=64)
        flops(lambda: work(once), name="again")

    def test_by_benchmark(benchmark):
        benchmark.extra_info["flop"] = 2000
        assert benchmark(work, 1) == 1

    def test_that_measures_nothing():
        raise AssertionError("not to be run")
    """


def project(folder: Path, files: Mapping[str, str]) -> Path:
    """Write a project whose modules its tests find, as it has a conftest beside them."""
    for name, text in {"conftest.py": "", "lib.py": WORK, **files}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text))
    return folder


def side(name: str, folder: Path, **environment: str) -> Side:
    """The side of a project in a folder, which this interpreter runs."""
    return Side(name, Options(["auto"]), sys.executable, {**os.environ, **environment}, folder)
