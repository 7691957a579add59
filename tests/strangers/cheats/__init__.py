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
RANGE = "loses_range"

# At 512 a launch takes more than 0.4 ms: blocks are fresh. At 128 it takes less, and is audited.
FRESH, SHORT = 512, 128


class Cheat(NamedTuple):
    """A Cheat is a kernel that must get no rate, beside a twin that must.

    ``caught`` is the code of the reason, or words of it where there is a blank; ``|`` stands between codes of which
    any will do. ``missed`` says why it is not caught
    yet, and what would; ``by_chance`` marks what one run catches and the next may not.
    """

    family: str
    cheat: str
    twin: str
    caught: str
    size: int = FRESH
    dtype: str = "fp64"
    missed: str = ""
    by_chance: bool = False


CHEATS = (
    Cheat("threads", "unjoined", "joined", UNFINISHED),
    Cheat("threads", "queued", "joined", UNFINISHED),
    Cheat("threads", "half", "pooled", UNFINISHED),
    Cheat("threads", "in_blocks", "joined", "product_not_finite|not_the_product|clock_disagrees"),
    Cheat("threads", "tenth_in_blocks", "joined", UNFINISHED),
    Cheat("caches", "by_id", "bound", WRONG),
    Cheat("caches", "by_pointer", "bound", WRONG),
    Cheat("caches", "by_shape", "planned", WRONG),
    Cheat("caches", "by_id", "bound", WRONG, size=SHORT),
    Cheat("caches", "by_pointer", "bound", WRONG, size=SHORT),
    Cheat("caches", "by_shape", "planned", WRONG, size=SHORT),
    Cheat("caches", "by_corner", "planned", IDLE, size=SHORT),
    Cheat("caches", "by_sample", "planned", IDLE, size=SHORT),
    Cheat("caches", "by_sum", "planned", WRONG, size=SHORT),
    Cheat("caches", "by_content", "planned", IDLE, size=SHORT),
    Cheat("caches", "by_digest", "planned", IDLE, size=SHORT),
    Cheat("caches", "untouched_by_corner", "bound", IDLE, size=SHORT),
    Cheat("caches", "untouched_by_content", "bound", IDLE, size=SHORT),
    Cheat("lazy", "returned", "subclassed", SPOILED),
    Cheat("lazy", "replaced", "subclassed", "product_not_finite|clock_disagrees"),
    Cheat("lazy", "replaced_tenth", "subclassed", SPOILED),
    Cheat("lazy", "fetched", "subclassed", SPOILED),
    Cheat("lazy", "fetched_tenth", "subclassed", SPOILED),
    Cheat("lazy_torch", "returned", "subclassed", SPOILED, dtype="fp32"),
    Cheat("lazy_torch", "replaced", "subclassed", "product_not_finite|clock_disagrees", dtype="fp32"),
    Cheat("lazy_torch", "replaced_tenth", "subclassed", SPOILED, dtype="fp32"),
    Cheat("timers", "half", "watched", CLOCK),
    Cheat("timers", "nine_tenths", "watched", CLOCK),
    Cheat("timers", "nearly", "watched", CLOCK),
    Cheat("timers", "by_a_hundredth", "watched", CLOCK),
    Cheat("timers", "of_the_clocks", "watched", CLOCK),
    Cheat("timers", "every_second", "watched", CLOCK),
    Cheat("timers", "every_third", "watched", CLOCK),
    Cheat("timers", "no_number", "watched", "seconds of a block"),
    Cheat("timers", "negative", "watched", "seconds of a block"),
    Cheat("timers", "endless", "watched", "no_fast_path"),
    Cheat("timers", "nothing", "watched", "seconds of a block"),
    Cheat("timers", "recorded", "watched", CLOCK),
    Cheat("timers", "said", "watched", CLOCK),
    Cheat("timers", "more_loops", "watched", CLOCK),
    Cheat("patches", "einsum", "settings", WRONG),
    Cheat("patches", "copyto", "settings", WRONG),
    Cheat("patches", "allclose", "settings", SPOILED),
    Cheat("patches", "isfinite", "settings", SPOILED),
    Cheat("patches", "drawn", "settings", WRONG),
    Cheat("patches", "unfilled", "settings", WRONG),
    Cheat("patches", "refilled", "settings", WRONG),
    Cheat("patches", "unspoiled", "settings", WRONG, size=SHORT),
    Cheat("patches", "launched", "settings", SPOILED),
    Cheat("patches", "unaudited", "settings", IDLE, size=SHORT),
    Cheat("patches", "judged", "settings", WRONG),
    Cheat("patches", "proven", "settings", WRONG),
    Cheat("patches", "handed", "settings", SPOILED),
    Cheat("patches", "coarser", "settings", COARSE, dtype="fp32"),
    Cheat("patches", "untold", "settings", ROUNDED),
    Cheat("patches", "smaller", "settings", WRONG),
    Cheat("batches", "only_last", "counted", SPOILED),
    Cheat("batches", "only_first", "counted", SPOILED),
    Cheat("batches", "every_second", "counted", SPOILED),
    Cheat("batches", "first_half", "counted", SPOILED),
    Cheat("batches", "all_but_a_tenth", "counted", SPOILED),
    Cheat("batches", "all_but_one", "counted", SPOILED),
    Cheat("batches", "together", "counted", SPOILED),
    Cheat("batches", "where_nan", "counted", IDLE, size=SHORT),
    Cheat("batches", "together", "counted", IDLE, size=SHORT),
    Cheat("batches", "alternate", "counted", IDLE, size=SHORT),
    Cheat("batches", "once_per_block_and_idle_in_audits", "counted", IDLE, size=SHORT),
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
    Cheat("precision", "bits42", "plain", ROUNDED),
    Cheat("precision", "bits48", "plain", ROUNDED),
    Cheat("precision", "bits52", "plain", ROUNDED),
    Cheat("precision", "last_bits", "plain", ROUNDED),
    Cheat("precision", "fp32x2", "by_halves_of_k", ROUNDED),
    Cheat("precision", "strassen", "by_halves_of_k", ROUNDED),
    Cheat("precision", "int8x7", "by_halves_of_k", RANGE, size=256),
    Cheat("precision", "int8x9", "by_halves_of_k", RANGE, size=256),
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
    Cheat("altered", "zero_after", "scribbles", WRONG),
    Cheat("claims", "math_tf32", "everything", "the kernel claims tf32", dtype="fp32"),
    Cheat("claims", "math_bf16", "everything", "the kernel claims bf16", dtype="fp32"),
    Cheat("claims", "sums_fp16", "everything", "the kernel claims ieee with fp16 sums", dtype="fp32"),
    Cheat("claims", "sums_fp64", "everything", "the kernel claims ieee with fp64 sums", dtype="fp32"),
    Cheat("claims", "fp32_sums", "silent", "the kernel claims ieee with fp32 sums"),
    Cheat("claims", "threads_0", "silent", "claims 0 threads"),
    Cheat("claims", "threads_half", "silent", "claims 0.5 threads"),
    Cheat("claims", "threads_2_70", "silent", "claims 1180591620717411303424 threads"),
    Cheat("claims", "threads_text", "silent", "claims 'two' threads"),
    Cheat("claims", "notes_by_the_million", "library_none", "many notes"),
    Cheat("claims", "long_note", "library_none", "many notes"),
    Cheat("claims", "long_math", "library_none", "many notes"),
    Cheat("claims", "hidden_note", "library_none", "many notes"),
    Cheat("claims", "notes_of_numbers", "library_none", "many notes"),
    Cheat("claims", "own_space", "library_none", "many notes"),
    Cheat("claims", "number", "silent", "the kernel brings int, not a function"),
    Cheat("claims", "work", "silent", "the kernel brings Work, not a function"),
    Cheat("sleeps", "outside", "first_alone", "longer than its blocks"),
    Cheat("sleeps", "in_warm_up", "first_alone", "longer than its blocks"),
    Cheat("sleeps", "before_blocks", "first_alone", "longer than its blocks"),
    Cheat("ahead", "shuffled", "looks_around", "before the block"),
    Cheat("ahead", "profiled", "looks_around", "before the block"),
    Cheat("ahead", "sought", "looks_around", "before the block"),
    Cheat("children", "left_behind", "ends_its_child", "a process of its own"),
    Cheat("children", "helped", "ends_its_child", "a process of its own"),
    Cheat("children", "holds_the_pipe", "ends_its_child", "a process of its own"),
)
