"""Tests a folder of Results as a history: what may join it, what is read back, and which rates make one series."""

from __future__ import annotations

import shutil
import subprocess
from datetime import UTC, datetime
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from flopsbench.errors import DocumentRejected, NotComparable, UsageError
from flopsbench.result.codec import decode, encode, identity
from flopsbench.result.files import save
from flopsbench.result.types import Software, Tool
from flopsbench.track.history.acks import add_ack, read_acks
from flopsbench.track.history.folder import Added, add_results, read_history
from flopsbench.track.history.series import all_series
from tests.documents import case, device, host, result
from tests.track.history.histories import created, daily, measured, results, write

NOW = datetime(2026, 9, 1, tzinfo=UTC)


def file(folder: Path, made, name="result.json") -> Path:
    path = folder / name
    path.write_bytes(encode(made))
    return path


def test_what_was_filed_before_the_disk_was_full_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = (file(tmp_path, result(created=f"2026-08-0{day}T12:00:00Z"), f"{day}.json") for day in (1, 2))
    told: list[Path] = []

    def tell(added: Added) -> None:
        told.append(added.path)
        monkeypatch.setattr(Path, "replace", full)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(UsageError, match="No space left"):
        add_results([first, second], tmp_path / "h", now=NOW, on_filed=tell)
    assert [path.is_file() for path in told] == [True]


def test_a_result_is_filed_by_its_id_with_its_bytes_unchanged(tmp_path):
    path = file(tmp_path, result())
    (added,) = add_results([path], tmp_path / "h", now=NOW)
    assert added.new
    assert added.path.read_bytes() == path.read_bytes()
    assert added.path.relative_to(tmp_path / "h").parts[:3] == ("v1", "amd-epyc-9b14", "2026")


def test_fields_of_a_newer_version_are_kept_and_the_id_with_them(tmp_path):
    document = encode(result()).replace(b'"license":', b'"mood": "good",\n "license":')
    id = decode(document).id
    path = tmp_path / "newer.json"
    path.write_bytes(document.replace(id.encode(), identity(document, id).encode(), 1))
    (added,) = add_results([path], tmp_path / "h", now=NOW)
    assert b'"mood"' in added.path.read_bytes()
    assert len(read_history(tmp_path / "h").results) == 1


def test_adding_again_adds_nothing_and_says_so(tmp_path):
    path = file(tmp_path, result())
    add_results([path], tmp_path / "h", now=NOW)
    (again,) = add_results([path], tmp_path / "h", now=NOW)
    assert not again.new
    assert again.refused is None
    assert len(list((tmp_path / "h").rglob("*.json"))) == 1


def test_a_damaged_file_of_the_history_is_healed_by_adding_it_again(tmp_path):
    path = file(tmp_path, result())
    (first,) = add_results([path], tmp_path / "h", now=NOW)
    assert not first.healed
    first.path.write_bytes(first.path.read_bytes()[:-40])
    (again,) = add_results([path], tmp_path / "h", now=NOW)
    assert (again.new, again.healed) == (False, True)
    assert again.path.read_bytes() == path.read_bytes()


def test_a_side_of_an_a_b_is_refused_and_one_that_lies_there_is_left_out(tmp_path):
    side = result(created=created(1), tool=tool("ab"))
    (added,) = add_results([file(tmp_path, side)], tmp_path / "h", now=NOW)
    assert "the sides of an A/B are no history: measure one with flopsbench run" in (added.refused or "")
    found = read_history(write(tmp_path / "h", [result(), side]))
    assert len(found.results) == len(found.rejected) == 1


def test_a_result_that_was_edited_is_refused_and_the_others_are_filed(tmp_path):
    good = file(tmp_path, result(), "good.json")
    bad = tmp_path / "bad.json"
    bad.write_bytes(encode(result(measured(1e12))).replace(b'"2.1.0"', b'"2.1.1"'))
    refused = {each.path.name: each.refused for each in add_results([bad, good], tmp_path / "h", now=NOW)}
    assert "bad.json: the id does not belong to these bytes" in refused["bad.json"]
    assert len(read_history(tmp_path / "h").results) == 1


def test_a_result_from_the_future_is_refused(tmp_path):
    path = file(tmp_path, result(created="2026-09-02T00:00:01Z"))
    (added,) = add_results([path], tmp_path / "h", now=NOW)
    assert "dated 2026-09-02T00:00:01Z, more than a day ahead" in (added.refused or "")


def test_a_clock_a_few_hours_ahead_is_forgiven(tmp_path):
    (added,) = add_results([file(tmp_path, result(created="2026-09-01T23:00:00Z"))], tmp_path / "h", now=NOW)
    assert added.new


def test_an_older_result_than_the_newest_of_its_machine_is_refused_unless_asked_for(tmp_path):
    history = write(tmp_path / "h", [result(created=created(5))])
    path = file(tmp_path, result(created=created(4)))
    (added,) = add_results([path], history, now=NOW)
    assert "older than the newest Result of its machine (2024-01-06T12:00:00Z)" in (added.refused or "")
    (added,) = add_results([path], history, backfill=True, now=NOW)
    assert added.new


def test_another_machine_may_be_behind(tmp_path):
    history = write(tmp_path / "h", [result(created=created(5))])
    path = file(tmp_path, result(created=created(4), host=host(hardware_key="f" * 16)))
    assert add_results([path], history, now=NOW)[0].new


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_several_results_are_filed_in_the_order_of_their_dates(tmp_path, order):
    paths = [file(tmp_path, result(created=created(day)), f"{day}.json") for day in range(3)]
    assert all(each.new for each in add_results([paths[at] for at in order], tmp_path / "h", now=NOW))


def test_a_history_where_nothing_can_be_written_is_named(tmp_path):
    (tmp_path / "h").write_text("a file")
    with pytest.raises(UsageError, match="choose another --history"):
        add_results([file(tmp_path, result())], tmp_path / "h", now=NOW)


def test_results_are_read_oldest_first_and_a_copy_counts_once(tmp_path):
    history = write(tmp_path, results([3e12, 1e12, 2e12]))
    shutil.copytree(history / "v1", history / "copy")
    days = [each.created for each in read_history(history).results]
    assert days == [created(0), created(1), created(2)]


def test_a_history_that_is_not_there_or_empty_has_nothing_to_compare(tmp_path):
    with pytest.raises(NotComparable, match="no such folder"):
        read_history(tmp_path / "nowhere")
    with pytest.raises(NotComparable, match="the history is empty"):
        read_history(tmp_path)


def test_a_corrupted_result_is_named_and_the_rest_is_used(tmp_path):
    history = write(tmp_path, results([1e12] * 3))
    broken = next(history.rglob("*.json"))
    broken.write_bytes(broken.read_bytes()[:-40])
    found = read_history(history)
    assert len(found.results) == 2
    assert found.rejected[0].startswith(f"{broken}: truncated")


def test_a_history_of_nothing_but_rubbish_is_rejected(tmp_path):
    (tmp_path / "a.json").write_text("{}")
    with pytest.raises(DocumentRejected, match=r"no file in this history is a Result; the first: .*a\.json"):
        read_history(tmp_path)


def test_a_series_is_one_case_on_one_machine(tmp_path):
    other = host(hardware_key="f" * 16)
    made = [*results([1e12, 2e12]), result(measured(3e12), created=created(3), host=other)]
    assert [[point.rate_per_s for point in each.points] for each in all_series(made)] == [[1e12, 2e12], [3e12]]


def test_another_gpu_in_the_same_host_is_another_machine():
    def on(name, day):
        gpu = device(id="cuda:0", kind="cuda", name=name)
        return daily(day, measured(device="cuda:0"), devices=[gpu])

    made = [on("NVIDIA H100", 0), on("NVIDIA H200", 1), on("NVIDIA H100", 2)]
    assert sorted(len(each.points) for each in all_series(made)) == [1, 2]


def test_changed_software_stays_in_the_series():
    new = Software(python="3.13.0", versions={"numpy": "3.0.0"})
    made = [*results([1e12]), result(measured(), created=created(1), software=new)]
    assert len(all_series(made)) == 1


@pytest.mark.parametrize("change", ["math", "data", "method"])
def test_other_arithmetic_data_or_method_begin_a_new_series_and_end_the_old_one(change):
    before = result(measured(), created=created(0))
    (old,) = before.cases
    new = {
        "math": replace(old, compute=replace(old.compute, math="TF32")),
        "data": replace(old, data="uniform"),
        "method": old,
    }[change]
    after = result(new, created=created(1), method_version=before.method_version + (change == "method"))
    (only,) = all_series([before, after])
    assert [point.result for point in only.points] == [after]


def test_another_profile_begins_a_new_series():
    made = [result(measured(), created=created(day), tool=tool(name)) for day, name in enumerate(("quick", "standard"))]
    (only,) = all_series(made)
    assert [point.result for point in only.points] == made[1:]


def test_only_cases_that_were_measured_have_points():
    made = [result(measured(), created=created(0)), result(case("failed"), created=created(1))]
    assert [len(each.points) for each in all_series(made)] == [1]


@settings(max_examples=30)
@given(st.permutations(range(4)))
def test_the_order_of_the_files_means_nothing(tmp_path_factory, order):
    folder = tmp_path_factory.mktemp("history")
    made = results([1e12, 2e12, 3e12, 4e12])
    for at in order:
        save(made[at], folder)
    (only,) = all_series(read_history(folder).results)
    assert [point.rate_per_s for point in only.points] == [1e12, 2e12, 3e12, 4e12]


def tool(profile: str) -> Tool:
    return replace(result().tool, profile=profile)


def git(folder, *arguments):
    who = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main")
    return subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout


@pytest.mark.clone
def test_git_merges_two_branches_of_a_history_without_a_conflict(tmp_path):
    git(tmp_path, "init")
    write(tmp_path, results([1e12]))
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-m", "base")
    for branch, rate in (("one", 2e12), ("two", 3e12)):
        git(tmp_path, "checkout", "-b", branch, "main")
        write(tmp_path, [result(measured(rate), created=created(1))])
        add_ack(tmp_path, f"id-{branch}", "cpu gemm", "the same words on both branches")
        add_ack(tmp_path, "id-both", "cpu gemm", f"on branch {branch}")
        git(tmp_path, "add", ".")
        git(tmp_path, "commit", "-m", branch)
    git(tmp_path, "merge", "one", "-m", "merged")
    assert len(read_history(tmp_path).results) == 3
    assert set(read_acks(tmp_path)) == {"id-one", "id-two", "id-both"}
