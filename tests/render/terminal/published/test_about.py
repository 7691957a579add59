import pytest
from rich.cells import cell_len
from rich.console import Console

from flopsbench.render.terminal.published.about import screen
from flopsbench.scale.about import about
from flopsbench.scale.aggregates import load_aggregates, load_statements


def shown(figure_id, lang="en"):
    console = Console(width=80, no_color=True, color_system=None, force_terminal=False)
    with console.capture() as capture:
        console.print(screen(about(figure_id), lang))
    return capture.get()


def flat(figure_id, lang="en"):
    return " ".join(shown(figure_id, lang).split())


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("entry", [*load_aggregates(), *load_statements()], ids=lambda entry: entry.id)
def test_every_card_fits_and_says_whether_it_was_read_second_hand(entry, lang):
    card = shown(entry.id, lang)
    assert max(map(cell_len, card.splitlines())) <= 80
    said = "仅见二手材料" if lang == "zh" else "readsecond-hand"
    assert (said in "".join(card.split())) == (entry.verification == "secondary")


def test_the_card_of_chinas_total():
    said = flat("cn-miit-ai-2025")
    for part in (
        "value more than 1590 EFLOPS (1.59 ZFLOPS)",
        "as of 2025-12",
        "precision unstated; assumed FP16: MIIT labels the same series FP16",
        "788 EFLOPS (2025-06) to 1590 EFLOPS (2025-12): +102% in 0.50 years",
        "TARGET, 9800 EFLOPS (2030)",
        "compare rates and nameplates in BF16 / FP16",
        "not with rates in other formats",
        "no growth to or from",
        "source “1590 EFLOPS”意味着什么？, MIIT press conference, 2026-01-21",
        "quote 我国已建成万卡智算集群42个",
    ):
        assert part in said


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("entry", [*load_aggregates(), *load_statements()], ids=lambda entry: entry.id)
def test_no_card_says_a_label_twice_or_ends_in_blanks(entry, lang):
    card = shown(entry.id, lang)
    assert card == "\n".join(line.rstrip() for line in card.split("\n"))
    for label in ("as of  as of", "precision  precision u", "basis  basis", "截至  截至", "精度  精度", "口径  口径"):
        assert label not in card


def test_what_has_no_sparsity_and_what_was_said_when():
    assert "FP32 has no 2:4 sparsity" in flat("cn-nda-total-2024")
    assert "FP32, a label from secondary sources" in flat("cn-nda-total-2024")
    assert "said on 2026-01-21" in flat("cn-10k-clusters")
    assert "as of 2026" not in flat("cn-10k-clusters")
    assert "HPL achieved" not in flat("hplmxp-lineshine")


def test_a_statement_has_its_correction_and_the_names_it_lists():
    assert "3.96 years" in flat("calculator-analogy")
    assert "中国电信临港智算中心" in flat("cn-operators-clusters")
