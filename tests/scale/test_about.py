import pytest

from flopsbench.errors import UsageError
from flopsbench.scale.about import about
from flopsbench.scale.aggregates import load_aggregates, load_statements


def _codes(reasons):
    return [reason.code for reason in reasons]


def test_the_card_of_chinas_total():
    card = about("cn-miit-ai-2025")
    assert [(step.earlier.value, step.later.value) for step in card.steps] == [
        ("748", "788"), ("788", "1590"), ("1590", "2185"),
    ]  # fmt: skip
    assert [round(step.ratio, 2) for step in card.steps] == [1.05, 2.02, 1.37]
    assert [one.id for one in card.outlooks] == ["cn-miit-target-2030"]
    assert _codes(card.may) == ["may_assumed", "may_series"]
    assert _codes(card.may_not) == ["not_other_precision", "not_series"]
    assert "cn-idc-ai-2024" in card.may_not[1]
    assert "、" in card.may_not[1].text("zh")


@pytest.mark.parametrize(
    ("figure_id", "may", "may_not"),
    [
        ("top500-202606-frontier-rmax", ["may_achieved"], ["not_other_precision", "not_nameplate"]),
        ("hplmxp-aurora", [], ["mixed"]),
        ("cn-cmcc-total-2025", [], ["mixed_kinds"]),
        ("us-colossus-1", [], ["chips"]),
        ("world-epoch-h100e-2026-01", ["may_h100e"], ["h100e_differs"]),
        ("us-oracle-131k", [], ["target", "precision_unmeasurable"]),
        ("cn-cmcc-hohhot", [], ["precision_unstated"]),
        ("cn-cloudmatrix384", ["may_assumed"], ["not_other_precision"]),
    ],
)
def test_what_may_and_may_not_be_compared(figure_id, may, may_not):
    card = about(figure_id)
    assert (_codes(card.may), _codes(card.may_not)) == (may, may_not)


@pytest.mark.parametrize("entry", [*load_aggregates(), *load_statements()], ids=lambda entry: entry.id)
def test_every_figure_has_a_card(entry):
    card = about(entry.id)
    assert card.entry == entry
    for reason in (*card.may, *card.may_not):
        assert reason.text("en") != reason.text("zh")


def test_an_unknown_id_names_the_near_ones():
    with pytest.raises(UsageError, match="did you mean cn-miit-ai-2025"):
        about("cn-mit-ai-2025")


@pytest.mark.parametrize("entry", load_aggregates(), ids=lambda entry: entry.id)
def test_no_card_says_both_that_nameplates_may_and_may_not_be_compared(entry):
    card = about(entry.id)
    may, may_not = (" ".join(reason.text("en") for reason in reasons) for reasons in (card.may, card.may_not))
    assert not ("nameplates" in may and "nameplates" in may_not)


@pytest.mark.parametrize(
    "entry", [one for one in load_aggregates() if one.precision == "mixed"], ids=lambda one: one.id
)
def test_what_is_of_several_precisions_is_compared_with_nothing(entry):
    card = about(entry.id)
    assert not card.may
    assert "assume-precision" not in card.may_not[0].text("en")
    assert ("HPL" in card.may_not[0].text("en")) == (entry.benchmark == "HPL-MxP")
