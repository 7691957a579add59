"""Limits of the silicon a GEMM runs on: measured by loops on registers, and computed from what its units can do."""

from flopsbench.ceiling.cpu import CpuCeiling, Loop, clock_hz
from flopsbench.ceiling.peak import CpuPeak, cpu_peak
from flopsbench.ceiling.quiet import quiet

__all__ = ["CpuCeiling", "CpuPeak", "Loop", "clock_hz", "cpu_peak", "quiet"]
