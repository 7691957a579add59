"""Compares two Results, or two sets of them, case by case, against the noise floor of the machine.

Where there are several Results per side, each case counts with the median of their medians, and the floor stays that of
two single runs: Results of one day share what that day did to the machine, so that their number says less than it
seems. More of them make the rate steadier and thereby the verdict safer; they never make it sharper than the floor that
was watched.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from flopsbench import units
from flopsbench.errors import DocumentRejected, NotComparable, UsageError
from flopsbench.result.command import command_of
from flopsbench.result.files import NO_RESULT, load, load_folder
from flopsbench.result.keys import Tracked, case_id, name_of
from flopsbench.result.said import as_reason, as_reasons
from flopsbench.result.types import Case, Result
from flopsbench.track.comparison import Change, Comparison
from flopsbench.track.differences import KEYS, UNKNOWN, differences, incomparable, machine
from flopsbench.track.noise import CaseNoise, Noise, misfits
from flopsbench.track.pool import CaseKeys, Pool, is_proven, pools
from flopsbench.track.verdicts import Verdict, smallest_slowdown, verdict_of_change, verdict_of_interval
from flopsbench.words.reason import Reason, joined

SURE_WITHOUT_FLOOR = 0.1  # the relative change that is called even where no noise floor is known


def read_results(path: Path) -> tuple[list[Result], list[str]]:
    """Return the Result of a file, or all below a folder from old to new, and a sentence for each file that is none.

    Raise DocumentRejected for a single file that is no Result and a folder of nothing else, NotComparable for a
    folder without files.
    """
    if not path.is_dir():
        return [load(path)], []
    results, rejected = load_folder(path)
    if not results:
        told = "; ".join([f"{path}: {NO_RESULT}", *rejected[:3]])
        raise DocumentRejected(told) if rejected else NotComparable(told)
    return sorted(results, key=lambda result: result.created), rejected


def parse_allowed(text: str) -> tuple[str, ...]:
    """Return the comparability keys of a text such as "machine,dtype"; raise UsageError for a name that is none."""
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    for name in names:
        if name not in KEYS:
            raise UsageError(Reason("allow_different_unknown", name=name, known=", ".join(KEYS)))
    return names


def compare(
    base: Sequence[Result],
    new: Sequence[Result],
    *,
    base_name: str,
    new_name: str,
    margin: float,
    noise: Noise | None = None,
    allowed: Collection[str] = (),
    notes: Sequence[str] = (),
) -> Comparison:
    """Compare every case of both sides; the Results are given from old to new.

    ``margin`` is a share, ``allowed`` are comparability keys that may differ, ``notes`` are sentences that the notes
    begin with. Raise NotComparable when another key differs, and when the sides have no case in common.
    """
    base, new, left_out = _on_one_machine(base, new, allowed)
    floors, provenance = _fitting(noise, [*base, *new])
    before, after = pools(base, allowed), pools(new, allowed)
    told = [*notes, *left_out, *provenance, *_differing(before, after, allowed)]
    changes = [_change(before.get(case), after.get(case), floors, margin) for case in dict.fromkeys([*before, *after])]
    return Comparison(
        command="compare",
        base=Reason("side_of_days", name=base_name, days=_described(base)),
        new=Reason("side_of_days", name=new_name, days=_described(new)),
        margin=margin,
        changes=changes,
        differences=differences(base[-1], new[-1]),
        notes=[*told, *_unwatched(changes, new[-1])],
    )


def _described(results: Sequence[Result]) -> str:
    """Return the days of the Results, and how many they are."""
    first, last = results[0].created[:10], results[-1].created[:10]
    days = first if first == last else Reason("days", first=first, last=last)
    return days if len(results) == 1 else Reason("results_of_days", count=len(results), days=days)


def _on_one_machine(
    base: Sequence[Result], new: Sequence[Result], allowed: Collection[str]
) -> tuple[Sequence[Result], Sequence[Result], list[str]]:
    """Return the Results of the machine that both sides have, and a note on the others that are left out.

    Raise NotComparable where the sides share no machine, or several.
    """
    before, after = ({result.host.hardware_key: machine(result.host) for result in side} for side in (base, new))
    shared = [key for key in before if key in after]
    if not shared and len(before) == len(after) == 1:
        if "machine" in allowed:
            return base, new, []
        raise NotComparable(_refusal({"machine": (next(iter(before.values())), next(iter(after.values())))}))
    if len(shared) != 1:
        found = "; ".join(dict.fromkeys([*before.values(), *after.values()]))
        raise NotComparable(Reason("several_machines", found=found))
    kept = [[result for result in side if result.host.hardware_key == shared[0]] for side in (base, new)]
    others = len(base) + len(new) - len(kept[0]) - len(kept[1])
    return kept[0], kept[1], [Reason("left_out_other_machines", count=others)] if others else []


def floor_unused(reason: str) -> str:
    """Return the note that a noise floor is not used."""
    return Reason("floor_unused", reason=reason)


def _fitting(noise: Noise | None, results: Sequence[Result]) -> tuple[Mapping[str, CaseNoise], list[str]]:
    """Return the floors, by case id, that hold for all these Results, and a note on them or on why there are none."""
    if noise is None:
        return {}, []
    reasons = dict.fromkeys(reason for result in results for reason in misfits(noise, result))
    if reasons:
        return {}, [floor_unused(joined(reasons))]
    watched = Reason("floor_watched", runs=noise.runs, day=noise.created[:10])
    return noise.cases, [Reason("floor_intervals", watched=watched)]


def _differing(
    before: Mapping[CaseKeys, Pool], after: Mapping[CaseKeys, Pool], allowed: Collection[str]
) -> Iterator[str]:
    """Yield what differs and may, in words; raise NotComparable for what may not, and when there is no common case."""
    common = [case for case in before if case in after]
    if not common:
        one, other = next(iter(before.values())), next(iter(after.values()))
        raise NotComparable(Reason("no_common_case", refusal=_refusal(_values(one, other))))
    apart: dict[str, tuple[str, str]] = {}
    for case in common:
        if before[case].measured and after[case].measured:
            apart = _values(before[case], after[case]) | apart
    refused = {name: values for name, values in apart.items() if name not in allowed}
    if refused:
        raise NotComparable(_refusal(refused))
    yield from (
        Reason("compared_although", difference=_key_difference(name, *values)) for name, values in apart.items()
    )


def _values(base: Pool, new: Pool) -> dict[str, tuple[str, str]]:
    """Return both values of each comparability key in which two pools differ."""
    return {
        name: (base.keys.get(name, UNKNOWN), new.keys.get(name, UNKNOWN)) for name in incomparable(base.keys, new.keys)
    }


def _refusal(apart: Mapping[str, tuple[str, str]]) -> str:
    """Return the sentence that says which keys keep two sides apart, and how to allow that."""
    found = joined(_key_difference(name, *values) for name, values in apart.items())
    return Reason("apart_in", found=found, names=",".join(apart))


def _key_difference(name: str, base: str, new: str) -> str:
    """Return one differing key in words: "dtype: fp32 against tf32"."""
    return Reason("key_differs", name=name, base=base, new=new)


def _change(base: Pool | None, new: Pool | None, floors: Mapping[str, CaseNoise], margin: float) -> Change:
    """Return the change of one case that at least one side has."""
    if new and _has_failed(new.newest):
        return _without_rate(base, new.newest, "failed", _reason_of(new.newest) or Reason("not_proven"))
    if new and new.newest.stats:
        if base and base.measured:
            return _measured(base, new, floors.get(name_of(new.newest)), margin)
        reason = Reason("base_not_measured", reason=_reason_of(base.newest)) if base else Reason("base_lacks")
        return Change(name_of(new.newest), "new", reason, new.unit, new_per_s=new.rate_per_s)
    pool = base or new
    assert pool is not None
    if base and base.measured:
        reason = Reason("new_not_measured", reason=_reason_of(new.newest)) if new else Reason("new_lacks")
        return _without_rate(base, base.newest, "missing", reason)
    return _without_rate(None, pool.newest, "not run", _reason_of((new or pool).newest))


def _reason_of(case: Tracked) -> str | None:
    """Return why a case has no rate, in both languages where its document says it so."""
    return as_reason(case.reason, case.reason_said) if case.reason else None


def _has_failed(case: Tracked) -> bool:
    """Return whether a case failed, or has a rate whose product was not proven right."""
    return case.status == "failed" or (case.stats is not None and not is_proven(case))


def _without_rate(base: Pool | None, case: Tracked, verdict: Verdict, reason: str | None) -> Change:
    """Return the change of a case that has no rate in NEW, with the one in BASE if there is one."""
    if base is None or not base.measured:
        return Change(name_of(case), verdict, reason)
    return Change(name_of(case), verdict, reason, base.unit, base.rate_per_s)


def _measured(base: Pool, new: Pool, floor: CaseNoise | None, margin: float) -> Change:
    """Return the change between two rates: by the noise floor where there is one, else by a rougher rule."""
    ratio = new.rate_per_s / base.rate_per_s
    low: float | None = None
    high: float | None = None
    if floor:
        low, high = ratio * math.exp(-floor.floor) - 1, ratio * math.exp(floor.floor) - 1
        verdict, detectable = verdict_of_interval(low, high, margin), smallest_slowdown(floor.floor, margin)
    else:
        verdict, detectable = _called_roughly(base, new, margin)
    blamed = list(_blame(base, new, floor, margin))
    if blamed and verdict in ("regression", "improvement"):
        verdict, reasons = "inconclusive", blamed
    else:
        reasons = [*_why(new, verdict, floor), *blamed] if verdict != "unchanged" else []
    return Change(
        case=name_of(new.newest),
        verdict=verdict,
        reason=joined(reasons) or None,
        unit=new.unit,
        base_per_s=base.rate_per_s,
        new_per_s=new.rate_per_s,
        estimate=ratio - 1,
        low=low,
        high=high,
        detectable=detectable,
    )


def _called_roughly(base: Pool, new: Pool, margin: float) -> tuple[Verdict, float]:
    """Return the verdict without a noise floor, and the smallest slowdown it would call.

    Only a change above 10 % is called, and only where the intervals of the Results themselves lie apart.
    """
    change = new.rate_per_s / base.rate_per_s - 1
    (base_low, base_high), (new_low, new_high) = base.spread, new.spread
    least = max(margin, SURE_WITHOUT_FLOOR, 1 - base_low / new_high)
    most = max(margin, SURE_WITHOUT_FLOOR, base_high / new_low - 1)
    verdict = verdict_of_change(change, least if change < 0 else most)
    return "inconclusive" if verdict == "unchanged" else verdict, least


def _why(new: Pool, verdict: Verdict, floor: CaseNoise | None) -> Iterator[str]:
    """Yield what a reader of the verdict should know, in words."""
    if floor is None and verdict == "inconclusive":
        yield (Reason("only_above_ten"))
    elif floor is None:
        yield Reason("called_without_floor")
    elif verdict == "inconclusive":
        apart = math.expm1(floor.floor)
        yield Reason("noise_hides", share=units.percent(apart, 1))
    reasons = _grade_reasons(new.newest)
    if reasons and isinstance(new.newest, Case) and new.newest.grade == "C" and not new.loaded:
        yield Reason("new_graded_c", reasons=reasons)


def _blame(base: Pool, new: Pool, floor: CaseNoise | None, margin: float) -> Iterator[str]:
    """Yield in words why a change beyond the margin may be the machine's: no such change is called.

    The ceiling moved with the rate, or other programs kept the slower side busy.
    """
    change = new.rate_per_s / base.rate_per_s - 1
    if verdict_of_change(change, margin) == "unchanged":
        return
    if base.ceiling_share and new.ceiling_share:
        share = new.ceiling_share / base.ceiling_share - 1
        yield from _blame_on_ceiling(change, share, max(margin, (floor and floor.floor_of_ceiling_share) or 0))
    name, slower = (Reason("name_of_new"), new) if change < 0 else (Reason("name_of_base"), base)
    if slower.loaded:
        told = _grade_reasons(slower.newest) or Reason("others_took_machine")
        yield Reason("slower_side_busy", name=name, told=told)


def _blame_on_ceiling(change: float, share: float, steady: float) -> Iterator[str]:
    """Yield a sentence where the ceiling moved with the rate: the rate's share of it stayed within ``steady``."""
    ceiling = (1 + change) / (1 + share) - 1
    if abs(share) <= steady and change * ceiling > 0 and abs(ceiling) >= abs(change) / 2:
        by = units.percent(abs(ceiling), 1)
        yield Reason("ceiling_rose_with_it", share=by) if ceiling > 0 else Reason("ceiling_fell_with_it", share=by)


def _grade_reasons(case: Tracked) -> str:
    """Return why a case has no better grade, in one sentence; "" where its document says nothing, as of a call."""
    if not isinstance(case, Case):
        return ""
    return joined(as_reasons(case.grade_reasons, case.grade_reasons_said), "names_joined")


def _unwatched(changes: Iterable[Change], new: Result) -> Iterator[str]:
    """Yield how to get the floor that some case lacks; of calls none is measured."""
    cases = {case_id(case) for case in new.cases}
    if any(change.estimate is not None and change.low is None and change.case in cases for change in changes):
        yield Reason("no_floor_for_some", command=noise_command(new))


def noise_command(result: Result) -> str:
    """Return the command that measures the noise of the cases of this Result."""
    profile = result.tool.profile
    return command_of(result, "noise", profile if profile != "ab" else None)
