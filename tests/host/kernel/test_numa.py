"""Nodes of memory of a made-up machine of two sockets, and pages spread over those of this one."""

from __future__ import annotations

import platform
import subprocess
import sys
from pathlib import Path

import pytest

from flopsbench.host.kernel import numa
from flopsbench.host.kernel.numa import memory_nodes_used, memory_policy, spread_memory
from flopsbench.host.trees import HERE, Places, read_text
from flopsbench.result.types import MemoryNode

NODE_BYTES = 256 << 30


def machine(root: Path, nodes: dict[int, str], policy: str = "default", may_use: str = "0-7") -> Places:
    """A machine whose nodes have these CPUs and 256 GiB each, and a process that prefers a policy."""
    for number, cpus in nodes.items():
        folder = root / f"sys/devices/system/node/node{number}"
        folder.mkdir(parents=True)
        (folder / "cpulist").write_text(cpus + "\n")
        (folder / "meminfo").write_text(
            f"Node {number} MemTotal:       {NODE_BYTES >> 10} kB\nNode {number} MemFree: 1 kB\n"
        )
    (root / "proc/self").mkdir(parents=True)
    (root / "proc/self/numa_maps").write_text(f"55fb17a83000 {policy} file=/usr/bin/python mapped=2 N0=2\n")
    (root / "proc/self/status").write_text(f"Name:\tpython\nMems_allowed:\t3\nMems_allowed_list:\t{may_use}\n")
    return Places(sys=root / "sys", proc=root / "proc")


TWO_SOCKETS = {0: "0-63", 1: "64-127"}


@pytest.fixture
def spread(monkeypatch: pytest.MonkeyPatch) -> list[set[int]]:
    """The nodes over which the kernel was asked to lay pages."""
    asked: list[set[int]] = []
    monkeypatch.setattr(numa, "interleave", lambda nodes: asked.append(set(nodes)) or True)
    return asked


def bound_to(monkeypatch: pytest.MonkeyPatch, cpus: range) -> None:
    monkeypatch.setattr("flopsbench.host.cpu.cores._affinity", lambda: set(cpus))


def test_two_sockets_are_two_nodes(tmp_path: Path) -> None:
    both = machine(tmp_path, TWO_SOCKETS)
    assert memory_nodes_used(both, range(128)) == [MemoryNode(0, 64, NODE_BYTES), MemoryNode(1, 64, NODE_BYTES)]
    assert memory_nodes_used(both, range(60, 66)) == [MemoryNode(0, 4, NODE_BYTES), MemoryNode(1, 2, NODE_BYTES)]
    assert memory_nodes_used(both, range(64)) == [MemoryNode(0, 64, NODE_BYTES)]


def test_a_node_without_cores_or_that_may_not_be_used_counts_not(tmp_path: Path) -> None:
    expander = machine(tmp_path, {**TWO_SOCKETS, 2: ""}, may_use="1-2")
    assert [node.number for node in memory_nodes_used(expander, range(128))] == [1]


def test_pages_are_spread_over_the_nodes_of_the_cores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spread) -> None:
    both = machine(tmp_path, TWO_SOCKETS)
    bound_to(monkeypatch, range(128))
    assert memory_policy(both) == "default"
    assert spread_memory(both)
    assert spread == [{0, 1}]


@pytest.mark.parametrize("policy", ["bind:0", "interleave:0-1", "weighted interleave:0-1", "prefer:1"])
def test_a_policy_that_was_chosen_is_kept_and_told(tmp_path: Path, monkeypatch, spread, policy: str) -> None:
    both = machine(tmp_path, TWO_SOCKETS, policy)
    bound_to(monkeypatch, range(128))
    assert memory_policy(both) == policy
    assert not spread_memory(both)
    assert spread == []


def test_a_process_of_one_socket_keeps_its_pages_there(tmp_path: Path, monkeypatch, spread) -> None:
    both = machine(tmp_path, TWO_SOCKETS)
    bound_to(monkeypatch, range(64, 128))
    assert memory_policy(both) is None
    assert not spread_memory(both)
    assert spread == []


def test_what_the_kernel_does_not_say_is_not_made_up(tmp_path: Path) -> None:
    nothing = Places(sys=tmp_path, proc=tmp_path)
    assert memory_nodes_used(nothing) == []
    assert memory_policy(nothing) is None
    assert not spread_memory(nothing)


def test_an_unknown_architecture_spreads_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "mips")
    assert not numa.interleave({0})


@pytest.mark.process
@pytest.mark.skipif(read_text(HERE.proc / "self/numa_maps") is None, reason="this kernel shows no policies")
def test_the_kernel_says_that_pages_are_spread() -> None:
    code = """
from flopsbench.host.kernel.numa import interleave
from flopsbench.host.trees import HERE, read_text
print(interleave({0}), read_text(HERE.proc / "self/numa_maps").split()[1])
"""
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60).stdout
    assert told.split() in (["True", "interleave:0"], ["False", "default"])  # a container may forbid it
