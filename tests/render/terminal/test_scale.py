import pytest
from rich.cells import cell_len
from rich.console import Console

from flopsbench.dtype import DTYPES
from flopsbench.render.terminal.published.totals import growths, statements, totals
from flopsbench.render.terminal.scale import comparisons, ladder, rate_in_words
from flopsbench.scale.aggregates import HEADLINES, aggregate, load_aggregates, load_statements
from flopsbench.scale.compare import compare
from flopsbench.scale.growth import series_growth
from flopsbench.scale.ladder import Mark
from flopsbench.scale.standing import Measured, Scaling

H200 = Measured(7.9e14, "FLOP/s", DTYPES["bf16"], 9.894e14)


def shown(renderable, width=80):
    console = Console(width=width, no_color=True, color_system=None, force_terminal=False)
    with console.capture() as capture:
        console.print(renderable)
    return capture.get()


def flat(renderable):
    return " ".join(shown(renderable).split())


def everything(lang):
    spans = series_growth(load_aggregates())
    compared = [compare(one, H200, "fp16") for one in load_aggregates()]
    yield rate_in_words(H200, lang)
    yield ladder([Mark("this rate", 7.9e14)], lang)
    yield comparisons(compared, lang)
    yield totals(load_aggregates(), lang)
    yield statements(load_statements(), lang)
    yield growths(spans, lang)


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("part", range(6))
def test_fits_80_columns_and_cuts_nothing_off(lang, part):
    text = shown(list(everything(lang))[part])
    assert max(map(cell_len, text.splitlines())) <= 80
    assert "…" not in text.replace("2025…", "")


def test_says_what_the_rate_is_worth():
    text = flat(rate_in_words(H200, "en"))
    assert "790 TFLOPS (BF16): 790 trillion floating-point operations a second." in text
    assert "1.27 times as much would be 1 PFLOPS." in text
    assert "all 8 billion people would need 27.4 hours" in text
    assert "3.96 years" in flat(rate_in_words(Measured(1e18, "FLOP/s"), "en"))
    assert "one person would need 16.7 minutes" in flat(rate_in_words(Measured(1e3, "FLOP/s"), "en"))
    assert "integer operations" in flat(rate_in_words(Measured(1e3, "OP/s"), "en"))
    assert "times as much" not in flat(rate_in_words(Measured(1e31, "FLOP/s"), "en"))


def test_ladder_marks_each_rate_on_its_rung():
    lines = shown(ladder([Mark("fp32", 7e9), Mark("bf16", 9e9), Mark("fp64", 5e6)], "en")).splitlines()
    g = next(i for i, line in enumerate(lines) if line.startswith("GFLOPS"))
    assert "> 9.00 GFLOPS  bf16" in lines[g]
    assert "> 7.00 GFLOPS  fp32" in lines[g + 1]
    assert lines[g + 2].startswith("MFLOPS")
    assert "> 5.00 MFLOPS  fp64" in lines[g + 2]


def test_ladder_runs_from_k_to_z_and_further_only_for_a_mark():
    assert [line.split()[0] for line in shown(ladder([], "en")).splitlines() if "FLOPS  10^" in line] == [
        "ZFLOPS", "EFLOPS", "PFLOPS", "TFLOPS", "GFLOPS", "MFLOPS", "kFLOPS",
    ]  # fmt: skip
    assert shown(ladder([Mark("x", 2e30)], "en")).splitlines()[1].startswith("QFLOPS")
    assert shown(ladder([Mark("x", 12.0)], "en")).splitlines()[-1].startswith("FLOPS")


def test_integer_ladder_shows_no_flops():
    text = shown(ladder([Mark("int8", 1e15, "OP/s")], "en"))
    assert "POPS" in text
    assert "FLOPS" not in text
    assert "FLOPS" in shown(ladder([Mark("int8", 1e15, "OP/s"), Mark("bf16", 1e15)], "en"))


def test_chinese_columns_align():
    lines = shown(ladder([], "zh")).splitlines()
    starts = {cell_len(line[: line.index("10^")]) for line in lines if "10^" in line}
    assert len(starts) == 1
    assert "百亿亿次" in "".join(lines)


def test_comparison_says_counts_assumption_date_and_source():
    text = flat(comparisons([compare(aggregate("cn-miit-ai-2025"), H200)], "en"))
    assert "more than 1590 EFLOPS (1.59 ZFLOPS)" in text
    assert "1.6 million such devices at their datasheet peak" in text
    assert "2.0 million at perfect scaling; one is 1 / 2.0 million" in text
    assert "assumed FP16" in text
    assert "datasheet peak (if 2:4 sparse half as many, 800,000: the source does not say)" in text
    assert "2026-01-21, read via zgsysy.net.cn" in text
    assert "; as of 2025-12" in text
    assert "约需200万台" in flat(comparisons([compare(aggregate("cn-miit-ai-2025"), H200)], "zh"))


def test_measured_scaling_is_called_extrapolated():
    several = Measured(7.9e14, "FLOP/s", DTYPES["bf16"], 9.894e14, Scaling(0.9, 8))
    text = flat(comparisons([compare(aggregate("cn-miit-ai-2025"), several)], "en"))
    assert "2.2 million such devices at 0.90 of perfect, measured on 8: EXTRAPOLATED 280,000-fold" in text


def test_a_rate_above_the_total_is_a_multiple_of_it():
    pod = Measured(4e16, "FLOP/s", DTYPES["fp64"])
    small = Measured(4e19, "FLOP/s", DTYPES["fp64"])
    total = aggregate("top500-202606-frontier-rmax")
    assert "34 at perfect scaling" in flat(comparisons([compare(total, pod)], "en"))
    assert "30 times as much" in flat(comparisons([compare(total, small)], "en"))


def test_half_as_many_if_sparse_stands_beside_the_count_that_it_halves():
    total = aggregate("cn-miit-ai-2025")
    alone = flat(comparisons([compare(total, Measured(7.9e14, "FLOP/s", DTYPES["bf16"]))], "en"))
    assert "one is 1 / 2.0 million (if 2:4 sparse half as many, 1.0 million" in alone
    larger = flat(comparisons([compare(total, Measured(1e22, "FLOP/s", DTYPES["bf16"]))], "en"))
    assert "half as many" not in larger


@pytest.mark.parametrize(("lang", "said"), [("en", "as much as this total"), ("zh", "与该总量相当")])
def test_a_total_beside_itself_is_no_count_of_devices(lang, said):
    text = flat(comparisons([compare(aggregate("cn-miit-ai-2025"), Measured(1.59e21, "FLOP/s", DTYPES["bf16"]))], lang))
    assert said in text
    assert "1.0" not in text


def test_one_precision_stands_on_a_ladder():
    marks = [Mark("new GPU, fp64", 1.1e12, precision="fp64"), Mark("new GPU, bf16", 1.9e15, precision="bf16")]
    text = shown(ladder(marks, "en"))
    assert "in BF16 / FP16" in text
    assert "new GPU, bf16" in text
    assert "new GPU, fp64" not in text
    fp64 = shown(ladder(marks[:1], "en"))
    assert "67.0 TFLOPS  NVIDIA H200 SXM, FP64" in fp64
    assert "1.29 TFLOPS  NVIDIA GeForce RTX 4090, FP64" in fp64
    assert "Frontier HPL Rmax, FP64" in fp64
    assert "China AI compute" not in fp64


def test_the_next_rung_is_so_many_times_in_chinese_too():
    assert "其1.27倍即为1 PFLOPS。" in shown(rate_in_words(H200, "zh"))


def test_what_is_not_compared_is_grouped_by_its_reason():
    text = flat(comparisons([compare(aggregate(one), H200) for one in HEADLINES], "en"))
    assert text.count("measure with --dtype fp64") == 1
    assert "El Capitan HPL Rmax: 1809.0 PFLOPS (1.81 EFLOPS) [TOP500, as of 2026-06]" in text


def test_targets_carry_the_word_everywhere():
    target = aggregate("cn-miit-target-2030")
    assert "TARGET, China" in flat(comparisons([compare(target, H200)], "en"))
    assert "TARGET, China" in flat(comparisons([compare(target, H200, "fp16")], "en"))
    assert "【目标】" in flat(totals([target], "zh"))
    assert "FORECAST" in flat(totals([aggregate("cn-idc-ai-2028f")], "en"))


def test_list_shows_ids_whole():
    words = flat(totals(load_aggregates(), "en")).split()
    assert {one.id for one in load_aggregates()} <= set(words)


def test_statements_carry_their_correction():
    assert "3.96 years" in flat(statements(load_statements(), "en"))
    assert "3.96年" in flat(statements(load_statements(), "zh"))
    assert "中国电信临港智算中心" in flat(statements(load_statements(), "en"))


def test_growth_is_shown_in_percent():
    assert "416.7 EFLOPS (2023) to 725.3 EFLOPS (2024): +74%" in flat(growths(series_growth(load_aggregates()), "en"))
