"""What the worker processes of a running command are doing."""

from __future__ import annotations

import time

import psutil


def suspended_workers(parent: int) -> list[psutil.Process]:
    """The children of a process, as soon as one of them is suspended: an A/B is under way."""
    while True:
        workers = psutil.Process(parent).children()
        if any(map(is_suspended, workers)):
            return workers
        time.sleep(0.01)


def is_suspended(worker: psutil.Process) -> bool:
    try:
        return bool(worker.status() == psutil.STATUS_STOPPED)
    except psutil.NoSuchProcess:  # it has done its work meanwhile
        return False
