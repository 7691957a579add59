"""A limit to what a process may allocate, and the words by which the end of memory is known."""

from __future__ import annotations

import subprocess
import sys

import pytest

from flopsbench.errors import UsageError
from flopsbench.runs.bounds.memory import check_bound, ran_out

TRY = """
import sys
from flopsbench.runs.bounds.memory import bound_memory
bound_memory(1 << 29)
try:
    bytearray(int(sys.argv[1]))
except MemoryError:
    print("none left")
"""


@pytest.mark.process
@pytest.mark.skipif(sys.platform != "linux", reason="other systems count what is only reserved, too")
@pytest.mark.parametrize(("asked_bytes", "told"), [(1 << 20, ""), (1 << 30, "none left\n")])
def test_a_process_allocates_no_more_than_it_may(asked_bytes: int, told: str) -> None:
    tried = [sys.executable, "-c", TRY, str(asked_bytes)]
    assert subprocess.run(tried, capture_output=True, text=True, check=True).stdout == told


@pytest.mark.parametrize("system", ["darwin", "win32", "freebsd14"])
def test_a_system_that_holds_nobody_to_a_limit_says_so(system: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", system)
    check_bound(None)
    with pytest.raises(UsageError, match="--memory: this system holds no process to a limit"):
        check_bound(1 << 30)


@pytest.mark.parametrize(
    "words",
    [
        "MemoryError: no room for C",
        "OutOfMemoryError: CUDA out of memory. Tried to allocate 2 GiB",
        "exit code -6: terminate called after throwing an instance of 'std::bad_alloc'",
        "OpenBLAS error: Memory allocation still failed after 10 attempts, giving up.",
        "OSError: [Errno 12] Cannot allocate memory",
    ],
)
def test_each_library_has_its_own_words(words: str) -> None:
    assert ran_out(words)
    assert not ran_out("RuntimeError: an illegal memory access")
