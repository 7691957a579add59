"""Checks whether a document is whole, and whether its figures follow from its blocks.

``canonical`` reads the bytes and ``limits`` the ceilings and peaks; this module makes findings of their faults.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib.metadata import version
from typing import Any

from msgspec.structs import astuple, replace

from flopsbench.analysis.grade import grade
from flopsbench.analysis.limits import limits, peak_records, work_per_clock
from flopsbench.analysis.rate import per_joule, summarise, under_quota
from flopsbench.device import id_of, kind_of
from flopsbench.dtype import DTYPES
from flopsbench.host.environment import settings
from flopsbench.peaks.datasheet import datasheet_peak, find_accelerator
from flopsbench.problem import OPS
from flopsbench.result.consistency import call_complaints, case_complaints
from flopsbench.result.keys import limit_id
from flopsbench.result.said import as_reason, said_sentences
from flopsbench.result.types import (
    INTERRUPTED,
    LICENSE,
    METHOD_VERSION,
    METHODS,
    SCHEMA_VERSION,
    SCHEMA_VERSIONS,
    Case,
    DeviceRecord,
    Host,
    Letter,
    Result,
    Stats,
    schema_order,
)
from flopsbench.result.work import LimitKey, amount, limit_key, limit_of, limit_title
from flopsbench.units import general
from flopsbench.validate.environment import HAS_CODES, LOST_PROCESSES
from flopsbench.validate.finding import Fault, Finding
from flopsbench.validate.limits import PRECISION, bases_of, limit_faults
from flopsbench.validate.privacy import COMMIT, MALFORMED, malformed
from flopsbench.validate.text import is_device_name
from flopsbench.words.reason import Reason

RELEASE = re.compile(r"[0-9]{1,9}")
# As Python's packages are numbered, from 0.1.0 on; and the Pythons that flopsbench runs on.
VERSION = re.compile(
    r"(?!0\.0\.)(0|[1-9][0-9]{0,3})(\.(0|[1-9][0-9]{0,3})){2}((a|b|rc)[0-9]{1,4})?(\.(post|dev)[0-9]{1,9}){0,2}"
    r"(\+[a-z0-9.]{1,40})?"
)
PYTHON = re.compile(r"3\.(1[1-9]|[2-9][0-9])\.[0-9]{1,2}[\w.+~-]{0,20}")
A_COMMIT = re.compile(rf"(?!0+\+?\Z){COMMIT.pattern}")  # git writes zeros for none

# The form of each field about the program. What stands in place of a name of the host is the business of ``privacy``.
PROGRAM_FORMS = {
    "software.python": PYTHON,
    "tool.name": re.compile("flopsbench"),
    "tool.version": VERSION,
    "tool.git_commit": A_COMMIT,
    "source.commit": A_COMMIT,
}


def byte_findings(faults: Iterable[Fault]) -> Iterator[Finding]:
    """Yield a finding for each fault that ``canonical`` found in a document's bytes, or ``limits`` in its bulk."""
    return map(_finding, faults)


def _finding(fault: Fault) -> Finding:
    """Return the finding that a fault of ``canonical`` or ``limits`` becomes."""
    return Finding(f"integrity.{fault.kind}", fault.sentence, fault.where)


def form_findings(result: Result) -> Iterator[Finding]:
    """Yield a finding for each field about the program without its form, and for settings that nobody records."""
    for field in malformed(result, PROGRAM_FORMS):
        yield Finding("integrity.schema", MALFORMED, field)
    if result.software.env and settings(result.software.env) != result.software.env:
        yield Finding("integrity.schema", Reason("unknown_settings"), "software.env")


def structure_findings(result: Result) -> Iterator[Finding]:
    """Yield what must not be wrong with a whole document before any figure can be computed: references above all."""
    if result.license != LICENSE:
        yield Finding("integrity.license", Reason("other_license", license=LICENSE), "license")
    if not result.cases:
        yield Finding("integrity.case", Reason("no_cases"), "cases")
        return
    yield from _version_findings(result)
    yield from _method_findings(result)
    yield from _reference_findings(result)
    yield from _reason_findings(result)
    stopped = [case for case in result.cases if case.status == "skipped" and case.reason == INTERRUPTED]
    if stopped and not result.interrupted:
        yield Finding("integrity.case", Reason("interrupted_alone"), stopped[0].case)
    for complaint in (*case_complaints(result.cases), *call_complaints(result.calls)):
        yield Finding("integrity.case", complaint)


def _version_findings(result: Result) -> Iterator[Finding]:
    """Yield a finding for a version of the schema that nobody wrote, and for a flopsbench that is yet to be written."""
    schema, written = result.schema_version, result.tool.version
    if schema not in SCHEMA_VERSIONS:
        if schema_order(schema) > schema_order(SCHEMA_VERSION):
            sentence = Reason("schema_too_new", schema=schema, known=SCHEMA_VERSION)
            yield Finding("integrity.version", sentence, "schema_version")
        else:
            yield Finding("integrity.schema", Reason("schema_never_was"), "schema_version")
    if _release(written) > _this_release():
        yield Finding("integrity.program", Reason("later_program", version=written), "tool.version")


@cache
def _this_release() -> list[int]:
    """Return the numbers of this program's own version."""
    return _release(version("flopsbench"))


def _release(text: str) -> list[int]:
    """Return the numbers of a version, by which releases are ordered."""
    return [int(number) for number in RELEASE.findall(text.partition("+")[0])[:3]]


def _method_findings(result: Result) -> Iterator[Finding]:
    """Yield a finding for a method that nobody knows, or that the document's schema did not come with."""
    method, schema = result.method_version, result.schema_version
    came_with = (number for number, since in METHODS.items() if since <= schema_order(schema))
    newest = max(came_with, default=min(METHODS))
    if method not in METHODS:
        known = " and ".join(map(str, METHODS))
        sentence = Reason("method_too_new", method=method, known=known)
        yield Finding("integrity.version", sentence, "method_version")
    elif method != newest:
        sentence = Reason("method_of_other_schema", method=method, schema=schema, newest=newest)
        yield Finding("integrity.schema", sentence, "method_version")


def _reference_findings(result: Result) -> Iterator[Finding]:
    """Yield a finding for each device, ceiling or peak that is listed twice, or that belongs to nothing else."""
    devices = {device.id for device in result.devices}
    pairs = {(case.device, case.dtype) for case in result.cases}
    if len(devices) < len(result.devices):
        yield Finding("integrity.reference", Reason("device_listed_twice"), "devices")
    for device in result.devices:
        yield from _device_findings(device, result.host)
    for device_id in sorted(devices - {case.device for case in result.cases}):
        yield Finding("integrity.reference", Reason("device_unused"), device_id)
    for case in result.cases:
        if case.device not in devices:
            yield Finding("integrity.reference", Reason("ran_on_unknown", device=case.device), case.case)
    for name, listed in (
        ("ceilings", [(each.device, each.dtype, each.unit) for each in result.ceilings]),
        ("peaks", [(each.device, each.dtype, each.basis) for each in result.peaks]),
    ):
        if len(set(listed)) < len(listed):
            yield Finding("integrity.reference", Reason("one_listed_twice"), name)
        for device_id, dtype in sorted({(device_id, dtype) for device_id, dtype, _ in listed} - pairs):
            yield Finding("integrity.reference", Reason("limit_of_no_case", dtype=dtype, device=device_id), name)


def _reason_findings(result: Result) -> Iterator[Finding]:
    """Yield a finding for each code that is unknown, or that does not make the very sentence beside it.

    Pages say in Chinese what the code says: it must be what the English says.
    """
    for where, sentence, said in said_sentences(result):
        if said is None:
            yield Finding("integrity.reason", Reason("reason_without_code"), where)
        elif sentence is None:
            yield Finding("integrity.reason", Reason("code_without_reason"), where)
        elif not isinstance(as_reason(sentence, said), Reason):
            yield Finding("integrity.reason", Reason("reason_unlike_code"), where)


def _device_findings(device: DeviceRecord, host: Host) -> Iterator[Finding]:
    """Yield the findings about the id and the name of a device.

    By its name a device is filed in the registry and compared with others.
    """
    expected = id_of(device.kind, device.index)
    if device.id != expected:
        yield Finding("integrity.reference", Reason("id_of_other_kind", expected=expected), device.id)
    if not is_device_name(device.name):
        yield Finding("integrity.schema", Reason("name_of_no_driver"), device.id)
    if not kind_of(device.kind).is_host:
        if _is_slice(device, host):
            yield Finding("integrity.reference", Reason("slice_named_whole"), device.id)
    elif device.name != host.cpu.model or (device.units or 0) > host.cpu.usable or find_accelerator(device.name):
        yield Finding("integrity.reference", Reason("other_cpu_than_host"), device.id)


def _is_slice(device: DeviceRecord, host: Host) -> bool:
    """Return whether a device is less than half of the board whose name it has."""
    whole = datasheet_peak(device.name, "fp16")
    each, _ = work_per_clock(device, host.cpu.microarchitecture, "fp16")
    if whole and each and device.clock_max_hz and each * device.clock_max_hz < whole.rate_per_s / 2:
        return True
    return bool(device.mig) and find_accelerator(device.name) is not None


def case_findings(case: Case) -> Iterator[Finding]:
    """Yield what must not be wrong with a case before its figures can be computed: operations, parts and units."""
    if case.dtype not in DTYPES:
        return  # another finding says so
    op, work = OPS[case.op], amount(case)
    if case.flop_per_launch != work.count:
        yield Finding("integrity.flop", Reason("counts_other_work", formula=op.formula), case.case)
    if case.status == "ok":
        if case.compute is None and op.proven:
            yield Finding("integrity.case", Reason("ran_unknown"), case.case)
        if len({process.order for process in case.processes}) < len(case.processes):
            yield Finding("integrity.case", Reason("process_twice"), case.case)
        if case.stats and case.stats.unit != work.unit:
            sentence = Reason("counts_other_unit", unit=case.stats.unit, dtype=case.dtype, op=case.op, known=work.unit)
            yield Finding("integrity.unit", sentence, case.case)
        if case.reason or case.reason_said:
            yield Finding("integrity.case", Reason("rate_and_reason"), case.case)
    elif not case.reason:
        yield Finding("integrity.case", Reason("status_without_reason", status=case.status), case.case)
    elif case.grade is not None:
        yield Finding("integrity.case", Reason("status_with_grade", status=case.status), case.case)


def figure_findings(result: Result) -> Iterator[Finding]:
    """Yield the findings about limits, and about the figures that follow from them and from the blocks.

    Of each case only the first kind that is found is told. Where a limit is rejected, the figures that rest on it are
    not checked.
    """
    if result.method_version != METHOD_VERSION:
        sentence = Reason("other_method", version=result.method_version, current=METHOD_VERSION)
        yield Finding("integrity.method", sentence, "method_version")
    devices = {device.id: device for device in result.devices}
    cases: dict[LimitKey, list[Case]] = {}
    for case in result.cases:
        cases.setdefault(limit_key(case), []).append(case)
    yield from _left_out(result, devices)
    bases = bases_of(result, cases, devices)
    doubtful: set[tuple[str, str]] = set()  # device and dtype: the unit may be what is wrong
    for fault, key in limit_faults(result, cases, devices, bases):
        finding = _finding(fault)
        yield finding
        if finding.level == "reject":
            doubtful.add(key[:2])
    for key, same in cases.items():
        if key[:2] not in doubtful:
            peak_per_s, flop_per_hz = bases.get((key, "datasheet")), bases.get((key, "clock seen"))
            for case in same:
                if case.stats:
                    yield from _case_figure_findings(case, case.stats, peak_per_s, flop_per_hz, result)


def _left_out(result: Result, devices: Mapping[str, DeviceRecord]) -> Iterator[Finding]:
    """Yield a finding for each peak that today's tables give and the document leaves out."""
    measured = [case for case in result.cases if case.stats]
    told = {(limit_of(peak), peak.basis) for peak in result.peaks}
    for peak in peak_records(limits(measured, devices, result.host).values()):
        if (limit_of(peak), peak.basis) not in told:
            where = limit_id(peak.device, limit_title(peak))
            yield Finding("integrity.table", Reason("peak_left_out", basis=peak.basis), where)


def _case_figure_findings(
    case: Case, told: Stats, peak_per_s: float | None, flop_per_hz: float | None, result: Result
) -> Iterator[Finding]:
    """Yield a finding where what a case ``told`` is not what is computed from its blocks once more.

    ``peak_per_s`` is the datasheet's peak in operations per second, ``flop_per_hz`` the operations per clock of the
    device; None where the document has no such peak.
    """
    try:
        total = told.rate.basis == "total"
        found = summarise(case.processes, case.flop_per_launch, told.unit, peak_per_s, flop_per_hz, total)
        letter, reasons, flags = grade(case.processes, found, result.host)
    except (ArithmeticError, ValueError):
        yield Finding("integrity.stats", Reason("no_figure_of_blocks"), case.case)
        return
    if told.per_joule and not found.per_joule:  # the first versions gave it however short a time was metered
        found = replace(found, per_joule=per_joule(case.processes, case.flop_per_launch, least_s=0.0))
    if total and not under_quota(case, result.host):
        yield Finding("integrity.stats", Reason("rate_over_total"), case.case)
    elif wrong := _unlike(told.rate, found.rate) or _differ("per_joule", told.per_joule, found.per_joule):
        yield Finding("integrity.stats", Reason("not_of_blocks", wrong=wrong), case.case)
    elif wrong := _unlike(told.efficiency, found.efficiency):
        yield Finding("integrity.efficiency", Reason("not_of_blocks_and_limits", wrong=wrong), case.case)
    elif case.grade is None or (case.grade == "A") != (not case.grade_reasons):
        sentence = Reason("grade_unfit")
        yield Finding("integrity.grade", sentence, case.case)
    elif case.grade < letter or set(flags) != set(case.flags):
        yield Finding("integrity.table", _other_grade(case.grade, letter, flags), case.case)
    elif not _tells(case, reasons, result.schema_version):
        yield Finding("integrity.table", Reason("grade_reason_left_out"), case.case)
    elif schema_order(result.schema_version) >= HAS_CODES and _adds(case, reasons):
        yield Finding("integrity.table", Reason("grade_reason_of_no_rule"), case.case)


def _adds(case: Case, reasons: Sequence[Reason]) -> bool:
    """Return whether a case tells a reason for its grade that is none of these, and not that processes were lost."""
    rules = {str(reason) for reason in reasons}
    return any(told not in rules and not LOST_PROCESSES.match(told) for told in case.grade_reasons)


def _tells(case: Case, reasons: Sequence[Reason], schema: str) -> bool:
    """Return whether a case tells every reason that today's rules give, in the words and figures that they give.

    Documents before 1.3 may have other words.
    """
    if schema_order(schema) < HAS_CODES:
        return len(case.grade_reasons) >= len(reasons)
    return {*case.grade_reasons} >= {str(reason) for reason in reasons}


def _other_grade(told: Letter, today: Letter, flags: Sequence[str]) -> Reason:
    """Return which grade and which flags today's rules give."""
    if flags:
        return Reason("other_grade_or_flags", grade=told, today=today, flags=", ".join(flags))
    return Reason("other_grade", grade=told, today=today)


def _unlike(told: Any, found: Any) -> str:
    """Return how two structs differ, in the first field that differs by more than rounding; empty where none does."""
    for name, one, other in zip(told.__struct_fields__, astuple(told), astuple(found), strict=True):
        if wrong := _differ(name, one, other):
            return wrong
    return ""


def _differ(name: str, told: float | str | None, found: float | str | None) -> str:
    """Return how two values of a field differ; empty where they differ by no more than rounding."""
    if told == found:
        return ""
    if isinstance(told, float) and isinstance(found, float) and abs(told - found) <= PRECISION * abs(found):
        return ""
    return Reason("is_instead", name=name, told=_named(told), found=_named(found))


def _named(value: float | str | None) -> str:
    """Return a value as a sentence names it."""
    return Reason("absent") if value is None else value if isinstance(value, str) else general(value)
