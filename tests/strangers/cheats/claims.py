"""Multiplies honestly, and says something of itself that is not so, or no answer."""

import numpy as np

from flopsbench.backend import Prepared, Work

space = "numpy"


def multiply(a, b, c):
    np.matmul(a, b, out=c)


def claiming(**claims):
    """A kernel that multiplies, and claims this."""
    return lambda problem, device: Prepared(multiply, **claims)


everything = claiming(library="numpy", math="ieee", accumulate="fp32", threads=1, notes=("one call",))
silent = claiming()
library_none = claiming(library=None)

math_tf32 = claiming(math="tf32")
math_bf16 = claiming(math="bf16")
sums_fp16 = claiming(accumulate="fp16")
sums_fp64 = claiming(accumulate="fp64")
threads_0 = claiming(threads=0)
threads_half = claiming(threads=0.5)
threads_2_70 = claiming(threads=2**70)
threads_text = claiming(threads="two")
notes_by_the_million = claiming(notes=("fast",) * 1_000_000)
long_note = claiming(notes=("fast " * 1_000_000,))
long_math = claiming(math="ieee, " + "fast " * 1_000_000)
hidden_note = claiming(notes=("fast\u202egnp.exe\u00ad",))
notes_of_numbers = claiming(notes=(float("nan"), 2**70))
own_space = claiming(notes=("own clock and memory",))


def fp32_sums(problem, device):
    """Asked for fp64, says and does fp32."""
    return Prepared(lambda a, b, c: np.copyto(c, a.astype("f4") @ b.astype("f4")), accumulate="fp32")


def number(problem, device):
    """Brings no launch at all."""
    return 42


def work(problem, device):
    """Brings its own Work with its own clock, as operations may that need no proof."""

    class Clock:
        """A Clock says what it likes."""

        def time(self, launch, loops):
            from flopsbench.backend import Elapsed

            return Elapsed(loops * 1e-6)

    return Work(launch=lambda: None, clock=Clock(), amount=problem.amount)
