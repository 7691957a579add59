"""A sentence with its code and values: a text to whoever prints it, the same in other processes, never another."""

from __future__ import annotations

import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopsbench.words.catalogue import SENTENCES, WORDS, placeholders
from flopsbench.words.reason import Reason

# Braces, quotes, markup and control characters among all others.
TEXTS = st.text(st.sampled_from("{}<>&'\"\\%\x00\x1b\n\u202e0a:!.[]") | st.characters())


@st.composite
def reasons(draw: st.DrawFn) -> Reason:
    code = draw(st.sampled_from(sorted(SENTENCES)))
    return Reason(code, **{name: draw(TEXTS | st.integers(0, 2**63 - 1)) for name in placeholders(code)})


def test_it_is_its_english_sentence() -> None:
    reason = Reason("too_little_memory", needed="12 GiB", free="1.5 GiB")
    assert reason == "needs 12 GiB of memory, 1.5 GiB are free"
    assert (str(reason), type(str(reason))) == (reason, str)
    assert reason.text("zh") == "需要内存12 GiB，可用1.5 GiB"
    assert (reason.code, reason.values) == ("too_little_memory", {"needed": "12 GiB", "free": "1.5 GiB"})


def test_a_value_may_be_said_differently_in_each_language() -> None:
    reason = Reason("assumed", precision="FP16", why=("why", "缘由"))
    assert "why" in reason
    assert "缘由" in reason.text("zh")


@pytest.mark.parametrize(
    ("code", "values"),
    [
        ("numpy_is_slow", {}),
        ("numpy_no_blas", {}),
        ("numpy_no_blas", {"dtype": "fp16", "why": "slow"}),
        ("numpy_no_blas", {"name": "fp16"}),
        ("noise_settled", {"0": "fp16"}),
    ],
)
def test_other_values_than_its_sentence_names_make_none(code: str, values: dict[str, str]) -> None:
    with pytest.raises(KeyError):
        Reason(code, **values)


@given(reasons())
def test_each_value_stands_in_both_languages_as_it_is(reason: Reason) -> None:
    for text, template in zip((reason, reason.text("zh")), WORDS[reason.code], strict=True):
        rest = text
        for part in template.replace("}", "{").split("{"):
            piece = str(reason.values.get(part, part))
            assert rest.startswith(piece)
            rest = rest[len(piece) :]
        assert not rest


@given(reasons())
def test_a_copy_and_what_another_process_gets_is_the_same_reason(reason: Reason) -> None:
    for same in (copy.copy(reason), copy.deepcopy(reason), pickle.loads(pickle.dumps(reason))):
        assert (type(same), same, same.code, same.values) == (Reason, reason, reason.code, reason.values)


def test_texts_among_the_values_can_be_changed_and_numbers_stay() -> None:
    lost = Reason("processes_lost", lost=1, processes=3, why="no /lib/a.so")
    changed = lost.changed(lambda text: text.replace("/lib/", ""))
    assert changed == "1 of 3 processes gave no rate: no a.so"
    assert changed.values["lost"] == 1
