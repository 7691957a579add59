"""Every word in both languages, every word used, and nothing that a document says taken for HTML."""

from __future__ import annotations

import ast
import re
import string
from pathlib import Path

import pytest
from markupsafe import Markup, escape

import flopsbench.site
from flopsbench.analysis.rate import FEWEST_PROCESSES
from flopsbench.dtype import DTYPES
from flopsbench.measure.profiles import PROFILES, RUN_PROFILES
from flopsbench.registry.file import SIGNERS
from flopsbench.result.types import METHODS
from flopsbench.site.model.trust import LEVELS
from flopsbench.words.catalogue import PAGES as WORDS
from flopsbench.words.pages import TEXTS, both, say, shown
from flopsbench.words.reason import Reason

PACKAGE = Path(flopsbench.site.__file__).parents[1]
FOLDER = PACKAGE / "site" / "html"
TEMPLATES = {path.name: path.read_text() for path in FOLDER.glob("templates/*.html")}
MODULES = {
    str(path.relative_to(PACKAGE)): path.read_text()
    for folder in ("site", "render/html", "render/charts", "result")
    for path in (PACKAGE / folder).rglob("*.py")
}
SCRIPT = (FOLDER / "assets" / "site.js").read_text()
# Words that are looked up by a name which a document or a loop gives.
FAMILIES = {
    "trust_": LEVELS,
    "about_": LEVELS,
    "dtype_": tuple(DTYPES),
    "kind_": ("cpu", "cuda"),
    "regime_": ("burst", "sustained"),
    "timeline_": ("burst", "sustained"),
    "proof_intro_": tuple(map(str, METHODS)),
    "proof_note_": tuple(map(str, METHODS)),
    "status_": ("unsupported", "failed", "skipped"),
    "basis_": ("processes", "blocks", "total"),
    "battery_": ("on", "off"),
    "device_ecc_": ("on", "off"),
    "device_mig_": ("on", "off"),
}
CHINESE = re.compile(r"[\u4e00-\u9fff]")
SAME_IN_BOTH = {"kind_cpu", "kind_cuda"}


def in_templates() -> set[str]:
    """Words that templates name themselves."""
    return {key for text in TEMPLATES.values() for key in re.findall(r"\bt\.(\w+)", text)}


def quoted() -> set[str]:
    """Every text that stands between quotes in a module or a template."""
    constants = {
        node.value
        for text in MODULES.values()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    return constants | {word for text in TEMPLATES.values() for word in re.findall(r'"([\w ]+)"', text)}


def of_families() -> set[str]:
    return {prefix + name for prefix, names in FAMILIES.items() for name in names}


def of_the_about_page() -> set[str]:
    lists = re.findall(r"for key in \(([^)]*)\)", TEMPLATES["about.html"])
    terms, steps = (re.findall(r'"(\w+)"', names) for names in lists)
    return {f"about_{term}{end}" for term in terms for end in ("", "_text")} | {
        f"about_method_{step}" for step in steps
    }


def test_every_word_stands_in_both_languages() -> None:
    for key, (english, chinese) in WORDS.items():
        assert english.strip(), key
        assert not CHINESE.search(english), key
        assert CHINESE.search(chinese) or key in SAME_IN_BOTH or english.startswith("{"), key


def test_both_languages_are_filled_in_with_the_same_values() -> None:
    for key, texts in WORDS.items():
        english, chinese = ({name for _, name, _, _ in string.Formatter().parse(text) if name} for text in texts)
        assert english == chinese, key


def test_a_count_of_one_is_called_one() -> None:
    counting = {key for key, (english, _) in WORDS.items() if re.search(r"\{\w+\} \w+s\b", english)}
    never_one = {"cores", "intervals_of", "basis_processes", "basis_blocks", "basis_total"}
    assert counting == never_one


def test_the_about_page_names_what_there_is() -> None:
    assert all(SIGNERS in text for text in WORDS["about_signed"])
    assert [name for name in RUN_PROFILES if PROFILES[name].processes < FEWEST_PROCESSES] == ["quick"]
    assert all("quick" in text for text in WORDS["about_method_processes"])
    assert all("flopsbench validate" in text for text in WORDS["about_checks"])


def test_chinese_is_punctuated_as_chinese() -> None:
    wrong = {key for key, (_, chinese) in WORDS.items() if re.search(r"[\u4e00-\u9fff][,;:?!]", chinese)}
    assert not wrong


def test_every_word_is_used() -> None:
    used = in_templates() | quoted() | of_families() | of_the_about_page()
    assert not WORDS.keys() - used


def test_every_word_that_a_template_names_exists() -> None:
    assert not (in_templates() | of_families() | of_the_about_page()) - WORDS.keys()


def test_every_text_that_the_script_takes_from_a_page_is_there() -> None:
    named = set(re.findall(r"(?:words|line)\('([\w -]+)'", SCRIPT))
    offered = set(re.findall(r'data-template="([^"{]+)"', "".join(TEMPLATES.values())))
    listed = re.search(r"for key in \(([^)]*)\)", TEMPLATES["compare.html"])
    assert listed
    assert named - offered == set(re.findall(r'"(\w+)"', listed[1]))


def test_a_text_holds_both_languages_each_marked() -> None:
    assert TEXTS["filter"] == '<span lang="en">Filter</span><span lang="zh">筛选</span>'
    assert TEXTS["kind_cpu"] == "CPU"  # the same in both: once


def test_values_are_escaped() -> None:
    assert "<b>" not in say("result_lead", date="<b>", version='"', profile="{x}", submitter="&")
    assert "&lt;b&gt;" in say("board_math", math="<b>")
    assert "<i>" in say("board_math", math=Markup("<i></i>"))
    assert both("<", "&") == '<span lang="en">&lt;</span><span lang="zh">&amp;</span>'


def test_a_value_turns_nothing_that_follows_it() -> None:
    assert "\u202e" not in say("board_math", math="\u202eeeei")


def test_a_value_is_not_read_as_a_pattern() -> None:
    assert "{0.__class__}" in say("board_math", math="{0.__class__}")


def in_both(english: str, chinese: str) -> str:
    return f'<span lang="en">{english}</span><span lang="zh">{chinese}</span>'


@pytest.mark.parametrize(
    ("sentence", "chinese"),
    [
        (Reason("interval_wide", half_width="8%"), "置信区间过宽：±8%"),
        (Reason("unsteady_ceiling", unsteady=42, blocks=76), "76个计时块中有42个，其前后机器上限的变动超过3%"),
        (Reason("numpy_no_blas", dtype="bf16"), "numpy没有bf16的BLAS路径"),
        (Reason("interval_within", half_width="0.5%"), "区间已在0.5%以内"),
        (Reason("other_grade", grade="A", today="B"), "等级为A；按现行规则为B，无标记"),
        (Reason("noise_settled"), "噪声已稳定"),
    ],
)
def test_a_reason_is_shown_in_both_languages(sentence: Reason, chinese: str) -> None:
    assert shown(sentence) == in_both(str(escape(str(sentence))), chinese)


def test_values_of_a_reason_are_escaped_in_both_languages() -> None:
    assert "<" not in shown(Reason("process_died", last_words="<it> & 'that'")).replace("<span", "").replace(
        "</span", ""
    )
    assert shown(Reason("process_died", last_words="lost <it>")).count("lost &lt;it&gt;") == 2


def test_a_sentence_without_a_code_is_known_where_nothing_is_filled_into_it() -> None:
    assert shown("noise settled") == in_both("noise settled", "噪声已稳定")
    assert shown("interval within 0.5%") == '<q lang="en">interval within 0.5%</q>'
    assert shown("interval within {half_width}") == '<q lang="en">interval within {half_width}</q>'


def test_other_sentences_are_quoted_as_they_are_and_escaped() -> None:
    assert shown("CUDA said <oops>") == '<q lang="en">CUDA said &lt;oops&gt;</q>'
    assert shown("{0.__class__}") == '<q lang="en">{0.__class__}</q>'
    assert shown("") == ""


def test_the_same_text_with_and_without_its_code_is_shown_differently_in_any_order() -> None:
    reason = Reason("numpy_no_blas", dtype="fp16")
    quoted = f'<q lang="en">{reason}</q>'
    assert [shown(str(reason)), shown(reason) == quoted, shown(str(reason))] == [quoted, False, quoted]
