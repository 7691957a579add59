"""What is said first of a rate far below its ceiling: where its operands lie."""

from __future__ import annotations

from flopsbench.analysis.advice import advice
from flopsbench.result.types import Case, Efficiency, Memory, MemoryNode, Result, Software
from tests.documents import case, host, result, stats

NODES = [MemoryNode(0, 64, 256 << 30), MemoryNode(1, 64, 256 << 30)]


def slow(nodes: list[MemoryNode], policy: str | None, of_ceiling: float = 0.4, **fields: object) -> Result:
    measured: Case = case(stats=stats(efficiency=Efficiency(ceiling=of_ceiling)), **fields)
    memory = Memory(total_bytes=512 << 30, available_bytes=500 << 30, nodes=nodes)
    return result(measured, host=host(memory=memory), software=Software(python="3.12.4", memory_policy=policy))


def test_operands_on_one_of_several_nodes_are_told() -> None:
    told = advice(slow(NODES, "default"))
    assert told is not None
    assert "memory policy default lays its operands on one of 2 memory nodes" in told
    assert "numactl --interleave=all" in told
    assert "bind:0" in (advice(slow(NODES, "bind:0")) or "")


def test_operands_on_every_node_are_not() -> None:
    for other in (
        slow(NODES, "interleave:0-1"),
        slow(NODES, "weighted interleave:0-1"),
        slow(NODES, None),  # nobody knows
        slow([], "default"),
        slow(NODES, "default", device="cuda:0"),
    ):
        assert "memory nodes" not in (advice(other) or "")
    assert advice(slow(NODES, "default", of_ceiling=0.9)) is None
