"""What a device may be called, in any script."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopsbench.result.codec import decode
from flopsbench.result.place import device_slug
from flopsbench.validate.document import validate_document
from flopsbench.validate.text import is_device_name
from tests.registry.tree import Tree, both, put, refigured_tree, signed, tree_of
from tests.validate.hostile import cpu_name, honest_bytes
from tests.validate.hostile_texts import NO_DEVICE_NAMES

NOW = datetime.datetime(2026, 12, 1, tzinfo=datetime.UTC)
NAMES = [
    "龙芯",
    "龙芯3A6000（LS3A6000）",
    "摩尔线程 MTT S80",
    "Moore Threads 摩尔线程®",
    "飞腾·腾云 S5000C",
    "Эльбрус-8С",
    "МЦСТ Эльбрус 16",
    "Μηχανή 7",
    "プロセッサー1",
    "프로세서 1",
    "प्रोसेसर १",
    "Intel® Arc™ A770",
    "AMD EPYC 9654 96-Core Processor",
    "RISC-V rv64imafdcv_zicbom…",
]


def with_names(cpu: str, board: str) -> bytes:
    """The honest document with other names for its CPU and its board."""
    tree: Tree = tree_of(honest_bytes())
    both(cpu_name(cpu), put("devices.1.name", board))(tree)
    return signed(refigured_tree(tree))


@pytest.mark.parametrize("name", NAMES)
def test_a_device_may_have_a_name_in_any_script(name: str) -> None:
    """No such document is refused; a person looks at it."""
    document = with_names(name, name)
    assert not [found for found in validate_document(document, now=NOW).findings if found.level == "reject"]
    assert is_device_name(name)
    assert device_slug(decode(document)).isascii()


def test_no_name_in_other_letters_is_published_before_a_person_has_looked() -> None:
    found = validate_document(with_names("龙芯", "NVIDIA H200"), now=NOW).findings
    assert [(each.code, each.level) for each in found if "name" in each.sentence] == [("environment.unknown", "review")]


@pytest.mark.parametrize("text", NO_DEVICE_NAMES.values(), ids=NO_DEVICE_NAMES)
def test_a_name_that_can_be_taken_for_another_is_none(text: str) -> None:
    assert not is_device_name(text)


@given(st.text("АВЕКМНОРСТХαοΟΑ", min_size=1), st.sampled_from(["AMD ", "NVIDIA H", ""]))
def test_no_word_of_letters_that_look_latin_is_a_name(word: str, before: str) -> None:
    assert not is_device_name(before.ljust(7)[:7].strip() + " " + word if before else word)


@given(st.text(st.characters(codec="ascii", categories=["L", "N", "P", "S"]), min_size=1, max_size=100))
def test_of_ascii_all_is_a_name_that_has_a_letter(text: str) -> None:
    assert is_device_name(text) == any(map(str.isalpha, text))


@given(st.text(max_size=30))
def test_what_is_hidden_is_never_a_name(text: str) -> None:
    assert not is_device_name(text) or text.isprintable()
