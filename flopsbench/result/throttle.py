"""Names the reasons for which an NVIDIA GPU lowers its clock, and says what each means for a measured rate.

A Result lists the names as they were seen. Two readers of them ask different questions, so two sets overlap: the
grade asks whether the rate is that of a healthy GPU (``SLOWDOWNS``), the doctor whether the next run may get another
clock (``CLOCK_MOVERS``).
"""

from __future__ import annotations

IDLE = "gpu_idle"
OWNERS_CLOCK = "applications_clocks_setting"

# By bit, as NVIDIA's nvml.h and its binding nvidia-ml-py name them: nvmlClocksEventReason..., which was called
# nvmlClocksThrottleReason... before driver 535; the last two have the older name alone.
THROTTLE_REASONS = {
    0x1: IDLE,
    0x2: OWNERS_CLOCK,
    0x4: "sw_power_cap",
    0x8: "hw_slowdown",
    0x10: "sync_boost",
    0x20: "sw_thermal_slowdown",
    0x40: "hw_thermal_slowdown",
    0x80: "hw_power_brake_slowdown",
    0x100: "display_clock_setting",
    0x200: "board_limit",
    0x400: "reliability",
}

# Nothing to do, or what the owner asked for.
HARMLESS = frozenset({IDLE, OWNERS_CLOCK, "display_clock_setting"})

# Too hot, or short of outside power: the cooling or the supply is not what the GPU was made for. Costs a grade.
SLOWDOWNS = frozenset({"hw_slowdown", "sw_thermal_slowdown", "hw_thermal_slowdown", "hw_power_brake_slowdown"})

# Limits that a healthy GPU at work meets by design: of power, of the slowest GPU in a group (sync_boost), of the board,
# of reliable operation. The rate is the GPU's own, so no grade is lost; the clock still moves from run to run.
LIMITS = frozenset({"sw_power_cap", "sync_boost", "board_limit", "reliability"})

CLOCK_MOVERS = SLOWDOWNS | LIMITS
