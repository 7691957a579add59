"""Defines the codes and the findings of the validator: what is wrong with a document, how serious it is, and where.

The part of a code before its dot is the stem of the module that yields the finding, so that a code leads to its check.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import msgspec
from msgspec.structs import force_setattr

from flopsbench.text import shortened

LONGEST = 400  # characters of a sentence or a place: what a document says is quoted, never whole pages of it

Level = Literal["reject", "review", "note"]

# Every code the validator knows, with its level. Codes never change their meaning: CI systems match them.
# reject: never published. review: a person must look. note: told to the reader, and in nobody's way.
CODES: dict[str, Level] = {
    # file: what it is and where it lies
    "file.unreadable": "reject",
    "file.symlink": "reject",
    "file.too-large": "reject",
    "file.stray": "reject",  # neither a Result nor what may lie beside one
    "file.misplaced": "reject",  # not where its device, year and id say
    # integrity: a whole Result, byte for byte as flopsbench writes it, whose figures follow from its blocks
    "integrity.encoding": "reject",  # not UTF-8
    "integrity.json": "reject",  # not JSON, truncated, NaN
    "integrity.depth": "reject",
    "integrity.duplicate-key": "reject",
    "integrity.control-character": "reject",
    "integrity.schema": "reject",
    "integrity.version": "reject",  # written by a newer flopsbench: its schema or its method is not known
    "integrity.canonical": "reject",  # not the bytes flopsbench writes for this content, or fields it does not know
    "integrity.id": "reject",
    "integrity.license": "reject",
    "integrity.reference": "reject",  # a device, ceiling or peak that nothing else in the document knows
    "integrity.case": "reject",  # its key, its status and its parts do not fit each other
    "integrity.flop": "reject",  # not the work of such a launch, for a GEMM 2mnk
    "integrity.unit": "reject",
    "integrity.stats": "reject",  # rate or interval do not follow from the blocks
    "integrity.efficiency": "reject",  # nor do the shares of ceiling and peak
    "integrity.grade": "reject",  # better than its own reasons allow
    "integrity.reason": "reject",  # a code that does not make the sentence beside it
    "integrity.peak": "reject",  # a peak at the clock seen that its clocks do not give
    "integrity.table": "review",  # peaks, sources or grades that today's tables and rules do not give
    "integrity.bulk": "reject",  # more of something than any run has
    "integrity.empty": "review",  # many cases, of which next to none was measured
    "integrity.program": "review",  # written by a later flopsbench than this
    "integrity.method": "review",  # an older version of the method: no rate is ranked with those of today's
    # timing
    "timing.resolution": "reject",  # blocks too short for any clock
    "timing.constant": "reject",  # equal blocks: nobody's clock does that
    "timing.wall": "reject",  # the blocks took longer than the process lived, or it lived for over a year
    "timing.blocks": "reject",  # more blocks kept than were taken, or fewer than the policy's least
    "timing.host": "reject",  # device clock and host clock disagree
    "timing.first-launch": "review",
    # physics
    "physics.rate": "reject",  # above 1.02 x the peak at the highest clock recorded
    "physics.ceiling": "review",  # above the ceiling measured beside it, or above the peak at the clock seen
    "physics.slow": "review",  # a known board far below its datasheet's peak
    "physics.sustained": "review",  # faster than in the burst regime
    "physics.order": "review",  # faster in fp64 than in fp32
    "physics.core": "review",  # a clock above those of the core it names
    "physics.width": "review",  # more operations per clock than its core does, or any that is known
    "physics.unknown": "review",  # a device, or a dtype on it, that no table knows
    "physics.bandwidth": "reject",  # operands moved faster than the memory can
    "physics.power": "reject",  # above 1.3 x the power limit
    "physics.watts": "review",  # too little power for so much work, or more than so few cores take
    "physics.clock": "reject",  # clocks that no such silicon has, or in the wrong order
    # numerics
    "numerics.proof": "reject",  # a rate without a passed proof
    "numerics.fingerprint": "reject",  # its error is not the error of that arithmetic
    "numerics.band": "review",  # proven within other limits than today's
    "numerics.arithmetic": "reject",  # storage or mode is not what the dtype's name says
    # population
    "population.outlier": "review",  # robust |z| above 5 among the same cases of the same device
    "population.duplicate": "reject",  # times or ceilings of another document under another id
    # entry: what a registry takes of what is sound
    "entry.profile": "reject",  # not measured by the registry profile
    "entry.calls": "reject",  # holds calls of somebody's own code, which nobody else can measure
    "entry.width": "reject",  # no case whose rate is known to within 25 %
    # environment
    "environment.future": "reject",
    "environment.past": "reject",  # before flopsbench existed
    "environment.space": "reject",  # by an array library of its own, with its own memory and clock
    "environment.quota": "reject",  # a CPU quota that the rate's basis ignores
    "environment.minimum": "reject",  # fewer processes, blocks or seconds than its profile promises
    "environment.machine": "reject",  # a machine or a run that cannot be, or two machines in one
    "environment.missing": "review",  # leaves out what is needed to judge its rates
    "environment.guest": "review",  # a virtual machine whose processor has the name of another maker's
    "environment.unknown": "review",  # a system, a maker, a driver or a Python by a name that nobody lists
    "environment.profile": "review",  # not measured for a registry
    "environment.interrupted": "review",
    "environment.tool": "note",  # measured by a changed checkout of flopsbench
    "environment.grade": "note",  # measured on a busy machine
    # privacy: what would tell whose machine it was
    "privacy.host-name": "reject",
    "privacy.user-name": "reject",
    "privacy.path": "reject",
    "privacy.ip": "reject",
    "privacy.mac": "reject",
    "privacy.email": "reject",
    "privacy.serial": "reject",
    "privacy.secret": "reject",  # what opens somebody's account: tokens, keys, passwords
    # text: files are data, and pages are made of them
    "text.markup": "reject",
    "text.scheme": "reject",  # javascript:, data:
    "text.traversal": "reject",  # ../
    "text.long": "reject",
    "text.name": "reject",  # a name or a text that says nothing, or that looks like another
    # change: what has been published stays as it is
    "change.edited": "reject",
    "change.deleted": "reject",
    "change.renamed": "reject",
    "change.moderation": "review",  # a person moderated; a person must look
    # moderation and signatures
    "moderation.invalid": "reject",
    "moderation.unknown": "review",  # an entry for a Result that no file holds: a slip, or it was never merged
    "signature.invalid": "reject",
    "signature.unknown": "review",  # a sound signature by a key that signers does not list
}


class Finding(msgspec.Struct, frozen=True, omit_defaults=True):
    """A Finding is one sentence about one file, under a code of CODES; what pages show is a Reason.

    ``where`` names a case or a field; it is empty where the sentence is about the whole document. Both are cut after
    LONGEST characters.
    """

    code: str
    sentence: str
    where: str = ""

    def __post_init__(self) -> None:
        for field, text in (("sentence", self.sentence), ("where", self.where)):
            if len(text) > LONGEST:
                force_setattr(self, field, shortened(text, LONGEST))

    @property
    def level(self) -> Level:
        """Return how serious the finding is; raise KeyError for a code that is not in the table."""
        return CODES[self.code]


class Fault(NamedTuple):
    """A Fault is what a helper module found wrong and ``integrity`` makes a Finding of.

    ``kind`` is the part of the code behind its dot: "id" for "integrity.id".
    """

    kind: str
    sentence: str
    where: str = ""
