"""What only many documents show."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from flopsbench.registry.population import FEWEST, Population
from flopsbench.result.codec import decode, encode
from flopsbench.result.types import Rate, Result
from tests.documents import case, process, result, stats


def measured(rate: float, seed: int, units: int = 8) -> Result:
    """A document of one case at a rate, with blocks that no other seed has."""
    draw = random.Random(seed)
    blocks = [draw.gauss(0.1, 0.001) for _ in range(10)]
    told = stats(rate=Rate(median=rate, low=rate, high=rate, best=rate, basis="blocks"))
    made = result(case(stats=told, processes=[process(blocks)]))
    return decode(encode(replace(made, devices=[replace(made.devices[0], units=units)])))


def findings(*results: Result) -> dict[str, set[str]]:
    """The codes by the number of the document."""
    population = Population()
    for number, each in enumerate(results):
        population.add(str(number), each)
    found: dict[str, set[str]] = {}
    for path, finding in population.findings():
        found.setdefault(path, set()).add(finding.code)
    return found


def alike(count: int) -> list[Result]:
    """Documents of equal machines, whose rates scatter by a percent."""
    return [measured(1e12 * random.Random(seed).gauss(1, 0.01), seed) for seed in range(count)]


def test_a_rate_far_from_all_others_is_to_be_looked_at() -> None:
    assert findings(*alike(8), measured(1.5e12, 99)) == {"8": {"population.outlier"}}
    assert findings(*alike(8), measured(0.5e12, 99)) == {"8": {"population.outlier"}}


@pytest.mark.parametrize("unranked", [{"edge": 512}, {"stats": stats(9e12, 1e12, 20e12)}])
def test_what_is_not_ranked_is_no_outlier_and_still_no_copy(unranked: dict[str, Any]) -> None:
    edge = unranked.get("edge", 1024)
    others = [replace(each, cases=[case(edge=edge, processes=each.cases[0].processes)]) for each in alike(8)]
    junk = replace(measured(9e12, 99), cases=[case(**{"stats": stats(9e12, 8.9e12, 9.1e12)} | unranked)])
    assert findings(*others, junk) == {}
    assert findings(junk, decode(encode(replace(junk, submitter="octo-cat"))))["0"] == {"population.duplicate"}


def test_rates_that_scatter_as_machines_do_are_none_of_it() -> None:
    assert findings(*alike(8), measured(1.04e12, 99)) == {}


def test_rates_of_another_method_are_no_measure() -> None:
    older = [replace(each, method_version=1) for each in alike(8)]
    assert findings(*older, measured(9e12, 99)) == {}


def test_few_rates_say_nothing() -> None:
    assert findings(*alike(FEWEST - 2), measured(9e12, 99)) == {}


def test_other_devices_are_no_measure() -> None:
    assert findings(*alike(8), measured(9e12, 99, units=64)) == {}


def test_equal_blocks_under_two_ids_are_a_copy() -> None:
    first = measured(1e12, 1)
    copy = decode(encode(replace(first, submitter="octo-cat")))
    assert findings(first, measured(1e12, 2), copy) == {"0": {"population.duplicate"}, "2": {"population.duplicate"}}


def test_the_blocks_in_another_order_are_still_a_copy() -> None:
    first = measured(1e12, 1)
    turned = with_series(first, block_s=first.cases[0].processes[0].block_s[::-1])
    assert set(findings(first, decode(encode(turned)))) == {"0", "1"}


@pytest.mark.parametrize(
    "known", [{"warmup_block_s": [0.11, 0.104, 0.102, 0.101]}, {"block_ceilings": [(2e12, 2e12)] * 10}]
)
def test_what_was_read_beside_the_blocks_is_nobody_elses(known: dict[str, Any]) -> None:
    first, second = (with_series(measured(1e12, seed), **known) for seed in (1, 2))
    assert findings(first, second) == {"0": {"population.duplicate"}, "1": {"population.duplicate"}}
    assert findings(first, with_series(second, first_launch_s=0.7)) == {}


def test_a_single_warm_up_may_be_anothers() -> None:
    assert findings(*(with_series(measured(1e12, seed), warmup_block_s=[0.11]) for seed in (1, 2))) == {}


def with_series(result: Result, **fields: Any) -> Result:
    (case,) = result.cases
    return replace(result, cases=[replace(case, processes=[replace(each, **fields) for each in case.processes])])


def test_the_same_file_twice_is_no_copy() -> None:
    assert findings(measured(1e12, 1), measured(1e12, 1)) == {}


@given(st.lists(st.floats(1e-300, 1e300), min_size=1, max_size=12))
def test_no_rates_make_it_fall_over(rates: list[float]) -> None:
    findings(*(measured(rate, seed) for seed, rate in enumerate(rates)))
