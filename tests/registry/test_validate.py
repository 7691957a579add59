"""What the validator says besides refusing: reviews and notes, and all there is to say of a file or a folder."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from flopsbench.errors import UsageError
from flopsbench.registry.signature import signature_path
from flopsbench.registry.validate import Checked, validate
from flopsbench.result.codec import decode, encode
from flopsbench.result.files import save
from flopsbench.result.types import METHOD_VERSION, METHODS, Result, Stats, significant
from flopsbench.validate import timing
from flopsbench.validate.document import Judgement, validate_document
from flopsbench.validate.finding import CODES, Finding
from tests.registry.test_moderation import attest, hide, supersede
from tests.registry.tree import drop, put, signed, tree_of
from tests.validate.honest import MEASURED, honest, refigured

NOW = datetime.datetime(2026, 12, 1, tzinfo=datetime.UTC)
FEW = (MEASURED[1], MEASURED[8], MEASURED[4])
GOLDEN = sorted((Path(__file__).parents[1] / "golden").glob("*.json"))


def codes(result: Result, now: datetime.datetime = NOW) -> set[str]:
    """Whatever is said of a document."""
    return {finding.code for finding in validate_document(encode(result), now=now).findings}


def changed(**fields: Any) -> Result:
    """An honest document with other fields, every figure following from them."""
    return refigured(replace(honest(measured=FEW), **fields))


def above_its_ceiling() -> Result:
    result = honest(measured=FEW)
    first = result.cases[0]
    lower = [
        replace(process, block_ceilings=[(low * 0.8, high * 0.8) for low, high in process.block_ceilings])
        for process in first.processes
    ]
    return refigured(replace(result, cases=[replace(first, processes=lower), *result.cases[1:]]))


def first_launch(seconds: float) -> Result:
    result = honest(measured=FEW)
    first = result.cases[0]
    processes = [replace(process, first_launch_s=seconds) for process in first.processes]
    return replace(result, cases=[replace(first, processes=processes), *result.cases[1:]])


def of_another_table(basis: str, factor: float = 1.0, source: str = "an older table") -> Result:
    """Peaks of another table than today's, with the shares of them that follow."""
    result = honest(measured=FEW)
    peaks = [
        replace(each, rate_per_s=each.rate_per_s * factor, source=source) if each.basis == basis else each
        for each in result.peaks
    ]
    name = "peak" if basis == "datasheet" else "peak_at_clock"
    cases = [replace(case, stats=_lower(case.stats, name, factor)) for case in result.cases]
    return replace(result, peaks=peaks, cases=cases)


def _lower(stats: Stats | None, name: str, factor: float) -> Stats | None:
    share = stats and getattr(stats.efficiency, name)
    return replace(stats, efficiency=replace(stats.efficiency, **{name: share / factor})) if stats and share else stats


def of_board(**fields: Any) -> Result:
    """The honest document with another GPU."""
    result = honest(measured=FEW)
    return changed(devices=[result.devices[0], replace(result.devices[1], **fields)])


def proven(**fields: Any) -> Result:
    result = honest(measured=FEW)
    first = result.cases[0]
    return replace(result, cases=[replace(first, proof=replace(first.proof, **fields)), *result.cases[1:]])


def at_rate(position: int, factor: float) -> Result:
    """A case of another rate, at the same clock."""
    result = honest(measured=FEW)
    case = result.cases[position]
    processes = [
        replace(
            each,
            wall_s=each.wall_s / factor if factor < 1 else each.wall_s,
            first_launch_s=each.first_launch_s / factor,
            **{name: [value / factor for value in getattr(each, name)] for name in ("block_s", "host_block_s")},
            telemetry=replace(each.telemetry, energy_j=(each.telemetry.energy_j or 0) / factor or None),
        )
        for each in case.processes
    ]
    cases = [*result.cases]
    cases[position] = replace(case, processes=processes)
    return refigured(replace(result, cases=cases))


def at_clock(hz: float, highest_hz: float) -> Result:
    """The GPU's case with a clock and a highest clock."""
    result = honest(measured=FEW)
    cpu, gpu, *rest = result.cases
    processes = [
        replace(each, telemetry=replace(each.telemetry, clock_min_hz=hz, clock_hz=hz, clock_max_hz=highest_hz))
        for each in gpu.processes
    ]
    return refigured(replace(result, cases=[cpu, replace(gpu, processes=processes), *rest]))


TOOL = honest(measured=FEW).tool
BUSY = replace(honest(measured=FEW).host, busy_share=0.8)
TOLD: dict[str, Callable[[], Result]] = {
    "integrity.method": lambda: honest(measured=FEW, method=1),
    "integrity.table": lambda: of_another_table("datasheet", 1.1),
    "numerics.band": lambda: proven(rms_band=(0.0, 1e-5)),
    "physics.slow": lambda: at_rate(1, 0.05),
    "physics.sustained": lambda: at_rate(0, 0.75),
    "physics.unknown": lambda: of_board(name="NVIDIA H999", arch=None),
    "timing.first-launch": lambda: first_launch(1e-6),
    "physics.ceiling": above_its_ceiling,
    "environment.profile": lambda: changed(tool=replace(TOOL, profile="standard")),
    "environment.interrupted": lambda: changed(interrupted=True),
    "environment.tool": lambda: changed(tool=replace(TOOL, git_commit="a" * 40 + "+")),
    "environment.grade": lambda: changed(host=BUSY),
    "environment.unknown": lambda: changed(host=replace(BUSY, os="PlayStation")),
}


@pytest.mark.parametrize("code", TOLD)
def test_what_a_reader_is_told_rejects_nothing(code: str) -> None:
    verdict = validate_document(encode(TOLD[code]()), now=NOW)
    assert code in {finding.code for finding in verdict.findings}
    assert CODES[code] != "reject"
    assert not verdict.rejected


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("integrity.table", lambda: of_another_table("datasheet")),
        ("integrity.table", lambda: of_another_table("clock seen", 2)),
        ("integrity.table", lambda: replace(honest(measured=FEW), host=BUSY)),
        ("numerics.band", lambda: proven(bound=1.0)),
        ("physics.ceiling", lambda: at_clock(1.3e9, 1.9e9)),
        ("environment.profile", lambda: honest(measured=FEW[:2])),
    ],
)
def test_also_for_these_a_person_looks(code: str, told: Callable[[], Result]) -> None:
    assert codes(told()) == {code}


@pytest.mark.parametrize(
    ("code", "wrong"),
    [
        ("integrity.peak", lambda: of_another_table("clock seen", 1.1)),
        ("integrity.reference", lambda: of_board(units=16)),
        ("numerics.proof", lambda: proven(bound=1e-9)),
        ("numerics.proof", lambda: proven(rms_band=(1e-6, 1e-5))),
        ("physics.rate", lambda: at_clock(1.2e9, 1.2e9)),
    ],
)
def test_what_contradicts_itself_is_refused(code: str, wrong: Callable[[], Result]) -> None:
    assert codes(wrong()) == {code}


@pytest.mark.parametrize(
    "result",
    [
        lambda: of_board(units=120),
        lambda: at_rate(1, 0.08),
        lambda: at_rate(0, 0.9),
        lambda: at_clock(1.6e9, 1.9e9),
    ],
)
def test_what_is_merely_unusual_is_not_remarked(result: Callable[[], Result]) -> None:
    assert not {code for code in codes(result()) if code.startswith(("integrity", "physics.s", "physics.c"))}


def test_of_an_honest_document_there_is_nothing_to_say() -> None:
    document = encode(honest(measured=FEW))
    assert validate_document(document, now=NOW) == Judgement(decode(document), [])


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_documents_of_every_version_are_whole(path: Path) -> None:
    verdict = validate_document(path.read_bytes(), now=NOW)
    assert verdict.result is not None
    wholes = ("integrity", "timing", "physics", "text")
    found = {finding.code for finding in verdict.findings if finding.code.startswith(wholes)}
    assert found == ({"integrity.method"} if verdict.result.method_version < METHOD_VERSION else set())


@pytest.mark.parametrize("method", METHODS)
def test_each_method_has_the_errors_that_it_allowed(method: int) -> None:
    def erring(rms: float) -> set[str]:
        tree = tree_of(encode(honest(measured=FEW, method=method)))
        put("cases.0.proof.rms_error", rms)(tree)
        put("cases.0.proof.max_residual", significant(4 * rms))(tree)
        return {finding.code for finding in validate_document(signed(tree), now=NOW).findings}

    assert "numerics.fingerprint" not in erring(1.2e-6)
    assert ("numerics.fingerprint" in erring(1.3e-6)) == ("numerics.fingerprint" in erring(1.9e-5)) == (method == 2)
    assert "numerics.fingerprint" in erring(2.1e-5)


def test_an_older_method_is_told_from_the_current_one() -> None:
    (finding,) = validate_document(encode(honest(measured=FEW, method=1)), now=NOW).findings
    assert finding.sentence == (
        "was measured by version 1 of the method: its rates are not ranked with those of version 2, which is current"
    )


@settings(max_examples=60)
@given(st.floats(1e9, 1.98e9))
def test_figures_come_of_observations_with_more_digits_than_are_written(clock_hz: float) -> None:
    assert not {code for code in codes(at_clock(clock_hz, clock_hz)) if code.startswith("integrity")}


@pytest.mark.parametrize(("hours", "future"), [(23, False), (25, True)])
def test_clocks_may_be_wrong_by_a_day(hours: int, future: bool) -> None:
    created = datetime.datetime.fromisoformat("2026-08-01T12:00:00Z")
    found = codes(honest(measured=FEW), now=created - datetime.timedelta(hours=hours))
    assert ("environment.future" in found) == future


def test_all_rejections_are_told_not_only_the_first() -> None:
    tree = tree_of(encode(honest(measured=FEW)))
    put("created", "2031-01-01T00:00:00Z")(tree)
    put("cases.0.stats.rate.best", 1e15)(tree)
    put("cases.1.compute.accumulate", "bf16")(tree)
    put("cases.3.reason", "worker on node7.cluster.internal died, ask <b>")(tree)
    drop("cases.3.reason_said")(tree)
    found = {finding.code for finding in validate_document(signed(tree), now=NOW).findings}
    assert found == {
        "environment.future",
        "integrity.stats",
        "numerics.arithmetic",
        "privacy.host-name",
        "text.markup",
    }


@pytest.mark.parametrize(
    ("field", "text"),
    [
        (
            "cases.3.reason",
            "no fast fp16 path here: 2.1 GFLOPS at 256x256x256, it would take 8 s (a larger --time)",
        ),
        ("cases.3.reason", "CUDA error: an illegal memory access was encountered at 12:34:56"),
        ("cases.3.reason", "can't allocate memory: you tried to allocate 137438953472 bytes. Error code 12"),
        ("cases.0.compute.library", "cuBLAS 12.8.4.1"),
        ("cases.0.compute.library", "OpenBLAS: 0.3.31.188.0"),
        ("cases.0.compute.library", "oneDNN: 12345678.9, [0.1, 2]"),
        ("software.versions.nvidia-cublas", "12.8.4.1"),
        ("software.blas.0.version", "0.3.31.188.0"),
        ("host.kernel", "5.15.167.4-microsoft-standard-WSL2"),
        ("host.kernel", "4.18.0-553.22.1.el8_10.x86_64+debug"),
        ("host.machine_id", "1234567890123456"),
        ("devices.0.name", "Intel(R) Xeon(R) Platinum 8558 CPU @ 2.10GHz"),
        ("source.repository", "octo/元数据"),
        ("source.branch", "fix/data: a/b"),
        ("devices.0.arch", "gfx942:sramecc+:xnack-"),
        ("software.env.OMP_PLACES", "{0:4},{4:4}"),
    ],
)
def test_honest_texts_are_nobodys_business(field: str, text: str) -> None:
    tree = tree_of(encode(honest(measured=FEW)))
    put(field, text)(tree)
    found = {finding.code for finding in validate_document(signed(tree), now=NOW).findings}
    assert not {code for code in found if code.startswith(("privacy", "text"))}


@pytest.mark.parametrize(
    ("field", "text", "code"),
    [
        ("host.kernel", "Linux build-07 6.8.0-45-generic #45-Ubuntu SMP x86_64", "privacy.host-name"),
        ("host.hardware_key", "alices-desktop", "privacy.host-name"),
        ("host.machine_id", "node17", "privacy.host-name"),
        ("software.versions.numpy", "192.168.1.7", "privacy.ip"),
        ("software.env.HOSTNAME", "node17", "integrity.schema"),
        ("devices.0.name", "EPYC of user: alice", "privacy.user-name"),
        ("tool.options.kernels.0", "~/kernels/fast", "privacy.path"),
        ("software.versions.10-0-0-7", "ip-10-0-0-7", "privacy.host-name"),
        ("cases.3.reason", "&lt;script&gt;alert(1)", "text.markup"),
        ("cases.3.reason", "java script : alert(1)", "text.scheme"),
        ("cases.3.reason", "java\u00a0script : alert(1)", "integrity.control-character"),
        ("cases.3.reason", "%2e%2e%2fetc", "text.traversal"),
        ("cases.3.reason", "escaped \\ and alice@example.com", "privacy.email"),
    ],
)
def test_what_hides_is_found(field: str, text: str, code: str) -> None:
    tree = tree_of(encode(honest(measured=FEW)))
    put(field, text)(tree)
    assert code in {finding.code for finding in validate_document(signed(tree), now=NOW).findings}


def test_an_escaped_text_is_no_reason_to_refuse() -> None:
    tree = tree_of(encode(honest(measured=FEW)))
    put("cases.3.reason", 'the library says "no" [sic], with a \\')(tree)
    drop("cases.3.reason_said")(tree)
    assert not validate_document(signed(tree), now=NOW).findings


def test_a_path_that_is_not_there_is_a_usage_error_before_anything_is_checked(tmp_path: Path) -> None:
    save(honest(measured=FEW), tmp_path)
    with pytest.raises(UsageError, match="nowhere"):
        next(validate([tmp_path, tmp_path / "nowhere"]))


def test_files_come_in_order_and_one_by_one(tmp_path: Path) -> None:
    names = ["c.json", "a.json", "b.json"]
    for name in names:
        (tmp_path / name).write_bytes(b"{}")
    (tmp_path / "notes.txt").write_text("nobody's business outside of a registry")
    assert [Path(each.path).name for each in validate([tmp_path])] == sorted(names)


def test_a_file_alone_is_held_to_its_place_in_a_registry(tmp_path: Path) -> None:
    path = save(honest(measured=FEW), tmp_path)
    assert [each.findings for each in validate([path], now=NOW)] == [[]]
    moved = path.rename(path.with_name("0123456789abcdef.json"))
    (checked,) = validate([moved], now=NOW)
    assert [finding.code for finding in checked.findings] == ["file.misplaced"]


@pytest.mark.process
def test_a_bad_moderation_and_a_signature_of_nothing_are_refused(tmp_path: Path) -> None:
    path = save(honest(measured=FEW), tmp_path)
    (tmp_path / "moderation.toml").write_text("hide = 7")
    signature_path(path).write_bytes(b"no signature")
    found = {finding.code for each in validate([tmp_path], now=NOW) for finding in each.findings}
    assert found <= {"moderation.invalid", "signature.invalid"}
    assert "moderation.invalid" in found


def test_a_bad_moderation_is_named_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(honest(measured=FEW), tmp_path / "results")
    monkeypatch.chdir(tmp_path)
    Path("results/moderation.toml").write_text(hide(id="sha256:1"))
    (told,) = [each for each in validate(["results"], now=NOW) if each.findings]
    sentence = 'hide[0].id: must be "sha256:" and 64 digits from 0 to f'
    assert told == Checked("results/moderation.toml", [Finding("moderation.invalid", sentence)])


def test_a_moderation_of_a_result_that_is_not_here_is_looked_at(tmp_path: Path) -> None:
    here = decode(save(honest(measured=FEW), tmp_path).read_bytes()).id
    slip = here[:-1] + ("0" if here[-1] != "0" else "1")  # the file's name would be the same

    def unknown(text: str) -> list[tuple[str, str]]:
        (tmp_path / "moderation.toml").write_text(text)
        findings = [finding for each in validate([tmp_path], now=NOW) for finding in each.findings]
        assert {finding.code for finding in findings} <= {"moderation.unknown"}
        return [(finding.where, finding.sentence.rpartition(" ")[2]) for finding in findings]

    assert unknown(hide(here) + attest(here)) == []
    assert unknown(hide(slip)) == [("hide", slip)]
    assert unknown(attest(slip)) == [("attest", slip)]
    assert unknown(supersede(here, slip)) == unknown(supersede(slip, here)) == [("supersede", slip)]


def test_what_all_files_together_say_of_one_comes_at_once(tmp_path: Path) -> None:
    for name in ("ann", "bob"):
        save(replace(honest(measured=FEW), submitter=name), tmp_path)
    codes = [[finding.code for finding in each.findings] for each in validate([tmp_path], now=NOW)]
    assert codes == [[], [], ["population.duplicate"], ["population.duplicate"]]


def test_blocks_that_have_no_sum_are_longer_than_their_process() -> None:
    result = honest(measured=FEW)
    endless = [replace(each, block_s=[1.7e308] * 12) for each in result.cases[0].processes]
    found = timing.time_findings(replace(result.cases[0], processes=endless), result.policy, set())
    assert "timing.wall" in {finding.code for finding in found}
