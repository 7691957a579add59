"""Tests what is suspected of a case, by what is known of it and its machine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from flopsbench.analysis.causes.slow import Slow
from flopsbench.explore.suspects.cores import of_affinity, of_quota, of_threads
from flopsbench.explore.suspects.pages import of_huge_pages
from flopsbench.explore.suspects.rivals import of_library
from flopsbench.explore.suspects.shapes import of_shape, of_size
from flopsbench.explore.suspects.variables import of_holding_variables, of_other_variables
from flopsbench.explore.why.hypothesis import Hypothesis, together
from flopsbench.explore.why.subject import Subject
from flopsbench.host.trees import Places
from flopsbench.result.types import ComputeRecord
from tests.documents import case, device, process, result

HASWELL = {"OPENBLAS_CORETYPE": "Haswell"}


def compute(library: str = "OpenBLAS 0.3.30 Haswell", threads: int | None = 2) -> ComputeRecord:
    return ComputeRecord("fp32", "fp32", "fp32", "fp32", library, "ieee", threads=threads)


def subject(
    environ: dict[str, str] | None = None,
    places: Places | None = None,
    edge: int = 1024,
    launch_s: float = 0.01,
    fixed: bool = False,
    usual_edge: int = 1024,
    **fields: Any,
) -> Subject:
    """Subject of a numpy case on a CPU whose processes are told by a fake tree, and whose launches take 10 ms."""
    fields = {"compute": compute(), "processes": [process([10 * launch_s] * 10)]} | fields
    slow = case(edge=edge, **fields)
    document = result(slow, devices=[device(units=2)])
    found = Slow(slow, document, 0.5, of_ceiling=True)
    return Subject(found, usual_edge, fixed, environ or {}, places or Places(Path("/none"), Path("/none")))


def every_variable(found: Subject) -> list[Hypothesis]:
    return [*of_holding_variables(found), *of_other_variables(found)]


def claims(hypotheses: list[Hypothesis]) -> list[tuple[str, ...]]:
    return [each.unset for each in hypotheses]


def test_a_variable_that_narrows_its_own_library_comes_first() -> None:
    environ = {"OPENBLAS_L2_SIZE": "1024", "OMP_NUM_THREADS": "1", **HASWELL}
    first, second = of_holding_variables(subject(environ))
    assert claims([first, second]) == [("OPENBLAS_CORETYPE",), ("OMP_NUM_THREADS",)]
    assert claims(list(of_other_variables(subject(environ)))) == [("OPENBLAS_L2_SIZE",)]
    assert first.claim == "OPENBLAS_CORETYPE=Haswell"
    assert first.keep == "unset OPENBLAS_CORETYPE"
    assert first.environment(environ) == {"OPENBLAS_L2_SIZE": "1024", "OMP_NUM_THREADS": "1"}


def test_variables_that_hold_the_same_thing_are_unset_together() -> None:
    threads = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    isa = {"ONEDNN_MAX_CPU_ISA": "AVX2", "DNNL_MAX_CPU_ISA": "AVX2"}
    found = list(of_holding_variables(subject(threads | isa)))
    assert claims(found) == [("ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA"), ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")]


def test_variables_that_nothing_speaks_against_are_tried_too_the_last_of_many_at_once() -> None:
    environ = {f"OMP_OTHER{number}": "1" for number in range(5)} | {"OPENBLAS_VERBOSE": "2"}
    first, *others = claims(list(of_other_variables(subject(environ))))
    assert first == ("OPENBLAS_VERBOSE",)
    assert others == [("OMP_OTHER0",), ("OMP_OTHER1",), ("OMP_OTHER2", "OMP_OTHER3", "OMP_OTHER4")]


@pytest.mark.parametrize("name", ["CUDA_VISIBLE_DEVICES", "CUDA_LAUNCH_BLOCKING", "HOME", "EDITOR"])
def test_what_a_cpu_does_not_heed_is_left_alone(name: str) -> None:
    assert list(every_variable(subject({name: "0"}))) == []


def test_a_variable_of_a_board_is_tried_on_a_board_alone_and_never_what_chooses_the_board() -> None:
    environ = {"CUDA_LAUNCH_BLOCKING": "1", "CUDA_VISIBLE_DEVICES": "1", **HASWELL}
    found = list(every_variable(subject(environ, device="cuda:0", backend="torch", kernel="matmul")))
    assert claims(found) == [("CUDA_LAUNCH_BLOCKING",)]


def test_an_empty_variable_holds_nothing() -> None:
    assert list(every_variable(subject({"OPENBLAS_CORETYPE": "", "OMP_DISPLAY_ENV": ""}))) == []


def tree(root: Path, **files: str) -> Places:
    """Fake trees of /proc and /sys with these files, named by their paths with two strokes for each slash."""
    for name, text in files.items():
        path = root / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return Places(root / "sys", root / "proc")


def quota_of(root: Path, text: str) -> Places:
    places = tree(root, proc__self__cgroup="0::/\n")
    (root / "sys/fs/cgroup").mkdir(parents=True)
    (root / "sys/fs/cgroup/cgroup.controllers").write_text("cpu\n")
    (root / "sys/fs/cgroup/cpu.max").write_text(text)
    return places


@pytest.fixture
def two_cpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flopsbench.explore.why.subject.allowed_cpus", lambda: {0, 1})


@pytest.mark.usefixtures("two_cpus")
@pytest.mark.parametrize(("text", "told"), [("100000 100000", ["a CPU quota of 1 cores runs out"]), ("max 100000", [])])
def test_a_quota_for_fewer_cores_than_a_process_may_use(tmp_path: Path, text: str, told: list[str]) -> None:
    assert [each.claim for each in of_quota(subject(places=quota_of(tmp_path, text)))] == told


@pytest.mark.usefixtures("two_cpus")
def test_a_quota_for_all_cores_holds_nothing(tmp_path: Path) -> None:
    assert list(of_quota(subject(places=quota_of(tmp_path, "200000 100000")))) == []


@pytest.mark.usefixtures("two_cpus")
def test_under_a_quota_two_launches_fit_into_what_a_period_allows(tmp_path: Path) -> None:
    found = subject(places=quota_of(tmp_path, "50000 100000"), edge=1024, launch_s=0.032, fixed=True)
    assert found.turn_s == pytest.approx(0.4 * 0.05 / 2)  # of both CPUs
    assert found.shape == (512, 512, 512)  # 4 ms a launch


@pytest.mark.parametrize(
    ("launch_s", "fixed", "edge"), [(0.01, False, 2048), (0.1, False, 1024), (0.9, False, 512), (0.9, True, 2048)]
)
def test_the_experiments_run_where_a_launch_is_short_unless_the_shape_was_asked_for(
    launch_s: float, fixed: bool, edge: int
) -> None:
    assert subject(edge=2048, launch_s=launch_s, fixed=fixed).shape == (edge, edge, edge)


def test_a_case_that_was_refused_is_examined_where_it_is_smallest() -> None:
    assert subject(edge=2048, processes=[]).shape == (128, 128, 128)


def test_an_affinity_that_leaves_cpus_unused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flopsbench.explore.why.subject.allowed_cpus", lambda: {0, 2})
    places = tree(tmp_path, sys__devices__system__cpu__online="0-3,8\n")
    (found,) = of_affinity(subject(places=places))
    assert found.claim == "affinity leaves 2 of 5 CPUs"
    assert found.keep == "taskset -c 0-3,8 COMMAND"
    assert found.cpus == {0, 1, 2, 3, 8}


def test_an_affinity_that_leaves_all_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flopsbench.explore.why.subject.allowed_cpus", lambda: {0, 1})
    assert list(of_affinity(subject(places=tree(tmp_path, sys__devices__system__cpu__online="0-1\n")))) == []


@pytest.mark.parametrize(
    ("threads", "environ", "given"),
    [
        (1, {}, [{"OPENBLAS_NUM_THREADS": "2"}]),
        (4, {}, [{"OPENBLAS_NUM_THREADS": "2"}]),
        (2, {}, []),
        (None, {}, []),
        (1, {"OMP_NUM_THREADS": "1"}, []),  # that is another hypothesis
    ],
)
def test_threads_that_are_not_as_many_as_cores(
    threads: int | None, environ: dict[str, str], given: list[dict[str, str]]
) -> None:
    found = of_threads(subject(environ, compute=compute(threads=threads)))
    assert [each.given for each in found] == given


def test_rows_a_power_of_two_apart_are_tried_beside_longer_ones() -> None:
    (found,) = of_shape(subject(edge=1024))
    assert found.options is not None
    assert found.options.sizes == ["1024x1032x1032"]
    assert found.options.backends == ["numpy"]
    assert list(of_shape(subject(edge=1000))) == []


def test_a_product_smaller_than_usual_is_tried_twice_as_large() -> None:
    (found,) = of_size(subject(edge=512))
    assert found.options is not None
    assert found.options.sizes == ["1024x1024x1024"]
    assert list(of_size(subject(edge=1024))) == []
    assert list(of_size(subject(edge=1024, launch_s=1.0))) == []  # it was shrunk for the experiment alone


@pytest.mark.parametrize(
    ("mode", "given"),
    [
        ("always [madvise] never", [{"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}]),
        ("[always] madvise never", []),
        ("always madvise [never]", []),
    ],
)
def test_huge_pages_are_tried_where_the_kernel_gives_them_to_whoever_asks(
    tmp_path: Path, mode: str, given: list[dict[str, str]]
) -> None:
    places = tree(tmp_path, sys__kernel__mm__transparent_hugepage__enabled=mode)
    assert [each.given for each in of_huge_pages(subject(places=places))] == given


def test_huge_pages_leave_other_tunables_alone_and_torch_is_told_by_its_own_variable(tmp_path: Path) -> None:
    places = tree(tmp_path, sys__kernel__mm__transparent_hugepage__enabled="always [madvise] never")
    (found,) = of_huge_pages(subject({"GLIBC_TUNABLES": "glibc.rtld.nns=4"}, places, backend="torch", kernel="matmul"))
    assert found.given["GLIBC_TUNABLES"] == "glibc.rtld.nns=4:glibc.malloc.hugetlb=1"
    assert found.given["THP_MEM_ALLOC_ENABLE"] == "1"


def test_another_library_is_tried_without_what_holds_it_down() -> None:
    rival = case(backend="torch", kernel="matmul")
    (free,) = of_library(subject(), [rival])
    (held,) = of_library(subject(HASWELL), [rival])
    assert free.unset == ()
    assert held.unset == ("OPENBLAS_CORETYPE",)
    assert (free.keep, held.keep) == ("use torch instead", "use torch instead, after unset OPENBLAS_CORETYPE")
    assert held.options is not None
    assert (held.options.backends, held.options.kernels) == (["torch"], ["matmul"])


def test_several_settings_at_once_change_all_that_each_changes() -> None:
    first, second = of_holding_variables(subject({"OMP_NUM_THREADS": "1", **HASWELL}))
    third = replace_cpus(second)
    joint = together([first, third])
    assert joint.unset == ("OPENBLAS_CORETYPE", "OMP_NUM_THREADS")
    assert joint.given == {"A": "1"}
    assert joint.cpus == {0, 1}


def replace_cpus(hypothesis: Hypothesis) -> Hypothesis:
    return Hypothesis("affinity", hypothesis.claim, hypothesis.keep, hypothesis.unset, {"A": "1"}, frozenset({0, 1}))
