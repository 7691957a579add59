"""Sentences that flopsbench writes into documents, in Chinese: what is not among them is shown as it was written."""

from __future__ import annotations

import re
from functools import lru_cache

from markupsafe import Markup, escape

from flopsbench.registry.site.words import both

# Each pattern is a whole sentence; what its groups catch stands in the translation at {0}, {1}.
_PHRASES = tuple(
    (re.compile(pattern), chinese)
    for pattern, chinese in (
        # grades
        (r"the interval is wide: (±\S+)", "置信区间过宽：{0}"),
        (r"the interval is (±\S+)", "置信区间为{0}"),
        (
            r"it stands (\S+) above its own ceiling, so one of the two was disturbed",
            "比自身的实测上限高{0}，两者之一受到干扰",
        ),
        (r"the hypervisor took (\S+) of the CPU time", "虚拟机监控器占去{0}的CPU时间"),
        (
            r"the machine's own ceiling moved by more than 3 % around (\d+) of (\d+) blocks",
            "{1}个计时块中有{0}个，其前后机器上限的变动超过3%",
        ),
        (r"the CPU quota ran out in (\d+) periods", "CPU配额在{0}个周期内耗尽"),
        (r"the GPU slowed itself down: (.+)", "GPU自行降速：{0}"),
        (r"other programs used (\S+) of the CPUs before the run", "运行前其他程序占用{0}的CPU"),
        (r"it ran on battery", "以电池供电运行"),
        (r"the device's clock and the host's clock disagree by more than 5 %", "设备时钟与主机时钟相差超过5%"),
        # what the validator says
        (r"the run was interrupted", "运行被中断"),
        (r"was measured by a changed checkout of flopsbench", "由改动过的flopsbench测得"),
        (r"has rates of grade C, measured on a busy machine", "含C级速率，测量时机器繁忙"),
        (r"was measured by the profile (\w+), not by registry", "以{0}方案而非registry方案测得"),
        (r"was measured by version (\d+) of the method, and (\d+) is current", "以方法版本{0}测得，当前版本为{1}"),
        (r"has (\S+) times the usual rate of (\d+) such measurements", "速率为{1}次同类测量之常见值的{0}倍"),
        (r"has a first launch faster than all that followed", "首次启动快于其后的所有启动"),
        (r"stands (\S+) above the ceiling measured beside it", "比同时实测的上限高{0}"),
        (
            r"is sound, and by a key that the registry does not list for its submitter",
            "签名有效，但登记处未列出该提交者的这一密钥",
        ),
        # why sampling stopped
        (r"interval within (\S+)", "区间已在{0}以内"),
        (r"noise settled", "噪声已稳定"),
        (r"time budget", "时间预算用尽"),
        (r"block budget", "块数已满"),
        (r"turns taken", "轮次完成"),
        (r"sustained time reached", "持续时间已满"),
        # why a case has no rate
        (r"not reached", "未执行到"),
        (r"numpy has no BLAS path for (\w+)", "numpy没有{0}的BLAS路径"),
        (
            r"no fast (\w+) path here: (.+?) at (\w+), one launch at (\w+) would take (.+? s) \(.*\)",
            "此处没有快速的{0}路径：{2}时为{1}，{3}单次启动约需{4}",
        ),
        (r"(\w+) needs (\w+) or newer, this is (\w+)", "{0}需要{1}或更新架构，此设备为{2}"),
        (r"tf32 is a mode of GPU tensor cores; no CPU has it", "tf32是GPU张量核心的模式，CPU没有"),
        (r"needs (.+) of memory, (.+) are free", "需要内存{0}，可用{1}"),
        (r"there is no CPU ceiling loop for (\w+)", "没有{0}的CPU上限测量循环"),
        (r"no loop measures the ceiling of a GPU yet", "尚无测量GPU上限的循环"),
    )
)


@lru_cache(maxsize=4096)
def translated(sentence: str) -> Markup:
    """A document's sentence in both languages where its Chinese is known, else as it stands; always escaped."""
    for pattern, chinese in _PHRASES:
        if found := pattern.fullmatch(sentence):
            return both(sentence, chinese.format(*found.groups()))
    return escape(sentence)
