"""Cheats by family, a module each, and honest twins that do work of the same kind and must get their rate.

Each kernel is named on the command line as ``--kernel tests.strangers.cheats.FAMILY:NAME``.
"""

from __future__ import annotations

from typing import NamedTuple

WRONG = "not_the_product"
# Work that is not done: numbers of C that nobody computed, or that belong to other operands, whoever sees them first.
UNDONE = "not_the_product|product_not_finite|left_undone|older_product|work_not_done"
UNSEEN = "not_as_seen|evidence_refused"  # the record, or what was handed over, is not what the parent saw or dealt
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


# Why something is missed: it gains nothing, or is what no judge beside one process can see.
BACKLOG = "What a thread still has to do when the clock stops is done before anybody looks, where it is as little"
BELOW = "The parent allows 2 per cent, and compares medians"
NO_GAIN = "It gains nothing: what it would save takes as long as the product, or its blocks are fresh"
RESTS = "The rates are true, of a chip that has rested; the sustained regime shows those of one that works on"
AHEAD = "The worker holds the operands before the block begins, and a hook of the interpreter runs in between"
IN_BLOCK = (
    "Where a block has no more launches than there are sets it gains nothing, as all is done before the block ends; "
    "where it has more the audits tell"
)

CHEATS = (
    Cheat("threads", "unjoined", "joined", UNDONE),
    Cheat("threads", "queued", "joined", UNDONE),
    Cheat("threads", "half", "pooled", UNDONE, missed=BACKLOG, by_chance=True),
    Cheat(
        "threads",
        "in_blocks",
        "joined",
        f"{UNDONE}|{CLOCK}",
        missed=BACKLOG,
        by_chance=True,
    ),
    Cheat("threads", "tenth_in_blocks", "joined", UNDONE, missed=BACKLOG, by_chance=True),
    Cheat("caches", "by_id", "bound", WRONG),
    Cheat("caches", "by_pointer", "bound", WRONG),
    Cheat("caches", "by_shape", "planned", WRONG),
    Cheat("caches", "by_id", "bound", WRONG, size=SHORT),
    Cheat("caches", "by_pointer", "bound", WRONG, size=SHORT),
    Cheat("caches", "by_shape", "planned", WRONG, size=SHORT),
    Cheat("caches", "by_corner", "planned", UNDONE, size=SHORT),
    Cheat("caches", "by_sample", "planned", UNDONE, size=SHORT),
    Cheat(
        "caches",
        "by_sum",
        "planned",
        UNDONE,
        size=SHORT,
    ),
    Cheat("caches", "by_content", "planned", UNDONE, size=SHORT),
    Cheat("caches", "by_digest", "planned", UNDONE, size=SHORT, missed=NO_GAIN, by_chance=True),
    Cheat("caches", "untouched_by_corner", "bound", UNDONE, size=SHORT),
    Cheat("caches", "untouched_by_content", "bound", UNDONE, size=SHORT),
    Cheat("lazy", "returned", "subclassed", UNDONE),
    Cheat("lazy", "replaced", "subclassed", f"{UNDONE}|{CLOCK}"),
    Cheat("lazy", "replaced_tenth", "subclassed", UNDONE),
    Cheat(
        "lazy",
        "fetched",
        "subclassed",
        f"{UNDONE}|{CLOCK}|{UNSEEN}",
    ),
    Cheat("lazy", "fetched_tenth", "subclassed", UNDONE),
    Cheat("lazy_torch", "returned", "subclassed", UNDONE, dtype="fp32"),
    Cheat("lazy_torch", "replaced", "subclassed", f"{UNDONE}|{CLOCK}", dtype="fp32"),
    Cheat("lazy_torch", "replaced_tenth", "subclassed", UNDONE, dtype="fp32"),
    Cheat(
        "timers",
        "half",
        "watched",
        CLOCK,
    ),
    Cheat(
        "timers",
        "nine_tenths",
        "watched",
        CLOCK,
    ),
    Cheat(
        "timers",
        "nearly",
        "watched",
        CLOCK,
    ),
    Cheat("timers", "by_a_hundredth", "watched", CLOCK, missed=BELOW, by_chance=True),
    Cheat("timers", "of_the_module", "watched", ""),
    Cheat(
        "timers",
        "every_second",
        "watched",
        CLOCK,
    ),
    Cheat("timers", "every_third", "watched", CLOCK),
    Cheat("timers", "no_number", "watched", "no_seconds"),
    Cheat("timers", "negative", "watched", "no_seconds"),
    Cheat("timers", "endless", "watched", "no_seconds"),
    Cheat("timers", "nothing", "watched", "no_seconds"),
    Cheat("timers", "recorded", "watched", UNSEEN),
    Cheat("timers", "said", "watched", UNSEEN),
    Cheat(
        "timers",
        "more_loops",
        "watched",
        UNSEEN,
    ),
    Cheat("patches", "einsum", "settings", WRONG),
    Cheat("patches", "copyto", "settings", WRONG),
    Cheat("patches", "allclose", "settings", UNDONE),
    Cheat("patches", "isfinite", "settings", UNDONE),
    Cheat("patches", "drawn", "settings", UNDONE),
    Cheat("patches", "unfilled", "settings", UNDONE),
    Cheat("patches", "refilled", "settings", UNDONE),
    Cheat("patches", "unspoiled", "settings", f"{UNDONE}|{UNSEEN}", size=SHORT),
    Cheat(
        "patches",
        "launched",
        "settings",
        f"{UNDONE}|{UNSEEN}",
    ),
    Cheat("patches", "unaudited", "settings", f"{UNDONE}|{UNSEEN}", size=SHORT),
    Cheat("patches", "judged", "settings", f"{UNDONE}|{UNSEEN}"),
    Cheat("patches", "proven", "settings", f"{UNDONE}|{UNSEEN}"),
    Cheat(
        "patches",
        "handed",
        "settings",
        f"{UNDONE}|{UNSEEN}",
    ),
    Cheat("patches", "coarser", "settings", COARSE, dtype="fp32"),
    Cheat("patches", "untold", "settings", f"{UNDONE}|{UNSEEN}"),
    Cheat("patches", "smaller", "settings", f"{UNDONE}|{UNSEEN}"),
    Cheat("batches", "only_last", "counted", UNDONE),
    Cheat("batches", "only_first", "counted", UNDONE),
    Cheat(
        "batches",
        "every_second",
        "counted",
        UNDONE,
    ),
    Cheat(
        "batches",
        "first_half",
        "counted",
        UNDONE,
    ),
    Cheat(
        "batches",
        "all_but_a_tenth",
        "counted",
        UNDONE,
    ),
    Cheat(
        "batches",
        "all_but_one",
        "counted",
        UNDONE,
    ),
    Cheat("batches", "together", "counted", UNDONE, missed=IN_BLOCK, by_chance=True),
    Cheat("batches", "where_nan", "counted", UNDONE, size=SHORT),
    Cheat("batches", "together", "counted", UNDONE, size=SHORT),
    Cheat(
        "batches",
        "alternate",
        "counted",
        UNDONE,
        size=SHORT,
    ),
    Cheat("batches", "once_per_block_and_idle_in_audits", "counted", UNDONE, size=SHORT),
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
    Cheat("products", "not_a_number", "plain", UNDONE),
    Cheat("products", "nothing", "plain", UNDONE),
    Cheat("products", "stale", "plain", WRONG),
    Cheat("products", "found_in_memory", "plain", WRONG),
    Cheat("altered", "zero_before", "scribbles", WRONG),
    Cheat("altered", "symmetric_before", "scribbles", WRONG),
    Cheat("altered", "sparse_before", "scribbles", WRONG),
    Cheat("altered", "equal_before", "scribbles", WRONG),
    Cheat("altered", "zero_after", "scribbles", f"{UNDONE}|operands_changed", size=SHORT),
    Cheat("altered", "sparse_after", "scribbles", f"{UNDONE}|operands_changed", size=SHORT),
    Cheat("altered", "equal_after", "scribbles", f"{UNDONE}|operands_changed", size=SHORT),
    Cheat("altered", "zero_after", "scribbles", "operands_changed"),
    Cheat("claims", "math_tf32", "everything", "the kernel claims tf32", dtype="fp32"),
    Cheat("claims", "math_bf16", "everything", "the kernel claims bf16", dtype="fp32"),
    Cheat("claims", "sums_fp16", "everything", "the kernel claims ieee with fp16 sums", dtype="fp32"),
    Cheat("claims", "sums_fp64", "everything", "the kernel claims ieee with fp64 sums", dtype="fp32"),
    Cheat("claims", "fp32_sums", "silent", "the kernel claims ieee with fp32 sums"),
    Cheat("claims", "threads_0", "own_space", "claims 0 threads"),
    Cheat("claims", "threads_half", "silent", "claims 0.5 threads"),
    Cheat("claims", "threads_2_70", "silent", "claims ... threads"),
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
    Cheat("ahead", "sought", "looks_around", f"{UNDONE}|{CLOCK}", missed=AHEAD, by_chance=True),
    Cheat("after", "by_a_timer", "watchful", f"went_on|blocks_too_short|{UNDONE}|{CLOCK}"),
    Cheat("after", "by_dice", "watchful", f"went_on|blocks_too_short|{UNDONE}|{CLOCK}"),
    Cheat("after", "coarse_at_first", "watchful", f"{UNDONE}|{COARSE}"),
    Cheat("after", "slow_in_the_warm_up", "watchful", f"blocks_too_short|{CLOCK}", size=SHORT),
    Cheat("children", "left_behind", "ends_its_child", ""),
    Cheat("children", "helped", "ends_its_child", ""),
    Cheat("children", "holds_the_pipe", "ends_its_child", ""),
)
