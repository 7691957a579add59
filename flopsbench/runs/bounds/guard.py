"""Stands between a run and one worker: whatever the worker starts ends with it, and what it prints stays small.

It is a process of its own, started as the text that ``command`` returns. It inherits the worker's pipes, starts the
worker with them in a session of its own, and says its number, a line, through the socket by which the parent holds it.
It ends everything below it when the worker has ended, when the other end of that socket is closed, as a parent that is
killed does, or on SIGTERM; then it ends as the worker did, by the same exit code or signal. On Linux nothing
below it can get away. Elsewhere what has left the worker's session and lost its parent does: no other system gives
orphans to anybody but the first process.

It imports next to nothing, since the worker waits for it.
"""

from __future__ import annotations

import os
import select
import signal
import sys

from flopsbench.host.parent import ASKING, adopt_orphans, end_below, leave_no_core, reaped, start_below
from flopsbench.runs.bounds.lines import CHUNK_BYTES

KEPT_BYTES = 1 << 14  # of what a worker prints, the last: its last line is shown


def command(held: int, worker: list[str]) -> list[str]:
    """Return the command that starts a guard of a worker, given the descriptor of the socket that it is held by.

    The guard runs under this interpreter, whatever the worker's own is, and heeds no variable that is set for that.
    """
    package = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(__file__))))
    start = f"import sys; sys.path.append({package!r}); from {__name__} import main; main()"
    return [sys.executable, "-I", "-S", "-c", start, str(held), *worker]


def main() -> None:
    """Guard one worker until it has ended."""
    held, worker = int(sys.argv[1]), sys.argv[2:]
    os.set_inheritable(held, False)
    adopt_orphans()
    woken = _wake_on_signals()
    printed, stderr = os.pipe()
    pid = start_below(worker, stderr)
    os.close(stderr)
    _let_go_of_the_pipes()
    os.write(held, b"%d\n" % pid)
    kept, codes = _watch(pid, held, woken, printed)
    codes |= end_below(pid)
    os.set_blocking(printed, False)
    os.write(2, _last(kept, printed))
    _end_as(codes.get(pid, -signal.SIGKILL))


def _wake_on_signals() -> int:
    """Return a descriptor from which the number of each signal can be read that this process has to heed."""
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    for number in (signal.SIGCHLD, *ASKING):
        signal.signal(number, lambda *_: None)
    return woken


def _let_go_of_the_pipes() -> None:
    """Let the worker alone hold its pipes, so that the parent hears of its end."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1):
        os.dup2(nothing, number)


def _watch(pid: int, held: int, woken: int, printed: int) -> tuple[bytes, dict[int, int]]:
    """Return, when it is time to end, the last of what the worker printed, and the exit codes of what has ended."""
    waiting = select.poll()
    for descriptor in (held, woken, printed):
        waiting.register(descriptor, select.POLLIN)
    kept, codes = b"", reaped()
    while pid not in codes:
        ready = {descriptor for descriptor, _ in waiting.poll()}
        if printed in ready:
            part = os.read(printed, CHUNK_BYTES)
            kept = (kept + part)[-KEPT_BYTES:]
            if not part:
                waiting.unregister(printed)
        if held in ready or (woken in ready and set(os.read(woken, CHUNK_BYTES)) & set(ASKING)):
            break
        codes |= reaped()
    return kept, codes


def _last(kept: bytes, printed: int) -> bytes:
    """Return the last of what was printed, with what still lies in the pipe."""
    try:
        while part := os.read(printed, CHUNK_BYTES):
            kept = (kept + part)[-KEPT_BYTES:]
    except BlockingIOError:
        pass
    return kept


def _end_as(code: int) -> None:
    """End this process as the worker ended."""
    if code < 0:
        leave_no_core()  # the worker has left its own, where the system wants one
        if -code != signal.SIGKILL:
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    raise SystemExit(code)
