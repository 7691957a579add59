"""Tests by what the language is chosen where nobody names one, and how a sentence is said in it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopsbench.errors import UsageError
from flopsbench.words.language import locale_language, said
from flopsbench.words.reason import Reason, joined


@pytest.mark.parametrize(
    ("environ", "language"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh"}, "zh"),
        ({"LANG": "zh_TW.Big5"}, "zh"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "C"}, "en"),
        ({"LC_MESSAGES": "zh_CN", "LANG": "en_GB.UTF-8"}, "zh"),
        ({"LC_ALL": "C.UTF-8", "LC_MESSAGES": "zh_CN", "LANG": "zh_CN"}, "en"),
        ({"LC_ALL": "", "LANG": "zh_CN"}, "zh"),
        ({"LC_CTYPE": "zh_CN"}, "en"),
    ],
)
def test_the_first_variable_that_is_set_decides(environ: dict[str, str], language: str) -> None:
    assert locale_language(environ) == language


def test_a_sentence_is_said_by_its_code_and_so_is_what_fills_it() -> None:
    reason = Reason("side_a_lost", reason=Reason("out_of_memory", error="x"))
    assert said(reason, "en") == "side A: out of memory: x"
    assert said(reason, "zh") == "A侧：内存不足：x"
    assert said(Reason("at_path", path="a", error="Permission denied"), "zh") == "a：权限不足"


def test_an_error_is_said_as_its_sentence() -> None:
    assert said(UsageError(Reason("file_empty")), "zh") == "文件为空"
    assert said(UsageError("the file is empty"), "zh") == "文件为空"
    assert said(UsageError("a text of somebody else"), "zh") == "a text of somebody else"
    assert Reason("at_path", path="a", error=UsageError(Reason("file_empty"))).text("zh") == "a：文件为空"


@given(st.lists(st.text(min_size=1), min_size=1))
def test_several_sentences_are_joined_as_their_texts_are(texts: list[str]) -> None:
    assert joined(texts) == "; ".join(texts)
    assert said(joined([Reason("file_empty"), *texts]), "zh").startswith("文件为空；")


def test_nothing_is_joined_to_nothing() -> None:
    assert joined([]) == ""


def test_a_counted_part_is_said_in_the_language_of_the_whole() -> None:
    reason = Reason("shape_small", edge=181, units=Reason("units_cores", count=2), usual=2048)
    assert said(reason, "en").startswith("a product for 2 cores leaves each a part of about 181 x 181")
    assert said(reason, "zh").startswith("矩阵乘分到2个核心后，每个只分到约181×181的一块")
    busy = Reason("slower_side_busy", name=Reason("name_of_new"), told=Reason("others_took_machine"))
    assert said(busy, "zh").startswith("较慢的一侧（新版）在")
