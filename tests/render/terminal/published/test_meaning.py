import pytest
from rich.cells import cell_len
from rich.console import Console

from flopsbench.render.terminal.published.meaning import screen
from flopsbench.scale.ladder import Mark
from flopsbench.scale.meaning import meaning
from flopsbench.scale.rate import parse_rate

MACHINES = [Mark("AMD EPYC", 3.7e11, "FLOP/s", "bf16"), Mark("old", 9e10, "FLOP/s", "fp64")]


def shown(text, lang="en", width=80):
    console = Console(width=width, no_color=True, color_system=None, force_terminal=False)
    with console.capture() as capture:
        console.print(screen(meaning(parse_rate(text), MACHINES), lang))
    return capture.get()


def flat(text, lang="en"):
    return " ".join(shown(text, lang).split())


RATES = ["1590 EFLOPS", "790 TFLOPS", "1 EFLOPS", "1353.0 PFLOPS", "9800 EFLOPS", "12 MFLOPS", "4000 TOPS", "42 ZFLOPS"]


@pytest.mark.parametrize("width", [80, 100])
@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("text", RATES)
def test_is_one_screen(text, lang, width):
    lines = shown(text, lang, width).splitlines()
    assert len(lines) <= (45 if text == "1590 EFLOPS" else 47)  # what is not China's total stands beside that
    assert lines == [line.rstrip() for line in lines]
    assert max(map(cell_len, lines)) <= width
    assert "…" not in "".join(lines)


@pytest.mark.parametrize(
    ("text", "english", "chinese"),
    [
        ("2 ZFLOPS", "is 80% of this rate", "约为此速率的80%"),
        ("100 EFLOPS", "is 15.9 times this rate", "为此速率的15.9倍"),
        ("9e25 FLOPS", "is only 1/56,600 of this rate", "仅为此速率的5.66万分之一"),
    ],
)
def test_chinas_total_is_a_multiple_a_share_or_a_part(text, english, chinese):
    assert english in flat(text)
    assert chinese in shown(text, "zh", 2000)


def test_in_chinese_a_small_part_of_a_device_is_a_part():
    assert "9.89亿分之一" in shown("1 MFLOPS", "zh")


def test_what_1590_eflops_is():
    said = flat("1590 EFLOPS")
    for part in (
        "Published with this value: China AI compute, MIIT, end 2025: more than this [1]",
        "more than 10 (all pools of the site)",
        "1 EFLOPS is 10^18, a quintillion: this is 1.59 sextillion a second",
        "all 8 billion people would need 6,300 years",
        "nearly 40 years for one second of Frontier’s 1 EFLOPS. It is 1e18 / 8e9 s = 3.96 years",
        "1.61 million 161 NVIDIA H200 SXM 989 TFLOPS BF16",
        "707,000 70.7 NVIDIA B200 SXM 2.25 PFLOPS BF16",
        "9.62 million 962 NVIDIA GeForce RTX 4090 165 TFLOPS BF16",
        "2.04 million 204 Ascend, 1/384 of a set 781 TFLOPS BF16, second-hand",
        "AMD EPYC 370 GFLOPS BF16, measured",
        "old 90.0 GFLOPS FP64, measured",
        "23.7 million in FP64, 803,000 in FP8",
        "MIIT reports 42 [1]",
        "median 6.8, mean 7.34, a precision stated for 6.9 alone",
        "286 to 308 EFLOPS, 18% to 19% of 1590 EFLOPS",
        "but not 1,180 Frontiers: that is FP64 achieved in HPL",
        "14.8 times its FP64 nameplate",
        "Its precision: the source states none. Assumed FP16: MIIT labels the same series FP16",
        "if sparse, it is half as many devices",
        "installed or in use",
        "--about cn-miit-ai-2025",
    ):
        assert part in said


def test_in_chinese():
    said = "".join(shown("1590 EFLOPS", "zh").split())
    for part in (
        "超过此值[1]",
        "含园区全部算力池",
        "需要6300年",
        "161万161NVIDIAH200SXM",
        "占1590EFLOPS的18%至19%",
        "二手材料",
    ):
        assert part in said
    assert "secondary" not in said
    assert " to " not in shown("1590 EFLOPS", "zh")


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("text", RATES)
def test_every_mark_has_its_source_and_every_source_its_mark(text, lang):
    body, _, sources = shown(text, lang).partition("Sources" if lang == "en" else "来源\n")
    for number in range(1, sources.count("[") + 1):
        assert f"[{number}]" in sources
        assert f"[{number}]" in body


def test_other_rates_show_what_concerns_them():
    small = flat("790 TFLOPS")
    assert "clusters" not in small
    assert "Frontier" not in small
    assert "0.799 NVIDIA H200 SXM" in small
    assert "2.01 million times this rate, if both count in one precision" in small
    assert "With --dtype" in small
    assert "4.41 times the median one" in flat("30 EFLOPS")
    assert "TARGET, China AI compute target 2030" in flat("9800 EFLOPS")
    integers = flat("4000 TOPS")
    assert "which are no FLOPS" in integers
    assert "China" not in integers
    assert "1/23,500 NVIDIA H200 SXM" in flat("42 GFLOPS")
    assert "(42.0 GFLOPS)" not in flat("42 GFLOPS")
    assert "one person would need 1.67 minutes" in flat("100 FLOPS")


def test_hpl_mxp_is_counted_in_nothing():
    said = flat("16.7 EFLOPS")
    assert "Published with this value: El Capitan HPL-MxP [1]" in said
    assert "Neither devices nor clusters are counted: HPL-MxP counts FP64 work done in lower precision" in said
    assert "How much of it was computed in which precision" in said
    for part in ("H200", "China", "Frontier HPL", "EPYC"):
        assert part not in said
    assert "不折算设备数与集群数：HPL-MxP" in shown("16.7 EFLOPS", "zh")


def test_hpl_is_said_to_be_achieved():
    assert "The rate was achieved in HPL, where devices do less than their nameplate" in flat("1.353 EFLOPS")
    assert "HPL实测值" in shown("1.353 EFLOPS", "zh")
    assert "achieved in HPL, where" not in flat("1590 EFLOPS")


def test_all_totals_of_a_value_are_named_and_none_is_taken_for_the_rate():
    said = flat("21 EFLOPS")
    assert "Isambard-AI (Bristol): more than this [1]; China Telecom, AI compute, mid-2024 [2]" in said
    assert "Which of them it is, if any" in said
    assert "1353.0 PFLOPS [1]" in flat("1.353 EFLOPS")


def test_fp32_has_no_sparsity_and_its_label_is_doubted():
    said = flat("280 EFLOPS")
    assert "sparse" not in said
    assert "Whether it counts in FP32: that label comes from secondary sources." in said
    assert "times its FP64 nameplate" not in said


def test_the_unit_that_was_written_is_explained():
    assert "1 EFLOPS is 10^18" in flat("1590 E FLOPS")
    assert "1 PFLOPS is 10^15" in flat("159万PFLOPS")
    assert "per second: this is 1.59 sextillion a second" in flat("1.59e21 FLOPS")


def test_a_number_is_rounded_one_way():
    said = flat("2185 EFLOPS")
    assert "(2.19 ZFLOPS)" in said
    assert "2.19 sextillion" in said


def test_each_source_has_a_line_without_its_address():
    sources = shown("1590 EFLOPS").partition("Sources\n")[2].splitlines()[:-1]
    assert [line.split()[0] for line in sources] == [f"[{i}]" for i in range(1, len(sources) + 1)]
    assert "http" not in "".join(sources)


def test_without_a_registry_a_line_says_so():
    console = Console(width=80, no_color=True, color_system=None, force_terminal=False)
    with console.capture() as capture:
        console.print(screen(meaning(parse_rate("1590 EFLOPS")), "en"))
    assert "No registry of measured Results was found here" in capture.get()
    assert "No registry" not in flat("1590 EFLOPS")


@pytest.mark.parametrize("text", RATES)
def test_no_chinese_line_begins_with_a_closing_mark(text):
    assert not [line for line in shown(text, "zh", 40).splitlines() if line.strip()[:1] == "；"]
