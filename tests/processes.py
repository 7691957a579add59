"""What the worker processes of a running command are doing."""

from __future__ import annotations

import os
import time
from contextlib import suppress

import psutil


def workers(parent: int | None = None) -> list[psutil.Process]:
    """The workers among the children of a process, of this one by default: each leads a session of its own.

    Helpers of multiprocessing, which stay until the process ends, do not.
    """
    return [child for child in psutil.Process(parent).children() if leads_a_session(child.pid)]


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
