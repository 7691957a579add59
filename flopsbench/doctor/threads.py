"""Checks the thread settings of BLAS libraries against the cores that this process can use."""

from __future__ import annotations

from collections.abc import Mapping

from flopsbench.doctor.symptom import Check, Remedy, Symptom
from flopsbench.host.cpu.cores import EVERY_THREAD_VARIABLE, parse_thread_count
from flopsbench.words.reason import Reason

THREADS = Check(
    "threads",
    Reason("threads_title"),
    Reason("threads_why"),
)


def threads(environ: Mapping[str, str], usable: int) -> Symptom:
    """Check the variables that set a number of threads against ``usable`` cores."""
    asked = {name: environ[name] for name in EVERY_THREAD_VARIABLE if environ.get(name)}
    if not asked:
        return THREADS.fine(Reason("threads_unset", usable=usable))
    counts = {name: count for name in asked if (count := parse_thread_count(asked[name])) is not None}
    if len(counts) < len(asked):
        return THREADS.unknown(Reason("threads_no_number", names=", ".join(sorted(asked.keys() - counts.keys()))))
    saw = Reason(
        "threads_seen", settings=", ".join((f"{name}={count}" for name, count in counts.items())), usable=usable
    )
    wrong = [name for name, count in counts.items() if count > usable]
    remedy = Remedy(
        effect=Reason("threads_effect"),
        command="; ".join(f"export {name}={usable}" for name in wrong or counts),
        undo="; ".join(f"export {name}={counts[name]}" for name in wrong or counts),
    )
    if wrong:
        return THREADS.noisy(saw, remedy)
    return THREADS.fine(saw) if set(counts.values()) == {usable} else THREADS.note(saw, remedy)
