"""Every word in both languages, every word used, and nothing that a document says taken for HTML."""

from __future__ import annotations

import ast
import re
import string
from pathlib import Path

import pytest
from markupsafe import Markup

import flopsbench.site
from flopsbench.analysis.rate import FEWEST_PROCESSES
from flopsbench.dtype import DTYPES
from flopsbench.measure.profiles import PROFILES, RUN_PROFILES
from flopsbench.registry.file import SIGNERS
from flopsbench.result.files import load
from flopsbench.site.model.trust import LEVELS
from flopsbench.words.pages import TEXTS, WORDS, both, say
from flopsbench.words.sentences import translated

ROOT = Path(__file__).parents[2]
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


@pytest.mark.parametrize(
    ("sentence", "chinese"),
    [
        ("the interval is wide: ±8%", "置信区间过宽：±8%"),
        ("the machine's own ceiling moved by more than 3 % around 42 of 76 blocks", "76个计时块中有42个"),
        ("numpy has no BLAS path for bf16", "numpy没有bf16的BLAS路径"),
        ("interval within 0.5%", "区间已在0.5%以内"),
        ("3 of 10 processes gave no rate: lost <it>", "10个进程中有3个未给出速率：lost &lt;it&gt;"),
        ("has the grade A; today's rules give B, flags: none", "按现行规则为B，无标记"),
        ("has the grade A; today's rules give C, flags: throttled", "标记：throttled"),
        ("less precise than its name: rms error 2.1e-03, expected at most 2e-05", "应不超过2e-05"),
    ],
)
def test_what_flopsbench_writes_into_documents_is_translated(sentence: str, chinese: str) -> None:
    assert chinese in translated(sentence)


def test_every_sentence_of_the_published_results_is_translated() -> None:
    results = [load(path) for path in sorted((ROOT / "results").rglob("*.json"))]
    cases = [case for result in results for case in result.cases]
    sentences = {reason for case in cases for reason in (*case.grade_reasons, *filter(None, [case.reason]))}
    assert len(sentences) > 3
    assert [each for each in sentences if "lang" not in translated(each)] == []


def test_other_sentences_stand_as_they_are_and_escaped() -> None:
    assert translated("CUDA said <oops>") == "CUDA said &lt;oops&gt;"
    assert translated("the GPU slowed itself down: <b>").count("&lt;b&gt;") == 2
