"""Limits read from trees of files as version 1 and 2 write them, and from a real group where one can be made."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from flopsbench.host.cgroup import ControlGroups, Throttling

NO_LIMIT_V1 = str(2**63 - 4096)


class Tree:
    """A process's groups, written file by file."""

    def __init__(self, folder: Path, membership: str) -> None:
        self.mounts = folder / "mounts"
        self.mounts.mkdir()
        self.proc = folder / "cgroup"
        self.proc.write_text(membership)
        self.groups = ControlGroups(self.proc, self.mounts)

    def write(self, group: str, **files: str) -> None:
        folder = self.mounts / group
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (folder / name.replace("__", ".")).write_text(text + "\n")


@pytest.fixture
def v2(tmp_path: Path) -> Tree:
    tree = Tree(tmp_path, "0::/user/job\n")
    tree.write(".", cgroup__controllers="cpu memory")
    tree.write("user/job")
    return tree


@pytest.fixture
def v1(tmp_path: Path) -> Tree:
    tree = Tree(tmp_path, "5:memory:/docker/abc\n4:cpu,cpuacct:/docker/abc\n1:name=systemd:/\n0::/\n")
    tree.write("cpu,cpuacct/docker/abc")
    tree.write("memory/docker/abc")
    return tree


# --- version 2


def test_v2_reads_a_quota_in_cores(v2):
    v2.write("user/job", cpu__max="150000 100000")
    assert v2.groups.quota_cpus() == 1.5


def test_v2_without_a_quota_says_max(v2):
    v2.write("user/job", cpu__max="max 100000")
    assert v2.groups.quota_cpus() is None


@pytest.mark.parametrize(
    ("own", "parents", "cores"),
    [
        ("max 100000", "50000 100000", 0.5),
        ("200000 100000", "400000 100000", 2.0),
        ("400000 100000", "100000 50000", 2.0),
    ],
)
def test_v2_the_tightest_quota_of_all_ancestors_counts(v2, own, parents, cores):
    v2.write("user/job", cpu__max=own)
    v2.write("user", cpu__max=parents)
    assert v2.groups.quota_cpus() == cores


def test_v2_a_quota_at_the_mount_itself_counts(v2):
    """Inside a container the mount is the container's own group."""
    v2.write(".", cpu__max="50000 100000")
    assert v2.groups.quota_cpus() == 0.5


def test_v2_a_quota_of_a_sibling_does_not_count(v2):
    v2.write("user/other", cpu__max="10000 100000")
    v2.write("other", cpu__max="10000 100000")
    assert v2.groups.quota_cpus() is None


def test_v2_a_group_may_have_colons_in_its_name(v2):
    v2.proc.write_text("0::/user/a:b:c\n")
    v2.write("user/a:b:c", cpu__max="50000 100000")
    assert v2.groups.quota_cpus() == 0.5


def test_v2_a_path_that_only_the_host_sees_means_the_mount(v2):
    v2.proc.write_text("0::/kubepods/pod1/abc\n")
    v2.write(".", cpu__max="300000 100000")
    assert v2.groups.quota_cpus() == 3.0


def test_v2_memory_left_is_the_limit_less_what_is_used(v2):
    v2.write("user/job", memory__max="1000", memory__current="400")
    assert v2.groups.memory_available_bytes() == 600


def test_v2_the_tightest_memory_counts_even_of_an_ancestor(v2):
    v2.write("user/job", memory__max="1000", memory__current="400")
    v2.write("user", memory__max="2000", memory__current="1900")
    assert v2.groups.memory_available_bytes() == 100


def test_v2_without_a_memory_limit_says_max(v2):
    v2.write("user/job", memory__max="max", memory__current="400")
    assert v2.groups.memory_available_bytes() is None


def test_memory_used_beyond_the_limit_leaves_nothing(v2):
    v2.write("user/job", memory__max="1000", memory__current="1100")
    assert v2.groups.memory_available_bytes() == 0


def test_v2_throttling_is_that_of_the_group_throttled_most(v2):
    v2.write("user/job", cpu__stat="usage_usec 5\nnr_periods 100\nnr_throttled 3\nthrottled_usec 9")
    v2.write("user", cpu__stat="nr_periods 50\nnr_throttled 7")
    assert v2.groups.throttling() == Throttling(periods=50, throttled=7)


def test_v2_without_counts_there_is_no_throttling(v2):
    v2.write("user/job", cpu__stat="usage_usec 5")
    assert v2.groups.throttling() is None


# --- version 1


def test_v1_reads_a_quota_in_cores_where_two_controllers_share_a_mount(v1):
    v1.write("cpu,cpuacct/docker/abc", cpu__cfs_quota_us="250000", cpu__cfs_period_us="100000")
    assert v1.groups.quota_cpus() == 2.5


def test_v1_a_controller_may_have_a_mount_of_its_own(tmp_path):
    tree = Tree(tmp_path, "4:cpuacct,cpu:/job\n")
    tree.write("cpu/job", cpu__cfs_quota_us="50000", cpu__cfs_period_us="100000")
    assert tree.groups.quota_cpus() == 0.5


def test_v1_without_a_quota_says_minus_one(v1):
    v1.write("cpu,cpuacct/docker/abc", cpu__cfs_quota_us="-1", cpu__cfs_period_us="100000")
    assert v1.groups.quota_cpus() is None


def test_v1_the_tightest_quota_of_all_ancestors_counts(v1):
    v1.write("cpu,cpuacct/docker/abc", cpu__cfs_quota_us="-1", cpu__cfs_period_us="100000")
    v1.write("cpu,cpuacct/docker", cpu__cfs_quota_us="80000", cpu__cfs_period_us="40000")
    v1.write("cpu,cpuacct", cpu__cfs_quota_us="400000", cpu__cfs_period_us="100000")
    assert v1.groups.quota_cpus() == 2.0


def test_v1_memory_left_is_the_limit_less_what_is_used(v1):
    v1.write("memory/docker/abc", memory__limit_in_bytes="5000", memory__usage_in_bytes="2000")
    assert v1.groups.memory_available_bytes() == 3000


def test_v1_without_a_memory_limit_says_a_number_near_two_to_the_63(v1):
    v1.write("memory/docker/abc", memory__limit_in_bytes=NO_LIMIT_V1, memory__usage_in_bytes="2000")
    assert v1.groups.memory_available_bytes() is None


def test_v1_throttling_is_counted(v1):
    v1.write("cpu,cpuacct/docker/abc", cpu__stat="nr_periods 10\nnr_throttled 4\nthrottled_time 123")
    assert v1.groups.throttling() == Throttling(periods=10, throttled=4)


def test_v1_the_controllers_of_others_do_not_count(v1):
    v1.write("memory/docker/abc", cpu__cfs_quota_us="10000", cpu__cfs_period_us="100000")
    assert v1.groups.quota_cpus() is None


def test_a_unified_tree_beside_version_1_does_not_hide_it(v1):
    """Hybrid systems list version 2 as well, but mount it elsewhere, without controllers."""
    v1.proc.write_text("0::/\n4:cpu,cpuacct:/docker/abc\n")
    v1.write("cpu,cpuacct/docker/abc", cpu__cfs_quota_us="250000", cpu__cfs_period_us="100000")
    assert v1.groups.quota_cpus() == 2.5


# --- neither


def nothing_known(groups: ControlGroups) -> bool:
    return (groups.quota_cpus(), groups.memory_available_bytes(), groups.throttling()) == (None, None, None)


def test_where_there_are_no_groups_nothing_is_known(tmp_path):
    assert nothing_known(ControlGroups(tmp_path / "missing", tmp_path / "missing"))


def test_groups_without_files_say_nothing(v2):
    assert nothing_known(v2.groups)


@pytest.mark.parametrize(
    "membership", ["", "\n", "garbage\n", "0:\n", "::\n", "4:cpu\n", "0::/a/../../..\n", "\udcff\n"]
)
def test_a_membership_that_makes_no_sense_says_nothing(tmp_path, membership):
    tree = Tree(tmp_path, "")
    tree.proc.write_text(membership, errors="surrogateescape")
    assert nothing_known(tree.groups)


@pytest.mark.parametrize("text", ["", "max", "1", "x y", "100000 0", "0 100000", "-5 100000", "1 2 3", "１ ２ ３"])
def test_a_quota_that_makes_no_sense_is_none(v2, text):
    v2.write("user/job", cpu__max=text)
    assert v2.groups.quota_cpus() is None


@pytest.mark.parametrize("text", ["", "x", "12 34", "1e6", "9" * 5000])
def test_memory_that_makes_no_sense_is_no_limit(v2, text):
    v2.write("user/job", memory__max=text, memory__current="1")
    assert v2.groups.memory_available_bytes() is None


def test_a_memory_limit_without_a_usage_is_no_limit(v2):
    v2.write("user/job", memory__max="1000")
    assert v2.groups.memory_available_bytes() is None


@pytest.mark.parametrize(
    "text", ["", "nr_periods", "nr_periods \nnr_throttled ", "nr_periods x\nnr_throttled 1", "\n \n", "a b c"]
)
def test_counts_that_make_no_sense_are_none(v2, text):
    v2.write("user/job", cpu__stat=text)
    assert v2.groups.throttling() is None


def test_bytes_that_are_no_text_are_no_limit(v2):
    (v2.mounts / "user/job/cpu.max").write_bytes(b"\xff\xfe 100000")
    assert v2.groups.quota_cpus() is None


# --- a real group


@pytest.mark.process
def test_a_process_in_a_real_group_of_half_a_core_sees_its_quota(half_a_core):
    look = "from flopsbench.host.cgroup import ControlGroups; from flopsbench.host.cpu.cores import usable_cpus\n"
    look += "print(ControlGroups().quota_cpus(), usable_cpus(), ControlGroups().throttling().periods >= 0)"
    joined = "import os, sys; open(sys.argv[1], 'w').write(str(os.getpid()))\n"
    seen = subprocess.run(
        [sys.executable, "-c", joined + look, str(half_a_core / "cgroup.procs")],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert seen.stdout.split() == ["0.5", "1", "True"]
