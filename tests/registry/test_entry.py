"""What a registry takes of what is sound, and which of its cases have a place."""

from __future__ import annotations

import datetime
import subprocess
from collections.abc import Callable
from itertools import cycle
from pathlib import Path

import pytest
from msgspec.structs import replace

from flopsbench.registry.contribution import check_contribution
from flopsbench.registry.entry import LEAST_EDGE, WIDEST, entry_findings
from flopsbench.registry.validate import validate
from flopsbench.result.codec import encode
from flopsbench.result.files import load, save
from flopsbench.result.types import Call, Case, Process, Profile, Result
from flopsbench.site.model.read import read_entry
from flopsbench.validate.finding import Finding
from flopsbench.words.reason import Reason
from tests.documents import case, result, stats
from tests.site.entries import figure
from tests.validate.honest import MEASURED, honest, refigured

NOW = datetime.datetime(2026, 12, 1, tzinfo=datetime.UTC)
FEW = (MEASURED[1], MEASURED[8], MEASURED[4])
PUBLISHED = sorted((Path(__file__).parents[2] / "results" / "v1").rglob("*.json"))


def of_profile(profile: Profile, *cases: Case) -> Result:
    known = result(*cases)
    return replace(known, tool=replace(known.tool, profile=profile))


def within(half_width: float) -> Case:
    """A case whose interval has that half-width, as a share of its rate."""
    return case(stats=stats(1.0, 1.0 - half_width, 1.0 + half_width))


def codes(result: Result) -> list[str]:
    return [finding.code for finding in entry_findings(result)]


@pytest.mark.parametrize("profile", ["quick", "standard", "ab"])
def test_a_registry_takes_its_own_profile_alone(profile: Profile) -> None:
    assert codes(of_profile(profile)) == ["entry.profile"]
    assert codes(of_profile("registry")) == []


def test_calls_of_a_projects_own_code_are_no_entry() -> None:
    call = Call("tests/test_mul.py::test_small", "FLOP/s", 2, "skipped")
    assert codes(replace(of_profile("registry"), calls=[call])) == ["entry.calls"]


def test_one_case_that_is_known_well_enough_is_enough() -> None:
    wide = [within(3.83), within(0.2500001)]
    assert codes(of_profile("registry", *wide)) == ["entry.width"]
    assert codes(of_profile("registry", *wide, within(WIDEST))) == []


def test_without_any_rate_there_is_no_entry() -> None:
    assert codes(of_profile("registry", case("failed"))) == ["entry.width"]


@pytest.mark.parametrize("finding", list(entry_findings(of_profile("quick", within(3.83)))))
def test_each_reason_is_told_in_both_languages(finding: Finding) -> None:
    assert isinstance(finding.sentence, Reason)
    assert finding.sentence.text("zh") != finding.sentence.text("en")


@pytest.mark.parametrize(
    ("half_width", "shape", "code"),
    [
        (WIDEST, (LEAST_EDGE, LEAST_EDGE, LEAST_EDGE), None),
        (WIDEST, (64, LEAST_EDGE, LEAST_EDGE), None),
        (WIDEST, (8192, 64, 8192), None),
        (0.2500001, (LEAST_EDGE, LEAST_EDGE, LEAST_EDGE), "unranked_wide"),
        (0.01, (256, 256, 256), "unranked_small"),
        (0.01, (1023, 1023, 100_000), "unranked_small"),
        (0.01, (100_000, 1, 1), "unranked_small"),
        (3.83, (256, 256, 256), "unranked_wide"),
    ],
)
def test_a_case_has_a_place_where_it_is_known_and_large(
    half_width: float, shape: tuple[int, int, int], code: str | None
) -> None:
    told = figure(1.0, low=1.0 - half_width, high=1.0 + half_width, shape=shape).unranked
    assert (told and told.code) == code


@pytest.mark.parametrize("path", PUBLISHED, ids=lambda path: path.stem)
def test_what_is_published_is_an_entry_and_ranks(path: Path) -> None:
    published = load(path)
    assert codes(published) == []
    assert all(each.unranked is None for each in read_entry(published, path.name).figures)


# As commands find it


def quick() -> Result:
    """An honest Result of another profile, which asks for less."""
    known = honest(measured=FEW)
    return refigured(replace(known, tool=replace(known.tool, profile="standard")))


def shaken() -> Result:
    """An honest Result of a machine on which half of what ran took four times as long."""
    known = honest(measured=FEW)
    return refigured(replace(known, cases=[replace(each, processes=shaken_processes(each)) for each in known.cases]))


def shaken_processes(of: Case) -> list[Process]:
    """Every other process slow, or every other block where there is one process alone."""
    if len(of.processes) > 1:
        return [slowed(each, [1.0, 4.0][number % 2 :: 2]) for number, each in enumerate(of.processes)]
    return [slowed(each, [1.0, 4.0]) for each in of.processes]


def slowed(process: Process, factors: list[float]) -> Process:
    """The process with each block that much longer, in turns."""

    def longer(times_s: list[float]) -> list[float]:
        return [seconds * factor for seconds, factor in zip(times_s, cycle(factors), strict=False)]

    blocks, host = longer(process.block_s), longer(process.host_block_s)
    return replace(process, block_s=blocks, host_block_s=host, wall_s=4 * process.wall_s)


def refused(*paths: Path, changed: str | None = None) -> set[str]:
    """The codes for which any of the files is refused."""
    found = [finding for each in validate(paths, changed=changed, now=NOW) for finding in each.findings]
    return {finding.code for finding in found if finding.level == "reject"}


JUNK = [(quick, "entry.profile"), (shaken, "entry.width")]


@pytest.mark.parametrize(("junk", "code"), JUNK)
def test_what_no_registry_takes_is_refused_in_one_alone(junk: Callable[[], Result], code: str, tmp_path: Path) -> None:
    elsewhere = tmp_path / "result.json"
    elsewhere.write_bytes(encode(junk()))
    assert refused(elsewhere) == set()
    filed = save(junk(), tmp_path / "results")
    assert refused(filed) == refused(tmp_path / "results") == {code}


@pytest.mark.parametrize(("junk", "code"), JUNK)
def test_it_is_not_submitted(junk: Callable[[], Result], code: str) -> None:
    assert {each.code for each in check_contribution(encode(junk())).findings if each.level == "reject"} == {code}
    assert not check_contribution(encode(honest(measured=FEW))).rejected


@pytest.mark.clone
@pytest.mark.parametrize(("junk", "code"), JUNK)
def test_what_a_contribution_adds_is_an_entry_wherever_it_lies(
    junk: Callable[[], Result], code: str, tmp_path: Path
) -> None:
    git = ["git", "-c", "user.name=A", "-c", "user.email=a@example.com", "-C", str(tmp_path)]
    subprocess.run([*git, "init", "--quiet"], check=True)
    subprocess.run([*git, "commit", "--quiet", "--allow-empty", "--message", "Begin"], check=True)
    (tmp_path / "result.json").write_bytes(encode(junk()))
    assert refused(tmp_path, changed="HEAD") == {code}
