"""Defines what a run and its workers say to each other: one request, then one line of JSON per event."""

from __future__ import annotations

import msgspec

from flopsbench.measure.blocks import Step
from flopsbench.proof.ledger import Look, Purpose
from flopsbench.result.types import Case, Ceiling, DeviceRecord, Options, Profile, Regime, Said, Software
from flopsbench.runs.bounds.loaded import CodePlaces, LoadedCode

# What a process that waits is sent: time another block, or come to an end.
TURN, ENOUGH = b"\n", b"enough\n"


class Flaw(msgspec.Struct, frozen=True):
    """A Flaw is why a backend cannot be used: the sentence, and what it is made of, as documents hold both."""

    reason: str
    reason_said: Said | None = None


class Request(msgspec.Struct, frozen=True):
    """A Request says what one process has to do.

    ``only`` names the cases to run by their ``case_id``, ``skip`` those not to run again. ``memory`` is the descriptor,
    or the path, of the memory that products are handed to the judge in. ``brought`` are kernels as the command line
    names them, by file or module: they never come into a document. ``broken`` are the backends that ended another
    worker, which are not to be imported again. ``spent_s`` is what other workers have used of this process's time. The
    worker may allocate ``memory_bytes`` at most, where there is such a limit. ``places`` are where its code lies.
    ``block_s`` is how long a block takes at the least, in seconds, where that is not as the profile has it.
    """

    options: Options
    profile: Profile
    seed: int
    order: int = 0
    regime: Regime = "burst"
    skip: list[str] = []
    only: list[str] | None = None
    memory: int | str = -1
    brought: list[str] = []
    broken: dict[str, Flaw] = {}
    spent_s: float = 0.0
    memory_bytes: int | None = None
    places: CodePlaces = CodePlaces()
    block_s: float | None = None


class Started(msgspec.Struct, frozen=True, tag=True):
    """Started says that the worker knows the machine: it lists every case in the plan's order, none reached yet.

    ``code`` is whose code it has loaded, where the request says where code may lie.
    """

    cases: list[Case]
    devices: list[DeviceRecord]
    software: Software
    code: LoadedCode = LoadedCode()


class Stepping(msgspec.Struct, frozen=True, tag=True):
    """Stepping says which step begins, and what it is about: the backend that is imported, or whose devices are listed.

    ``expected_s`` is how many seconds it should take, 0 where nobody knows.
    """

    step: Step
    expected_s: float = 0.0
    subject: str = ""


class Begun(msgspec.Struct, frozen=True, tag=True):
    """Begun says which case has its turn, by its ``case_id``, and how many seconds are its share."""

    id: str
    share_s: float = 0.0


class Asking(msgspec.Struct, frozen=True, tag=True):
    """Asking wants a fresh seed for so many sets, unknown to the worker before: the answer is a line with a number."""

    purpose: Purpose
    sets: int


class Beginning(msgspec.Struct, frozen=True, tag=True):
    """Beginning says that a block is about to be timed, which begins with the answer, an empty line."""

    id: str


class Block(msgspec.Struct, frozen=True, tag=True):
    """Block says that a block was timed: how many so far, and the rate of this one in FLOP/s or OP/s.

    ``host_s`` is how long it took by the worker's own clock, in seconds.
    """

    id: str
    count: int
    rate_per_s: float
    unit: str
    host_s: float


class Looked(msgspec.Struct, frozen=True, tag=True):
    """Looked says what numbers of A, B and C were right after a block, or after a pass."""

    look: Look


class Handing(msgspec.Struct, frozen=True, tag=True):
    """Handing says that products lie in the shared memory: the answer is a line with the Proof.

    ``c`` is the storage format of them.
    """

    id: str
    c: str


class Waiting(msgspec.Struct, frozen=True, tag=True):
    """Waiting says that this process has had its turn and does nothing until it is sent TURN or ENOUGH."""


class Ended(msgspec.Struct, frozen=True, tag=True):
    """Ended says that a case is done, or cannot be: it carries the record of this one process, and the ceiling."""

    case: Case
    ceiling: Ceiling | None = None


class Finished(msgspec.Struct, frozen=True, tag=True):
    """Finished says that all cases had their turn."""


class Tainted(msgspec.Struct, frozen=True, tag=True):
    """Tainted says that an error may have broken the GPU for this process: the cases left need a fresh one."""


class Printed(msgspec.Struct, frozen=True, tag=True):
    """Printed says what a worker has printed in which a case has failed, the last lines; no worker sends it itself."""

    lines: list[str]


class Refused(msgspec.Struct, frozen=True, tag=True):
    """Refused says why the request cannot be served: the class name of a flopsbench error, and its sentence."""

    error: str
    message: str


Question = Asking | Beginning | Looked | Handing  # these are for the referee alone
Event = Started | Stepping | Begun | Question | Block | Waiting | Ended | Finished | Tainted | Refused | Printed
