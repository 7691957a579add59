"""Multiplies honestly, and has the time told wrong."""

import time
from itertools import count

import numpy as np

from flopsbench import clocks
from flopsbench.measure import blocks

space = "numpy"
now, timed, significant = time.perf_counter, clocks.HostClock.time, blocks.significant
keep, sample = blocks.Sampler.time, blocks.Sampler.sample


def multiply(a, b, c):
    np.matmul(a, b, out=c)


def watched(problem, device):
    """Honest: keeps its own time, and tells nobody."""
    seconds = []

    def launch(a, b, c):
        began = time.perf_counter()
        np.matmul(a, b, out=c)
        seconds.append(time.perf_counter() - began)
        del seconds[:-10]

    return launch


def slowed(factor):
    """A kernel beside which the harness's clock runs so much slower."""

    def prepare(problem, device):
        began = now()
        clocks.perf_counter = time.perf_counter = lambda: began + (now() - began) * factor
        return multiply

    return prepare


half, nine_tenths, nearly, by_a_hundredth = slowed(0.5), slowed(0.9), slowed(0.97), slowed(0.985)


def of_the_module(problem, device):
    """Slows the clock of the module time, which the harness took hold of before."""
    began = now()
    time.perf_counter = lambda: began + (now() - began) / 2
    return multiply


def telling(seconds_of):
    """A kernel beside which the harness's clock tells another time of each block."""

    def prepare(problem, device):
        told = count()

        def wrong(self, launch, loops):
            return clocks.Elapsed(seconds_of(timed(self, launch, loops).seconds, next(told)))

        clocks.HostClock.time = wrong
        return multiply

    return prepare


every_second = telling(lambda seconds, number: seconds / 2 if number % 2 else seconds)
every_third = telling(lambda seconds, number: seconds if number % 3 else seconds / 2)
no_number = telling(lambda seconds, number: float("nan"))
negative = telling(lambda seconds, number: -seconds)
endless = telling(lambda seconds, number: float("inf"))
nothing = telling(lambda seconds, number: 0.0)


def recorded(problem, device):
    """Halves the seconds where they are written down, not where they are reported."""
    blocks.significant = lambda value: significant(value / 2)
    return multiply


def said(problem, device):
    """Tells the parent that time which it sees itself, and writes down another: 0.6 of it."""

    def shorter(self, kept):
        keep(self, kept)
        kept.seconds[-1] *= 0.6

    blocks.Sampler.time = shorter
    return multiply


def more_loops(problem, device):
    """Writes down twice as many launches per block as there were."""

    def doubled(self, loops):
        found = sample(self, loops)
        found.loops *= 2
        return found

    blocks.Sampler.sample = doubled
    return multiply
