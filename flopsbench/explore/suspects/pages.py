"""Suspects small pages of memory, where the kernel gives huge ones to whoever asks."""

from __future__ import annotations

from collections.abc import Iterator

from flopsbench.explore.why.hypothesis import Hypothesis
from flopsbench.explore.why.subject import Subject
from flopsbench.host.kernel.settings import huge_pages
from flopsbench.words.reason import Reason

TUNABLES, HUGE = "GLIBC_TUNABLES", "glibc.malloc.hugetlb=1"  # glibc manual, Memory Allocation Tunables, since 2.35
OF_TORCH = {"THP_MEM_ALLOC_ENABLE": "1"}  # torch's own allocator asks only if it is told to


def of_huge_pages(subject: Subject) -> Iterator[Hypothesis]:
    """Yield that operands lie in small pages; nothing where the kernel gives all, or nobody, huge ones."""
    pages = huge_pages(subject.places)
    if not subject.slow.is_host or pages is None or pages.mode != "madvise":
        return
    given = {TUNABLES: ":".join(filter(None, (subject.environ.get(TUNABLES), HUGE)))}
    given |= OF_TORCH if subject.case.backend == "torch" else {}
    yield Hypothesis(
        kind="huge pages",
        claim=Reason("why_small_pages"),
        keep=Reason("why_export", setting=" ".join(f"{name}={text}" for name, text in given.items())),
        given=given,
    )
