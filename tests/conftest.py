"""Fixtures that several test modules share."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import strangers


@pytest.fixture
def install_strangers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Install backends of tests/strangers where worker processes (and command lines) find them."""

    def install(*names: str) -> None:
        site = tmp_path / "site"
        site.mkdir(exist_ok=True)
        strangers.install(site, *names)
        monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(site), os.environ.get("PYTHONPATH")])))

    return install
