"""Decides what must be equal for two rates to be compared, and lists every other way in which two Results differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from flopsbench import units
from flopsbench.problem import shape_text
from flopsbench.result.facts import FACTS, Told, facts, short_commit
from flopsbench.result.keys import Tracked
from flopsbench.result.types import Call, Case, Host, Record, Result
from flopsbench.result.work import limit_of, limit_title
from flopsbench.words.catalogue import WORDS
from flopsbench.words.reason import Reason

CASE_KEYS = (
    "machine",
    "device",
    "dtype",
    "shape",
    "layout",
    "regime",
    "backend",
    "kernel",
    "math",
    "accumulate",
    "data",
    "method",
)
KEYS = (*CASE_KEYS, "unit", "amount", "calls")  # the last three of calls alone
UNKNOWN = Reason("not_recorded")
CEILING_MOVED = 0.03  # the scatter of ceilings taken minutes apart on a quiet machine is below this


def keys(result: Result, tracked: Tracked) -> dict[str, str]:
    """Return the comparability keys of a case or a call by their names in KEYS: two rates compare where all agree."""
    return _case_keys(result, tracked) if isinstance(tracked, Case) else _call_keys(result, tracked)


def _case_keys(result: Result, case: Case) -> dict[str, str]:
    """Return the comparability keys of a case."""
    compute = case.compute
    return {
        "machine": machine(result.host),
        "device": device_name(result, case.device) or UNKNOWN,
        "dtype": case.dtype,
        "shape": shape_text(case.m, case.n, case.k),
        "layout": case.layout,
        "regime": case.regime,
        "backend": case.backend,
        "kernel": case.kernel,
        "math": (compute.math if compute else None) or UNKNOWN,
        "accumulate": compute.accumulate if compute else UNKNOWN,
        "data": case.data,
        "method": str(result.method_version),
    }


def _call_keys(result: Result, call: Call) -> dict[str, str]:
    """Return the comparability keys of a call: what one call of it is, and by what it was called."""
    return {
        "machine": machine(result.host),
        "device": devices_of_calls(result),
        "dtype": call.dtype or UNKNOWN,
        "method": str(result.method_version),
        "unit": call.unit,
        "amount": str(call.amount),
        "calls": kinds_of_calls(result),
    }


def devices_of_calls(result: Result) -> str:
    """Return the devices that a project's own code could use, by their names."""
    return ", ".join(dict.fromkeys(device.name for device in result.devices)) or result.host.cpu.model


def kinds_of_calls(result: Result) -> str:
    """Return which kinds of code of a project a Result was asked for: "suite", "call", "command"; "" for none."""
    return ", ".join(sorted({asked.partition(" ")[0] for asked in result.tool.options.calls}))


def device_name(result: Result, id: str) -> str | None:
    """Return the name of a device by its id, None where the Result does not list it."""
    return next((device.name for device in result.devices if device.id == id), None)


def machine(host: Host) -> str:
    """Return a machine in words, equal for machines of equal hardware."""
    return f"{host.cpu.model}, {host.cpu.usable} cores ({host.hardware_key})"


def incomparable(base: Mapping[str, str], new: Mapping[str, str]) -> list[str]:
    """Return the names of the keys that keep two cases or calls apart, in the order of KEYS."""
    return [name for name in KEYS if base.get(name) != new.get(name)]


def differences(base: Result, new: Result) -> list[str]:
    """Return every difference between two Results that is no rate, a line for each; the commit measured comes first."""
    return [*_line(_label("source commit"), _commit(base), _commit(new)), *surroundings(base, new)]


def surroundings(base: Result, new: Result) -> list[str]:
    """Return every difference between the environments of two Results, a line for each: "numpy 2.3.1 -> 2.4.6"."""
    parts = (
        _records(base.tool, new.tool),
        _line(_label("method"), str(base.method_version), str(new.method_version)),
        _records(base.software, new.software),
        _devices(base, new),
        _records(base.host, new.host),
        _ceilings(base, new),
    )
    return [line for part in parts for line in part]


def _line(name: str, base: str | None, new: str | None) -> Iterator[str]:
    """Yield a line where the two differ; what is absent is called "none"."""
    if base != new:
        yield Reason("differs", name=name, base=base or Reason("none"), new=new or Reason("none"))


def _records(base: Record, new: Record, of: str = "") -> Iterator[str]:
    """Yield how two records differ, in the order of the table of facts, each line about what ``of`` names."""
    before, after = ({told.label: told for told in facts(side) if told.fact.compared} for side in (base, new))
    order = {told.label: FACTS[type(base)].index(told.fact) for told in (*before.values(), *after.values())}
    for label in sorted(order, key=order.__getitem__):
        title = _title(before.get(label) or after[label])
        name = Reason("fact_of", of=of, label=title) if of else title
        yield from _line(name, *(side[label].text if label in side else None for side in (before, after)))


def _title(told: Told) -> str:
    """Return what a fact is called, with the name of the one value and the unit of its text: "setting MKL_CBWR"."""
    label = _label(told.fact.label)
    title = Reason("fact_named", label=label, name=told.name) if label and told.name else label or told.name
    return Reason("fact_in_unit", label=title, unit=told.fact.unit) if told.fact.unit else title


def _label(label: str) -> str:
    """Return what a fact is called, in both languages where it has a name in each."""
    key = f"fact_{label.lower().replace(' ', '_')}"
    return Reason(key) if key in WORDS else label


def _commit(result: Result) -> str | None:
    """Return the commit of the project that a Result was measured in, short."""
    return short_commit(result.source.commit) if result.source and result.source.commit else None


def _devices(base: Result, new: Result) -> Iterator[str]:
    """Yield how the devices differ, by their ids, those that only one of the runs saw included."""
    before, after = ({device.id: device for device in result.devices} for result in (base, new))
    for id in dict.fromkeys([*before, *after]):
        if id in before and id in after:
            yield from _records(before[id], after[id], id)
        else:
            yield from _line(
                Reason("device_named", id=id), *(side[id].name if id in side else None for side in (before, after))
            )


def _ceilings(base: Result, new: Result) -> Iterator[str]:
    """Yield the ceilings that moved: what the silicon could do at most was not the same.

    Two sides that took turns met one machine, whatever it did at their first and last moments.
    """
    if base.tool.profile == new.tool.profile == "ab":
        return
    before = {limit_of(ceiling): ceiling for ceiling in base.ceilings}
    for ceiling in new.ceilings:
        known = before.get(limit_of(ceiling))
        if known is None or known.rate_per_s is None or ceiling.rate_per_s is None:
            continue
        where = Reason("ceiling_of", title=limit_title(ceiling), device=ceiling.device)
        if known.instruction != ceiling.instruction:
            named = Reason("ceiling_instruction", where=where)
            yield from _line(named, known.instruction, ceiling.instruction)
            continue
        change = ceiling.rate_per_s / known.rate_per_s - 1
        if abs(change) > CEILING_MOVED:
            by = units.percent(abs(change), 1)
            yield (
                Reason("ceiling_rose", where=where, share=by)
                if change > 0
                else Reason("ceiling_fell", where=where, share=by)
            )
