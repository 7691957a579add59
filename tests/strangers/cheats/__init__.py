"""Cheats by family, a module each, and honest twins that do work of the same kind and must get their rate.

Each kernel is named on the command line as ``--kernel tests.strangers.cheats.FAMILY:NAME``.
"""

from __future__ import annotations

from typing import NamedTuple

WRONG = "not_the_product"
SPOILED = "product_not_finite"
UNFINISHED = "not_the_product|product_not_finite"  # NaN or numbers, whatever was there when somebody looked
IDLE = "work_not_done"
CLOCK = "clock_disagrees"
COARSE = "less_precise"
ROUNDED = "not_rounded_once"

# At 512 a launch takes more than 0.4 ms: blocks are fresh. At 96 it takes less, on a busy machine too, and is audited.
FRESH, SHORT = 512, 96


class Cheat(NamedTuple):
    """A Cheat is a kernel that must get no rate, or leave nothing behind, beside a twin that must get one.

    ``caught`` is the code of the reason, or words of it where there is a blank; ``|`` stands between codes of which
    any will do. It is empty of one whose rate is right, and of which nothing may be left that it started. ``missed``
    says why it is not caught yet, and what would; ``by_chance`` marks what one run catches and the next may not.
    """

    family: str
    cheat: str
    twin: str
    caught: str
    size: int = FRESH
    dtype: str = "fp64"
    missed: str = ""
    by_chance: bool = False


# Why something is missed, and what would catch it.
BACKLOG = (
    "What a thread still has to do when the clock stops is little and done before anybody looks: compare the "
    "processor time of each block with its own, or stop the worker at the end of a block and look at C then"
)
SHARED = (
    "It replaces functions of the harness, or arrays, in the process that both share: have kernels launched in a "
    "process that holds nothing but them, and C in memory that the parent looks at where a block ends"
)
RECORD = (
    "The parent compares what the worker reports of each block and takes what the worker's record says: make the "
    "record of what was reported, and let the worker ask for the launches of a block"
)
FORGIVEN = (
    "On a busy machine the parent forgives all that the worker waited for a core, which the worker's own clock has "
    "counted too, and so any slow clock: forgive only what comes after the block, or take the fastest blocks"
)
BELOW = "The parent allows 2 per cent, and compares medians: take its own seconds, or compare every block's"
OWN_WORD = (
    "The worker tells the judge which operands it multiplied: let the parent derive them from the seeds that it dealt"
)
OWN_PROOF = (
    "Where nothing was handed over, the parent takes the worker's proof: fail a case that must be proven and was "
    "not judged"
)
OWN_EVIDENCE = (
    "The worker tells the judge shape, arithmetic and how many products of which kind: let the parent say so, of "
    "what it has planned"
)
FEW = (
    "Two of the products of the last block are looked at: look for spoiled numbers in every product, or at each by "
    "one vector"
)
KNOWS_AUDITS = (
    "It knows by its frames that it is audited, and nobody looks at what audits leave in C: have a product of each "
    "audit judged, and call the clock from one place alone"
)
NO_GAIN = "It gains nothing: what it would save takes as long as the product, or its blocks are fresh"
UNSEEN = (
    "C is right and every set is launched once, so that it gains nothing; nobody looks at A and B again: compare a "
    "few numbers of both after the block"
)
RESTS = (
    "The rates are true, of a chip that has rested: compare the time between blocks with the blocks', and begin "
    "each block straight after launches"
)
AHEAD = (
    "The worker holds the operands before the block begins: let the parent watch the processor time between dealing "
    "a seed and the beginning of the block, and launch in a process that gets the operands when it begins"
)
TURNED = (
    "Every A is the whole base, turned: sums of all are equal but for rounding, and so audits find older products, "
    "which nobody looks at: draw the base longer than an operand, and have a product of each audit judged"
)
IN_BLOCK = (
    "Where a block has no more launches than there are sets it gains nothing, as all is done before the block ends; "
    "where it has more the audits tell"
)

CHEATS = (
    Cheat("threads", "unjoined", "joined", UNFINISHED),
    Cheat("threads", "queued", "joined", UNFINISHED),
    Cheat("threads", "half", "pooled", UNFINISHED, missed=BACKLOG, by_chance=True),
    Cheat(
        "threads",
        "in_blocks",
        "joined",
        "product_not_finite|not_the_product|clock_disagrees",
        missed=BACKLOG,
        by_chance=True,
    ),
    Cheat("threads", "tenth_in_blocks", "joined", UNFINISHED, missed=BACKLOG, by_chance=True),
    Cheat("caches", "by_id", "bound", WRONG),
    Cheat("caches", "by_pointer", "bound", WRONG),
    Cheat("caches", "by_shape", "planned", WRONG),
    Cheat("caches", "by_id", "bound", WRONG, size=SHORT),
    Cheat("caches", "by_pointer", "bound", WRONG, size=SHORT),
    Cheat("caches", "by_shape", "planned", WRONG, size=SHORT),
    Cheat("caches", "by_corner", "planned", IDLE, size=SHORT),
    Cheat("caches", "by_sample", "planned", IDLE, size=SHORT),
    Cheat("caches", "by_sum", "planned", "not_the_product|work_not_done", size=SHORT, missed=TURNED, by_chance=True),
    Cheat("caches", "by_content", "planned", IDLE, size=SHORT),
    Cheat("caches", "by_digest", "planned", IDLE, size=SHORT, missed=NO_GAIN, by_chance=True),
    Cheat("caches", "untouched_by_corner", "bound", IDLE, size=SHORT),
    Cheat("caches", "untouched_by_content", "bound", IDLE, size=SHORT),
    Cheat("lazy", "returned", "subclassed", SPOILED),
    Cheat("lazy", "replaced", "subclassed", "product_not_finite|clock_disagrees"),
    Cheat("lazy", "replaced_tenth", "subclassed", SPOILED, missed=SHARED),
    Cheat(
        "lazy",
        "fetched",
        "subclassed",
        "product_not_finite|work_not_done|clock_disagrees",
        missed=SHARED,
        by_chance=True,
    ),
    Cheat("lazy", "fetched_tenth", "subclassed", SPOILED, missed=SHARED),
    Cheat("lazy_torch", "returned", "subclassed", SPOILED, dtype="fp32"),
    Cheat("lazy_torch", "replaced", "subclassed", "product_not_finite|clock_disagrees", dtype="fp32"),
    Cheat("lazy_torch", "replaced_tenth", "subclassed", SPOILED, dtype="fp32", missed=SHARED),
    Cheat("timers", "half", "watched", CLOCK, missed=FORGIVEN, by_chance=True),
    Cheat("timers", "nine_tenths", "watched", CLOCK, missed=FORGIVEN, by_chance=True),
    Cheat("timers", "nearly", "watched", CLOCK, missed=FORGIVEN, by_chance=True),
    Cheat("timers", "by_a_hundredth", "watched", CLOCK, missed=BELOW, by_chance=True),
    Cheat("timers", "of_the_clocks", "watched", CLOCK, missed=FORGIVEN, by_chance=True),
    Cheat("timers", "every_second", "watched", CLOCK, missed=FORGIVEN, by_chance=True),
    Cheat("timers", "every_third", "watched", CLOCK, missed=BELOW, by_chance=True),
    Cheat("timers", "no_number", "watched", "no_seconds"),
    Cheat("timers", "negative", "watched", "no_seconds"),
    Cheat("timers", "endless", "watched", "no_seconds"),
    Cheat("timers", "nothing", "watched", "no_seconds"),
    Cheat("timers", "recorded", "watched", CLOCK, missed=RECORD),
    Cheat("timers", "said", "watched", CLOCK, missed=RECORD),
    Cheat("timers", "more_loops", "watched", "clock_disagrees|work_not_done", missed=RECORD, by_chance=True),
    Cheat("patches", "einsum", "settings", WRONG),
    Cheat("patches", "copyto", "settings", WRONG),
    Cheat("patches", "allclose", "settings", SPOILED),
    Cheat("patches", "isfinite", "settings", SPOILED),
    Cheat("patches", "drawn", "settings", WRONG, missed=OWN_WORD),
    Cheat("patches", "unfilled", "settings", WRONG),
    Cheat("patches", "refilled", "settings", WRONG, missed=OWN_WORD),
    Cheat("patches", "unspoiled", "settings", WRONG, size=SHORT, missed=OWN_WORD),
    Cheat("patches", "launched", "settings", "product_not_finite|clock_disagrees", missed=SHARED, by_chance=True),
    Cheat("patches", "unaudited", "settings", IDLE, size=SHORT, missed=SHARED),
    Cheat("patches", "judged", "settings", WRONG, missed=OWN_PROOF),
    Cheat("patches", "proven", "settings", WRONG, missed=OWN_PROOF),
    Cheat(
        "patches",
        "handed",
        "settings",
        "product_not_finite|work_not_done|clock_disagrees",
        missed=SHARED,
        by_chance=True,
    ),
    Cheat("patches", "coarser", "settings", COARSE, dtype="fp32", missed=OWN_EVIDENCE),
    Cheat("patches", "untold", "settings", ROUNDED, missed=OWN_EVIDENCE),
    Cheat("patches", "smaller", "settings", WRONG, missed=OWN_EVIDENCE),
    Cheat("batches", "only_last", "counted", SPOILED),
    Cheat("batches", "only_first", "counted", SPOILED),
    Cheat("batches", "every_second", "counted", SPOILED, missed=FEW, by_chance=True),
    Cheat("batches", "first_half", "counted", SPOILED, missed=FEW, by_chance=True),
    Cheat("batches", "all_but_a_tenth", "counted", SPOILED, missed=FEW, by_chance=True),
    Cheat("batches", "all_but_one", "counted", SPOILED, missed=FEW, by_chance=True),
    Cheat("batches", "together", "counted", IDLE, missed=IN_BLOCK, by_chance=True),
    Cheat("batches", "where_nan", "counted", IDLE, size=SHORT),
    Cheat("batches", "together", "counted", IDLE, size=SHORT),
    Cheat("batches", "alternate", "counted", IDLE, size=SHORT, missed=KNOWS_AUDITS, by_chance=True),
    Cheat("batches", "once_per_block_and_idle_in_audits", "counted", IDLE, size=SHORT, missed=KNOWS_AUDITS),
    Cheat("precision", "bf16", "plain", COARSE, dtype="fp32"),
    Cheat("precision", "tf32", "plain", COARSE, dtype="fp32"),
    Cheat("precision", "fp16", "plain", COARSE, dtype="fp32"),
    Cheat("precision", "fp16_sums", "plain", COARSE, dtype="fp32"),
    Cheat("precision", "bits17", "plain", COARSE, dtype="fp32"),
    Cheat("precision", "bits19", "plain", COARSE, dtype="fp32"),
    Cheat("precision", "bits21", "plain", ROUNDED, dtype="fp32"),
    Cheat("precision", "bits23", "plain", ROUNDED, dtype="fp32"),
    Cheat("precision", "bf16x2", "by_halves_of_k", COARSE, dtype="fp32"),
    Cheat("precision", "tf32x3", "by_halves_of_k", ROUNDED, dtype="fp32"),
    Cheat("precision", "bf16x3", "by_halves_of_k", ROUNDED, dtype="fp32"),
    Cheat("precision", "strassen", "by_halves_of_k", ROUNDED, dtype="fp32"),
    Cheat("precision", "last_bits", "by_halves_of_k", ROUNDED, dtype="fp32"),
    Cheat("precision", "fp32", "plain", COARSE),
    Cheat("precision", "bits42", "plain", COARSE),
    Cheat("precision", "bits48", "plain", COARSE),
    Cheat("precision", "bits52", "plain", ROUNDED),
    Cheat("precision", "last_bits", "plain", ROUNDED),
    Cheat("precision", "fp32x2", "by_halves_of_k", COARSE),
    Cheat("precision", "strassen", "by_halves_of_k", ROUNDED),
    Cheat("precision", "int8x7", "by_halves_of_k", COARSE, size=256),
    Cheat("precision", "int8x9", "by_halves_of_k", "not_rounded_once|loses_range", size=256),
    Cheat("precision", "bf16x2", "wider", COARSE, dtype="fp32", size=SHORT),
    Cheat("products", "zero", "plain", WRONG),
    Cheat("products", "tile", "plain", WRONG),
    Cheat("products", "row", "plain", WRONG),
    Cheat("products", "column", "plain", WRONG),
    Cheat("products", "element", "plain", WRONG),
    Cheat("products", "last_element", "plain", WRONG),
    Cheat("products", "signs", "plain", WRONG),
    Cheat("products", "transposed", "plain", WRONG),
    Cheat("products", "swapped", "plain", WRONG),
    Cheat("products", "half_of_k", "plain", WRONG),
    Cheat("products", "all_but_one_of_k", "plain", WRONG),
    Cheat("products", "likely", "plain", WRONG),
    Cheat("products", "diagonal_blocks", "blocked", WRONG),
    Cheat("products", "not_a_number", "plain", SPOILED),
    Cheat("products", "nothing", "plain", SPOILED),
    Cheat("products", "stale", "plain", WRONG),
    Cheat("products", "found_in_memory", "plain", WRONG),
    Cheat("altered", "zero_before", "scribbles", WRONG),
    Cheat("altered", "symmetric_before", "scribbles", WRONG),
    Cheat("altered", "sparse_before", "scribbles", WRONG),
    Cheat("altered", "equal_before", "scribbles", WRONG),
    Cheat("altered", "zero_after", "scribbles", WRONG, size=SHORT),
    Cheat("altered", "sparse_after", "scribbles", WRONG, size=SHORT),
    Cheat("altered", "equal_after", "scribbles", WRONG, size=SHORT),
    Cheat("altered", "zero_after", "scribbles", WRONG, missed=UNSEEN),
    Cheat("claims", "math_tf32", "everything", "the kernel claims tf32", dtype="fp32"),
    Cheat("claims", "math_bf16", "everything", "the kernel claims bf16", dtype="fp32"),
    Cheat("claims", "sums_fp16", "everything", "the kernel claims ieee with fp16 sums", dtype="fp32"),
    Cheat("claims", "sums_fp64", "everything", "the kernel claims ieee with fp64 sums", dtype="fp32"),
    Cheat("claims", "fp32_sums", "silent", "the kernel claims ieee with fp32 sums"),
    Cheat("claims", "threads_0", "own_space", "claims 0 threads"),
    Cheat("claims", "threads_half", "silent", "claims 0.5 threads"),
    Cheat("claims", "threads_2_70", "silent", "claims 1180591620717411303424 threads"),
    Cheat("claims", "threads_text", "silent", "claims 'two' threads"),
    Cheat("claims", "notes_by_the_million", "silent", "the kernel's notes"),
    Cheat("claims", "long_note", "silent", "the kernel's notes"),
    Cheat("claims", "long_math", "silent", "the kernel's math"),
    Cheat("claims", "hidden_note", "silent", "the kernel's notes"),
    Cheat("claims", "notes_of_numbers", "silent", "the kernel's notes"),
    Cheat("claims", "library_none", "silent", "the kernel's library is None"),
    Cheat("claims", "number", "silent", "the kernel brings int, not a function"),
    Cheat("claims", "work", "silent", "the kernel brings Work, not a function"),
    Cheat("sleeps", "outside", "first_alone", "longer than its blocks", missed=RESTS),
    Cheat("sleeps", "in_warm_up", "first_alone", "longer than its blocks", missed=RESTS),
    Cheat("sleeps", "before_blocks", "first_alone", "longer than its blocks", missed=RESTS),
    Cheat("ahead", "shuffled", "looks_around", "clock_disagrees", missed=AHEAD, by_chance=True),
    Cheat("ahead", "profiled", "looks_around", "clock_disagrees", missed=AHEAD, by_chance=True),
    Cheat("ahead", "sought", "looks_around", "not_the_product|clock_disagrees", missed=AHEAD, by_chance=True),
    Cheat("children", "left_behind", "ends_its_child", ""),
    Cheat("children", "helped", "ends_its_child", ""),
    Cheat("children", "holds_the_pipe", "ends_its_child", ""),
)
