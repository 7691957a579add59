"""Each figure of the article on 1590 EFLOPS is in the data, in the list and on a card of its own, in both languages."""

import json
import re

import pytest
from typer.testing import CliRunner

from flopsbench.cli import app
from flopsbench.scale.aggregates import figure

# What the article says, in the order in which it says it: a figure of it, and where that is found.
FIGURES = {
    "42 clusters": ("cn-10k-clusters", "42"),
    "1590 EFLOPS": ("cn-miit-ai-2025", "1590"),
    "what FLOPS are": ("flops-definition", "每秒浮点运算次数"),
    "the ladder of units": ("flops-ladder", "百亿亿次"),
    "Frontier above 1 EFLOPS": ("frontier-xinhua", "1"),
    "8 billion people for 40 years": ("calculator-analogy", "近40年"),
    "725.3 in 2024": ("cn-idc-ai-2024", "725.3"),
    "416.7 in 2023": ("cn-idc-ai-2023", "416.7"),
    "three kinds of compute": ("compute-kinds", "三类"),
    "30 % per year": ("cn-total-growth", "30%"),
    "ten thousand cards": ("ten-thousand-cards", "数万个GPU"),
    "10 billion yuan": ("cn-operators-investment", "超百亿元"),
    "4 clusters": ("cn-operators-clusters", "4个万卡集群"),
    "more than twofold": ("cn-operators-ai-growth", "超过2倍"),
    "100,000 cards": ("cn-beijing-100k-target", "十万卡"),
    "one generation in use": ("cn-miit-principle", "商用一代"),
}


def run(*arguments):
    return CliRunner().invoke(app, ["scale", *arguments], env={"COLUMNS": "80", "NO_COLOR": "1"}).stdout


@pytest.mark.parametrize(("figure_id", "words"), FIGURES.values(), ids=FIGURES)
def test_a_figure_of_the_article_stands_in_the_data_with_the_words_that_say_it(figure_id, words):
    assert words in figure(figure_id).quote


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_list_finds_every_figure_of_the_article(lang):
    listed = set(re.findall(r"[a-z0-9-]+", run("--list", "--lang", lang)))
    assert {figure_id for figure_id, _ in FIGURES.values()} <= listed


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("figure_id", [figure_id for figure_id, _ in FIGURES.values()])
def test_a_card_shows_a_figure_of_the_article_with_its_source(figure_id, lang):
    card = "".join(run("--about", figure_id, "--lang", lang).split())
    assert "".join(figure(figure_id).quote.split()) in card
    assert "".join(figure(figure_id).source.localized(lang).publisher.split()) in card
    document = json.loads(run("--about", figure_id, "--json=-"))
    assert document["figure"]["id"] == figure_id


def test_the_three_kinds_are_all_named():
    card = run("--about", "compute-kinds", "--lang", "zh")
    assert all(kind in card for kind in ("基础算力", "智能算力", "超算算力"))
