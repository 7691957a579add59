"""What the worker processes of a running command are doing."""

from __future__ import annotations

import os
import time
from contextlib import suppress

import psutil


def workers(parent: int | None = None) -> list[psutil.Process]:
    """The workers and judges below a process, this one by default: each leads a session of its own, and guards one not.

    Helpers of multiprocessing, which stay until the process ends, lead none.
    """
    leaders = [child for child in psutil.Process(parent).children(recursive=True) if leads_a_session(child.pid)]
    guards = {parent_of(leader) for leader in leaders}
    return [leader for leader in leaders if leader.pid not in guards]


def parent_of(process: psutil.Process) -> int | None:
    """The number of its parent; None of one that is gone."""
    with suppress(psutil.NoSuchProcess):
        return int(process.ppid())
    return None


def leads_a_session(pid: int) -> bool:
    """Whether it was started out of reach of the terminal; false of one that is gone."""
    with suppress(ProcessLookupError):
        return os.getsid(pid) == pid
    return False


def suspended_workers(parent: int) -> list[psutil.Process]:
    """The workers of a process, as soon as one of them is suspended: an A/B is under way."""
    while True:
        running = workers(parent)
        if any(map(is_suspended, running)):
            return running
        time.sleep(0.01)


def is_suspended(worker: psutil.Process) -> bool:
    try:
        return bool(worker.status() == psutil.STATUS_STOPPED)
    except psutil.NoSuchProcess:  # it has done its work meanwhile
        return False
