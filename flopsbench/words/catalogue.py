"""Holds every sentence of the scale that a user reads, in English and Chinese, and fills it in."""

from __future__ import annotations

from flopsbench.errors import UsageError
from flopsbench.units import format_digits, round_digits

LANGUAGES = ("en", "zh")

WORDS: dict[str, tuple[str, str]] = {
    # the rate
    "rate": ("{rate}{dtype}: {count} {operations} a second.", "{rate}{dtype}：每秒{count}次{operations}。"),
    "operations_flop": ("floating-point operations", "浮点运算"),
    "operations_op": ("integer operations", "整数运算"),
    "next_rung": ("{times} times as much would be 1 {unit}.", "再快{times}倍即为1 {unit}。"),
    "keys_world": (
        "At one calculation a second each, all 8 billion people would need {time} for one second of it.",
        "若全球80亿人每人每秒按一次计算器，完成它一秒的运算需要{time}。",
    ),
    "keys_one": (
        "At one calculation a second, one person would need {time} for one second of it.",
        "若一个人每秒按一次计算器，完成它一秒的运算需要{time}。",
    ),
    # the ladder
    "ladder_rung": ("rung", "阶"),
    "ladder_count": ("a second", "每秒"),
    "ladder_landmarks": ("published figures there, each in its own precision", "该阶上已公布的数值（精度各异）"),
    "precision_unstated_short": ("precision unstated", "精度未说明"),
    "precision_mixed_short": ("mixed precision", "混合精度"),
    "more_totals": ("Beside every published total: {command}", "与全部已公布总量比较：{command}"),
    "this_rate": ("this rate", "此速率"),
    # one comparison
    "versus": ("{outlook}{name}: {figure}", "{outlook}{name}：{figure}"),
    "quantity_exact": ("{figure}", "{figure}"),
    "quantity_forecast": ("{figure}", "{figure}"),
    "quantity_at_least": ("more than {figure}", "超过{figure}"),
    "quantity_up_to": ("up to {figure}", "至多{figure}"),
    "quantity_approx": ("about {figure}", "约{figure}"),
    "outlook_target": ("TARGET, ", "【目标】"),
    "outlook_forecast": ("FORECAST, ", "【预测】"),
    "source": ("source: {title}, {publisher}{published}; {as_of}", "来源：{title}，{publisher}{published}；{as_of}"),
    "published": (", {date}", "，{date}"),
    "and": ("; ", "；"),
    "as_of": ("as of {date}", "数据截至{date}"),
    "as_of_unstated": ("as of an unstated date", "截至日期未说明"),
    "like-for-like": ("like for like", "同口径比较"),
    "with caveat": ("with caveat", "附条件比较"),
    "not_compared_because": ("not compared: {reason}", "不作比较：{reason}"),
    "at_peak": ("nameplate to nameplate", "标称对标称"),
    "at_peak_count": ("{count} such devices at their datasheet peak", "按数据手册峰值约{count}台此设备"),
    "achieved": ("devices at this rate", "按此速率"),
    "achieved_count": (
        "{count} at perfect scaling; one is 1 / {count}",
        "理想扩展时约{count}台此设备；一台为其1/{count}",
    ),
    "achieved_exceeds": ("this is {times} times as much", "此速率为其{times}倍"),
    "scaled": ("at the scaling measured", "按实测扩展效率"),
    "scaled_count": (
        "{count} such devices at {eta} of perfect, measured on {devices}: EXTRAPOLATED {fold}-fold",
        "约{count}台此设备：效率{eta}测自{devices}台，外推{fold}倍",
    ),
    "if_sparse": ("if 2:4 sparse", "若计入2:4稀疏"),
    "if_sparse_count": ("half as many: {count}. The source does not say.", "减半：约{count}台。来源未说明。"),
    # why a comparison needs a caveat
    "target": ("it is a target, not something that stands", "这是目标，并非现状"),
    "forecast": ("it is a forecast, not something that stands", "这是预测，并非现状"),
    "assumed": ("precision unstated, assumed {precision}: {why}", "精度未说明，假定为{precision}：{why}"),
    "assumed_by_user": (
        "precision unstated, assumed {precision}: as asked with --assume-precision",
        "精度未说明，按--assume-precision假定为{precision}",
    ),
    "family": (
        "{precision} total, {dtype} rate: formats of one width, assumed to run at one rate",
        "{precision}总量对{dtype}速率：位宽相同，假定标称速率相同",
    ),
    "h100e": (
        "H100-equivalents, taken at the H100 SXM's dense {dtype} peak of {peak}",
        "以H100当量计，按H100 SXM的{dtype}稠密峰值{peak}折算",
    ),
    "basis_unknown": ("basis unstated, taken as nameplate", "统计口径未说明，视为标称值"),
    "hpl_bound": (
        "HPL, a whole linear solve: GEMM bounds HPL from above, so the count is too small",
        "HPL为完整线性求解：GEMM是HPL的上界，故台数偏少",
    ),
    "sparsity_unstated": ("sparsity unstated, taken as dense", "是否计入稀疏未说明，视为稠密"),
    "sparse_halved": ("it counts 2:4 sparsity: halved to dense", "该总量计入2:4稀疏：减半为稠密"),
    "no_peak": (
        "an achieved rate beside a nameplate total; --peak adds nameplate to nameplate",
        "实测速率对标称总量；加上--peak可作标称对标称比较",
    ),
    # why there is no comparison
    "need_dtype": (
        "say in which precision the rate was measured: add --dtype, for example --dtype bf16",
        "请说明速率的精度：加上--dtype，例如--dtype bf16",
    ),
    "integer": (
        "an integer rate (OP/s) is not FLOPS: measure a floating-point dtype",
        "整数速率（OP/s）不是FLOPS：请改测浮点精度",
    ),
    "mixed": (
        "HPL-MxP counts FP64 work done in lower precision: an effective rate, compared with nothing",
        "HPL-MxP以低精度完成却按FP64计数：等效速率，不与任何数值比较",
    ),
    "chips": ("it counts chips without naming the model, so it has no rate", "只计芯片数而未指明型号，无法折算速率"),
    "h100e_differs": (
        "H100-equivalents stand for 8-bit rates, here read down to 16 bit: measure with --dtype fp8_e4m3 or bf16",
        "H100当量以8位速率为准，此处只用于8位与16位：请用--dtype fp8_e4m3或bf16测量",
    ),
    "precision_unstated": (
        "it states no precision: name one with --assume-precision, for example fp16",
        "来源未说明精度：用--assume-precision指定，例如fp16",
    ),
    "precision_differs": (
        "it counts {precision}, this rate is {dtype}: measure with --dtype {remedy}",
        "该总量为{precision}，此速率为{dtype}：请用--dtype {remedy}测量",
    ),
    "precision_unmeasurable": (
        "it counts {precision}, for which there is no dtype to measure with",
        "该总量为{precision}，尚无可测量的精度",
    ),
    # the list
    "list_title": ("Published totals", "已公布的算力总量"),
    "list_total": ("total, id, publisher", "总量、编号、发布者"),
    "list_figure": ("as published", "公布值"),
    "list_basis": ("counted in", "精度与口径"),
    "list_as_of": ("as of", "截至"),
    "list_statements": ("Published figures and definitions that are no totals", "其他已公布的数字与定义"),
    "list_growth": ("Growth, within one series only", "增长（仅限同一序列）"),
    "growth": ("{series}: {earlier} ({since}) to {later} ({until}): {percent} in {years} years",
               "{series}：{earlier}（{since}）至{later}（{until}）：{years}年{percent}"),
    "basis_peak": ("nameplate", "标称"),
    "basis_achieved": ("achieved", "实测"),
    "basis_unknown_short": ("basis unstated", "口径未说明"),
    # amounts
    "second": ("{count} seconds", "{count}秒"),
    "minute": ("{count} minutes", "{count}分钟"),
    "hour": ("{count} hours", "{count}小时"),
    "day": ("{count} days", "{count}天"),
    "year": ("{count} years", "{count}年"),
}  # fmt: skip

_STEPS = (
    (
        (1e21, " sextillion"),
        (1e18, " quintillion"),
        (1e15, " quadrillion"),
        (1e12, " trillion"),
        (1e9, " billion"),
        (1e6, " million"),
    ),
    ((1e20, "万亿亿"), (1e16, "亿亿"), (1e12, "万亿"), (1e8, "亿"), (1e4, "万")),
)
SECONDS_PER_YEAR = 31_557_600.0  # 365.25 days
_DURATIONS = ((SECONDS_PER_YEAR, "year"), (86_400.0, "day"), (3_600.0, "hour"), (60.0, "minute"), (1.0, "second"))


def parse_language(text: str) -> str:
    """Return the language of that code; raise UsageError naming the known ones."""
    if text not in LANGUAGES:
        raise UsageError(f"unknown language {text!r}: known are {', '.join(LANGUAGES)}")
    return text


def say(lang: str, key: str, **values: str | tuple[str, str]) -> str:
    """Return the sentence of that key in a language, filled in.

    A value that differs by language is given as (English, Chinese).
    """
    column = LANGUAGES.index(lang)
    here = {name: value if isinstance(value, str) else value[column] for name, value in values.items()}
    return WORDS[key][column].format(**here)


def count(lang: str, value: float, digits: int) -> str:
    """Return a number as people say it, rounded: 2012658 to 2 digits is "2.0 million", in Chinese 200万."""
    rounded = round_digits(value, digits)
    for step, word in _STEPS[LANGUAGES.index(lang)]:
        if rounded >= step:
            return format_digits(rounded / step, digits) + word
    return format_digits(rounded, digits)


def duration(lang: str, seconds: float, digits: int = 3) -> str:
    """Return a time in the largest unit of which it is at least 1.5: 125000000 seconds are "3.96 years"."""
    length, key = next((row for row in _DURATIONS if seconds >= 1.5 * row[0]), _DURATIONS[-1])
    return say(lang, key, count=count(lang, seconds / length, digits))


def precision(lang: str, name: str) -> str:
    """Return a precision as it is printed: "FP16", "FP8 E4M3", or that the source does not state it."""
    if name in ("unstated", "mixed"):
        return say(lang, f"precision_{name}_short")
    return name.upper().replace("_", " ")
