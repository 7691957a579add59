"""Translates into Chinese the sentences that flopsbench writes into documents, and those of the validator.

Documents hold English sentences alone; the site calls ``translated`` when it shows one. A sentence that matches no
pattern below is shown as it was written. Whoever words such a sentence anew adds its pattern here and keeps
the old one, which stored documents need.
"""

from __future__ import annotations

import re
from functools import lru_cache

from markupsafe import Markup, escape

from flopsbench.words.pages import both

# Each pattern matches a whole sentence; what its groups match is put into the translation at {0}, {1}.
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
        (r"(\d+) of (\d+) processes gave no rate: (.+)", "{1}个进程中有{0}个未给出速率：{2}"),
        # what the validator says
        (r"the run was interrupted", "运行被中断"),
        (r"was measured by a changed checkout of flopsbench", "由改动过的flopsbench测得"),
        (r"has rates of grade C, measured on a busy machine", "含C级速率，测量时机器繁忙"),
        (r"was measured by the profile (\w+), not by registry", "以{0}方案而非registry方案测得"),
        (
            r"the datasheet peak, (\S+), or its source is not that of today's table",
            "数据手册峰值{0}或其来源与现行表不符",
        ),
        (
            r"the clock seen peak, (\S+), or its source is not that of today's table",
            "实测频率下的峰值{0}或其来源与现行表不符",
        ),
        (r"has the grade ([ABC]); today's rules give ([ABC]), flags: none", "等级为{0}；按现行规则为{1}，无标记"),
        (r"has the grade ([ABC]); today's rules give ([ABC]), flags: (.+)", "等级为{0}；按现行规则为{1}，标记：{2}"),
        (r"is a device that no table knows, so its limits are unknown", "此设备不在任何表中，其极限未知"),
        (r"reaches less than (\S+) of the datasheet's peak", "不足数据手册峰值的{0}"),
        (
            r"is faster than the ceiling or the clock measured beside it allow",
            "快于同时实测的上限或频率所允许的速率",
        ),
        (r"sustains (\S+) times the rate of its burst", "持续速率为其短时速率的{0}倍"),
        (r"was proven within other limits than today's", "验证所用的限度与现行限度不同"),
        (r"has no case of the sustained regime, which registry measures", "没有registry方案应测的持续速率用例"),
        (r"was measured by version (\d+) of the method, and (\d+) is current", "以方法版本{0}测得，当前版本为{1}"),
        (r"has a first launch faster than all that followed", "首次启动快于其后的所有启动"),
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
        # why a case has no rate, or a device no ceiling
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
        (r"interrupted", "被中断"),
        (r"the process that measured it died: (.+)", "测量进程异常结束：{0}"),
        (r"numpy runs on the CPU alone", "numpy只在CPU上运行"),
        (r"cupy runs on GPUs alone", "cupy只在GPU上运行"),
        (r"cupy has no (\w+) GEMM here; the torch backend may have one", "cupy在此没有{0}的GEMM，torch后端可能有"),
        (r"cupy cannot load a CUDA library: (.+)", "cupy无法加载CUDA库：{0}"),
        (r"(\S+) computes fp32 only", "{0}只计算fp32"),
        (r"(\S+) reads layout nn only", "{0}只读取nn布局"),
        (r"(\w+) on a GPU takes sizes that are multiples of (\d+)", "GPU上的{0}要求尺寸为{1}的倍数"),
        (r"NVIDIA_TF32_OVERRIDE=0 turns tf32 off", "NVIDIA_TF32_OVERRIDE=0关闭了tf32"),
        (
            r"tf32 is a mode of NVIDIA's tensor cores, and NVIDIA_TF32_OVERRIDE=0 turns it off",
            "tf32是NVIDIA张量核心的模式，NVIDIA_TF32_OVERRIDE=0将其关闭",
        ),
        (r"this CPU has none of the (\w+) loops' instructions: (.+)", "此CPU没有{0}测量循环所需的任何指令：{1}"),
        (r"this CPU has AMX, which the ceiling loop does not reach", "此CPU有AMX，上限测量循环无法使用"),
        (
            r"Accelerate may use this chip's matrix unit, which the ceiling loop does not reach",
            "Accelerate可能使用此芯片的矩阵单元，上限测量循环无法使用",
        ),
        (r"llvmlite is missing \((.+)\): pip install llvmlite", "缺少llvmlite（{0}）：pip install llvmlite"),
        # why a proof failed
        (
            r"C is not A·B: residual (\S+), a right product stays below (\S+)",
            "C不等于A·B：残差{0}，正确的乘积应小于{1}",
        ),
        (
            r"less precise than its name: rms error (\S+), expected at most (\S+)",
            "精度低于其名称：均方根误差{0}，应不超过{1}",
        ),
        (
            r"more precise than its name: rms error (\S+), expected at least (\S+)",
            "精度高于其名称：均方根误差{0}，应不低于{1}",
        ),
        (
            r"C holds values that are not finite: some of it was never computed",
            "C含有非有限值：其中一部分从未被计算",
        ),
        (r"([AB]) holds values that are not finite", "{0}含有非有限值"),
        (r"([AB]) is not random data around 0", "{0}不是以0为中心的随机数据"),
        (
            r"A and B are the same matrix, which libraries multiply by a shorter way",
            "A与B是同一矩阵，计算库对此有捷径",
        ),
        (r"no error band is known for (\w+) \((.+)\) with (\w+) output", "没有{0}（{1}）输出{2}的已知误差范围"),
    )
)


@lru_cache(maxsize=4096)
def translated(sentence: str) -> Markup:
    """Return a sentence in both languages where its Chinese is known, else as it is; always escaped."""
    for pattern, chinese in _PHRASES:
        if found := pattern.fullmatch(sentence):
            return both(sentence, chinese.format(*found.groups()))
    return escape(sentence)
