"""Tests which addresses commits are linked to, and that nothing else becomes a link."""

from __future__ import annotations

import pytest

from flopsbench.errors import UsageError
from flopsbench.site.history.repository import linked_commit, parse_repository
from tests.track.history.histories import hashed


@pytest.mark.parametrize(
    "text",
    ["https://github.com/o/p", "https://github.com/o/p/", "https://github.com/o/p.git", " https://github.com/o/p\n"],
)
def test_the_address_of_a_repository_is_taken(text: str) -> None:
    assert parse_repository(text) == "https://github.com/o/p"


@pytest.mark.parametrize("text", ["http://localhost:3000/o/p", "https://git.example.org/group/sub-group/p_1.x"])
def test_any_host_is_taken(text: str) -> None:
    assert parse_repository(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "javascript:alert(1)//https://github.com/o/p",
        "file:///etc/passwd",
        "git@github.com:o/p.git",
        "ssh://git@github.com/o/p",
        "github.com/o/p",
        "https://github.com",
        "https://user:secret@github.com/o/p",
        'https://github.com/o/p"><script>',
        "https://github.com/o/p?x=1",
        "https://github.com/o/p#x",
        "https://github.com/o/../p",
        "https://github.com/o/ p",
        "https://github.com\\o\\p",
        "",
    ],
)
def test_what_is_no_address_of_a_repository_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="write the address of a project on the web"):
        parse_repository(text)


def test_a_commit_is_a_link_where_the_address_is_known() -> None:
    commit = hashed(7)
    assert f'href="https://github.com/o/p/commit/{commit}"' in linked_commit(commit, "https://github.com/o/p")
    assert linked_commit(commit, None) == "<code>0000000</code>"


@pytest.mark.parametrize("commit", ['"><script>', "HEAD", "../x", "1234567g", "javascript:1"])
def test_what_is_no_hash_is_never_a_link(commit: str) -> None:
    shown = linked_commit(commit, "https://github.com/o/p")
    assert "<a" not in shown
    assert "<script" not in shown
