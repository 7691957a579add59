"""Runs of cheats, each of which must get no rate and be told why, and of their honest twins, which must get theirs.

Of each family and way of being caught the first two are run here; ``python -m tests.perf.cheats`` runs them all, each
by a run of its own. Here families whose kernels do nothing but compute and say share one with their twins.
What is not caught yet is expected to fail, with the reason; whoever mends it takes that from the corpus.
"""

from __future__ import annotations

import ast
from collections import Counter
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.strangers import cheats
from tests.strangers.cheats import CHEATS, Cheat
from tests.strangers.cheats.measured import ENVIRONMENT, Outcome, measured, measured_together
from tests.strangers.cheats.twins import TWINS, Twin

HELPERS = {"__init__", "frames", "measured", "twins"}
HARMLESS = {"claims", "precision", "products"}  # nothing that one of them does is there for the next
EACH = 2


def chosen() -> list[Cheat]:
    """The first of each family, way of being caught, dtype and size."""
    met = Counter[tuple[object, ...]]()
    found = []
    for cheat in CHEATS:
        kind = (cheat.family, cheat.caught, cheat.size, cheat.dtype, cheat.missed)
        met[kind] += 1
        found += [cheat] * (met[kind] <= EACH)
    return found


class Group(NamedTuple):
    """A Group is what one run may measure."""

    family: str
    size: int
    dtype: str

    @classmethod
    def of(cls, each: Cheat | Twin) -> Group:
        return cls(each.family, each.size, each.dtype)


CHOSEN = chosen()
GROUPS = tuple(dict.fromkeys(Group.of(cheat) for cheat in CHOSEN if cheat.family in HARMLESS))
ALONE = [cheat for cheat in CHOSEN if cheat.family not in HARMLESS]
TWINS_ALONE = [twin for twin in TWINS if twin.family not in HARMLESS]
FAMILIES = {path.stem for path in Path(cheats.__file__).parent.glob("*.py")} - HELPERS


def as_parameter(cheat: Cheat) -> object:
    """The cheat with what is expected of it: one that is missed and is caught some day fails this test, too."""
    id = "-".join(map(str, (cheat.family, cheat.cheat, cheat.size, cheat.dtype)))
    marks = [pytest.mark.xfail(reason=cheat.missed, strict=not cheat.by_chance)] if cheat.missed else []
    return pytest.param(cheat, id=id, marks=marks)


@pytest.fixture
def surroundings(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    request.getfixturevalue("no_ceiling")  # beside what was set: no cheat is told by it


@pytest.mark.process
@pytest.mark.slow
@pytest.mark.usefixtures("surroundings")
@pytest.mark.parametrize("cheat", [as_parameter(cheat) for cheat in ALONE])
def test_a_cheat_gets_no_rate_and_is_told_why(cheat: Cheat) -> None:
    if cheat.family.endswith("torch"):
        pytest.importorskip("torch")
    outcome = measured(cheat.family, cheat.cheat, cheat.size, cheat.dtype)
    assert outcome.rate is None or not cheat.caught
    assert outcome.caught_by(cheat.caught), (outcome.why, outcome.reason, outcome.left)


@pytest.mark.process
@pytest.mark.slow
@pytest.mark.usefixtures("surroundings")
@pytest.mark.parametrize("twin", TWINS_ALONE, ids=lambda twin: "-".join(map(str, twin)))
def test_an_honest_twin_gets_its_rate(twin: Twin) -> None:
    if twin.family.endswith("torch"):
        pytest.importorskip("torch")
    outcome = measured(*twin)
    assert outcome.rate is not None, (outcome.why, outcome.reason)


@pytest.mark.process
@pytest.mark.slow
@pytest.mark.usefixtures("surroundings")
@pytest.mark.parametrize("group", GROUPS, ids=lambda group: "-".join(map(str, group)))
def test_harmless_cheats_get_no_rate_beside_their_twins_which_get_theirs(group: Group) -> None:
    cheats = {cheat.cheat: cheat for cheat in CHOSEN if Group.of(cheat) == group}
    twins = [twin.name for twin in TWINS if Group.of(twin) == group]
    assert not any(cheat.missed for cheat in cheats.values())
    outcomes = measured_together(group.family, [*cheats, *twins], group.size, group.dtype)
    wrong = {name: outcomes[name] for name, cheat in cheats.items() if not outcomes[name].caught_by(cheat.caught)}
    wrong |= {name: outcomes[name] for name in twins if outcomes[name].rate is None}
    assert not wrong, {name: (outcome.why, outcome.reason, outcome.left) for name, outcome in wrong.items()}


def test_each_cheat_and_each_twin_is_run_once() -> None:
    together = [each for group in GROUPS for each in (*CHOSEN, *TWINS) if Group.of(each) == group]
    assert Counter([*ALONE, *TWINS_ALONE, *together]) == Counter([*CHOSEN, *TWINS])


def test_the_corpus_is_large_and_every_cheat_has_a_twin_of_its_family() -> None:
    assert len(CHEATS) >= 60
    assert {cheat.family for cheat in CHEATS} == FAMILIES
    assert len(set(CHEATS)) == len({(each.family, each.cheat, each.size, each.dtype) for each in CHEATS})
    assert all(cheat.missed or not cheat.by_chance for cheat in CHEATS)


@pytest.mark.parametrize("family", sorted(family for family in FAMILIES if not family.endswith("torch")))
def test_every_kernel_of_a_family_is_listed_and_every_listed_one_is_there(family: str) -> None:
    expect_all_listed(family)


@pytest.mark.process  # as torch does when it is imported
@pytest.mark.parametrize("family", sorted(family for family in FAMILIES if family.endswith("torch")))
def test_every_kernel_on_tensors_is_listed_and_there(family: str) -> None:
    pytest.importorskip("torch")
    expect_all_listed(family)


def expect_all_listed(family: str) -> None:
    module = import_module(f"{cheats.__name__}.{family}")
    listed = {name for each in CHEATS if each.family == family for name in (each.cheat, each.twin)}
    assert all(callable(getattr(module, name)) for name in listed)
    definitions = ast.parse(Path(str(module.__file__)).read_text()).body
    kernels = {
        node.name
        for node in definitions
        if isinstance(node, ast.FunctionDef) and [each.arg for each in node.args.args] == ["problem", "device"]
    }
    assert kernels <= listed


@pytest.mark.parametrize(
    ("outcome", "sign", "caught"),
    [
        (Outcome(None, "not_the_product", "C is not A·B"), "not_the_product", True),
        (Outcome(None, "not_the_product", "C is not A·B"), "less_precise", False),
        (Outcome(None, "failed", "the kernel claims 0 threads"), "claims 0 threads", True),
        (Outcome(None, "failed", "the kernel claims 0 threads"), "claims 1 threads", False),
        (Outcome(None, "failed", "not_the_product"), "not_the_product", False),
        (Outcome(1e9, "not_the_product"), "not_the_product", False),
        (Outcome(1e9), "", True),
        (Outcome(1e9, left=1), "", False),
        (Outcome(None, "failed"), "", False),
    ],
)
def test_a_rate_or_another_reason_is_not_what_was_asked_for(outcome: Outcome, sign: str, caught: bool) -> None:
    assert outcome.caught_by(sign) is caught
