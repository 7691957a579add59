"""Fixtures that several test modules share."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import numpy  # noqa: F401  # loads the BLAS that is limited below
import pytest
from hypothesis import HealthCheck, settings
from threadpoolctl import threadpool_limits

from flopsbench.cli.language import CHOSEN, DEFAULT_LANGUAGE
from tests import guard, strangers
from tests.quota import group_of

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as a shell does to what it begins with &, and all its children
    signal.signal(signal.SIGINT, signal.default_int_handler)
# As nohup does; what a test starts is not to inherit that.
if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, lambda *_: None)

# What is loaded is not tried in a copy of this process first, which no fast test may start.
for name in ("llvmlite.binding", "pynvml"):
    with suppress(ImportError):
        import_module(name)

# What a user's shell, a hook of git or a CI system sets, and git, rich, typer, CUDA or this package heeds: no test may
# hang on it, nor reach another checkout by it. Tests about such a variable set it themselves.
HEEDED = re.compile(
    r"GIT_.*|GITHUB_.*|COLUMNS|LINES|NO_COLOR|FORCE_COLOR|PY_COLORS|TTY_.*|JUPYTER_.*"
    r"|NVIDIA_TF32_OVERRIDE|CUPY_(TF32|ACCELERATORS)"
)
for name in [name for name in os.environ if HEEDED.fullmatch(name)]:
    del os.environ[name]
os.environ["COLUMNS"] = "80"  # however wide the terminal is that the tests run in
os.environ["LC_ALL"] = "C.UTF-8"  # and whatever its language: commands speak that of the locale
os.environ |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}  # whoever signs all commits, or has hooks
os.environ |= {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*"}


# However slow the machine is, and whatever runs beside the tests.
anywhere = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("any machine", anywhere)
settings.register_profile("emulated", anywhere, max_examples=20)
settings.load_profile("any machine")

# Two threads that multiply small matrices wait for each other longer than they multiply where other tests run beside.
# It holds in this process alone, not in those that tests start.
threadpool_limits(limits=1, user_api="blas")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a slow machine try each test with a few of its parameters."""
    parser.addoption("--few", type=int, metavar="N", help="try each test with N of its parameters at most")


def pytest_configure(config: pytest.Config) -> None:
    """Watch that no fast test starts a process."""
    config.pluginmanager.register(guard)


@pytest.hookimpl(trylast=True)  # after -m has chosen
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is beyond ``--few``; those that stay are spread over all parameters of a test."""
    few = config.getoption("few")
    if few is None:
        return
    tests: dict[str, list[pytest.Item]] = {}
    for item in items:
        tests.setdefault(item.nodeid.partition("[")[0], []).append(item)
    kept = {each[len(each) * place // few] for each in tests.values() for place in range(few)}
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = [item for item in items if item in kept]


@pytest.fixture(autouse=True)
def own_language() -> Iterator[None]:
    """Let no command that a test runs here choose the language of the tests after it."""
    token = CHOSEN.set(DEFAULT_LANGUAGE)
    yield
    CHOSEN.reset(token)


@pytest.fixture
def install_strangers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Install backends of tests/strangers where worker processes (and command lines) find them."""

    def install(*names: str) -> None:
        site = tmp_path / "site"
        site.mkdir(exist_ok=True)
        strangers.install(site, *names)
        monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(site), os.environ.get("PYTHONPATH")])))

    return install


@pytest.fixture
def no_ceiling(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let workers find no llvmlite: the ceiling takes a third of a short run, and no product is proven by it."""
    absent = str(strangers.FOLDER / "absent")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [absent, os.environ.get("PYTHONPATH")])))


@pytest.fixture
def half_a_core() -> Iterator[Path]:
    """A fresh group of this machine that may use half a core; skips where none can be made."""
    try:
        with group_of(0.5) as group:
            yield group
    except OSError as error:
        pytest.skip(f"no control group with a quota can be made here: {error.strerror}")
