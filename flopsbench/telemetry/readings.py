"""Lists what is read of a GPU, by which function of NVML, and what no GPU can say: that is absent, with the reason.

Boards, drivers and virtual GPUs fill what they do not know with 0, with all bits set, or with what lay in memory.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from flopsbench.errors import Unsupported
from flopsbench.peaks.bounds import HIGHEST_BOARD_POWER_W, HIGHEST_CLOCK_OF_ANY_GPU_HZ, LOWEST_CLOCK_HZ
from flopsbench.result.throttle import THROTTLE_REASONS
from flopsbench.text import first_line
from flopsbench.units import general, gigahertz
from flopsbench.words.reason import Reason

_CLOCK_SM, _CLOCK_MEMORY, _TEMPERATURE_GPU = 1, 2, 0  # nvmlClockType_t, nvmlTemperatureSensors_t
_PROHIBITED = 2  # nvmlComputeMode_t
NOT_AVAILABLE = (2**32 - 1, 2**64 - 1)  # NVML_VALUE_NOT_AVAILABLE, which is -1, as counters without a sign hold it


class Quantity(NamedTuple):
    """A Quantity is a figure that NVML gives in a ``unit`` of its own, which is so much in SI units.

    ``low`` and ``high`` are in SI units; no GPU is outside, and ``why`` says so. ``show`` makes a text of it.
    """

    unit: float
    low: float
    high: float
    why: str
    show: Callable[[float], str]

    def understand(self, given: Any) -> float:
        """Return the figure in SI units; raise Unsupported for what none can be."""
        if type(given) is not int or given in NOT_AVAILABLE:
            raise Unsupported(Reason("nvml_no_figure", told=first_line(repr(given))))
        value = given * self.unit
        if not self.low <= value <= self.high:
            raise Unsupported(Reason("nvml_not_believed", value=self.show(value), why=self.why))
        return value


def _watts(value: float) -> str:
    return f"{general(value)} W"


def _joules(value: float) -> str:
    return f"{general(value)} J"


def _degrees(value: float) -> str:
    return f"{general(value)} °C"


def _clock(value: float) -> str:
    return gigahertz(value, 3)


_CLOCKS = Reason("gpu_has_clock")
_POWERS = Reason("gpu_takes_power")
CLOCK = Quantity(1e6, LOWEST_CLOCK_HZ, HIGHEST_CLOCK_OF_ANY_GPU_HZ, _CLOCKS, _clock)
# GDDR is named by its effective clock: 14 GHz are sold.
MEMORY_CLOCK = Quantity(1e6, LOWEST_CLOCK_HZ, 1e11, _CLOCKS, _clock)
POWER = Quantity(1e-3, 1.0, HIGHEST_BOARD_POWER_W, _POWERS, _watts)
# Of a board at its highest power for thirty years.
ENERGY = Quantity(1e-3, 0.0, HIGHEST_BOARD_POWER_W * 1e9, Reason("no_board_took"), _joules)
TEMPERATURE = Quantity(1.0, 1.0, 200.0, Reason("no_chip_so_hot"), _degrees)


def text(given: Any) -> str:
    """Return a text in printable characters; older bindings give bytes. Raise Unsupported for what is none."""
    told = given.decode(errors="replace") if isinstance(given, bytes) else given
    if not isinstance(told, str) or not first_line(told):
        raise Unsupported(Reason("nvml_no_text", told=first_line(repr(given))))
    return first_line(told)


def switch(given: Any) -> bool:
    """Return whether a mode is on; raise Unsupported for what is neither on nor off."""
    if type(given) is not int or given not in (0, 1):
        raise Unsupported(Reason("nvml_no_switch", told=first_line(repr(given))))
    return bool(given)


def current(given: Any) -> bool:
    """Return whether a mode is in force, the first of a pair; the second is the mode after the next reboot."""
    if not isinstance(given, list | tuple) or not given:
        raise Unsupported(Reason("nvml_no_modes", told=first_line(repr(given))))
    return switch(given[0])


def prohibited(given: Any) -> bool:
    """Return whether the GPU is set to run no CUDA; raise Unsupported for what is no compute mode."""
    if type(given) is not int or given not in range(4):
        raise Unsupported(Reason("nvml_no_compute_mode", told=first_line(repr(given))))
    return given == _PROHIBITED


def throttle_reasons(given: Any) -> tuple[str, ...]:
    """Return the names of what lowers the clock; raise Unsupported for what is no set of bits."""
    if type(given) is not int or given < 0 or given in NOT_AVAILABLE:
        raise Unsupported(Reason("nvml_no_reasons", told=first_line(repr(given))))
    return decode_throttle_reasons(given)


def decode_throttle_reasons(bits: int) -> tuple[str, ...]:
    """Return the names of the reasons in a set of bits, the lowest first; an unknown bit is named in hex ("0x800")."""
    single = [1 << position for position in range(bits.bit_length()) if bits >> position & 1]
    return tuple(THROTTLE_REASONS.get(bit, hex(bit)) for bit in single)


def process_numbers(given: Any) -> tuple[int, ...]:
    """Return the numbers of the processes in a list of NVML's; raise Unsupported for what is none."""
    numbers = [getattr(each, "pid", None) for each in given] if isinstance(given, list | tuple) else [None]
    if not all(type(number) is int and number >= 0 for number in numbers):
        raise Unsupported(Reason("nvml_no_processes", told=first_line(repr(given))))
    return tuple(number for number in numbers if number is not None)


class Question(NamedTuple):
    """A Question is what is asked of NVML: functions, of which the first that answers counts, and their arguments.

    ``understand`` makes of the answer what is meant by it, or raises Unsupported with the reason.
    """

    functions: tuple[str, ...]
    understand: Callable[[Any], Any]
    arguments: tuple[int, ...] = ()


QUESTIONS = {
    "uuid": Question(("nvmlDeviceGetUUID",), text),
    "prohibited": Question(("nvmlDeviceGetComputeMode",), prohibited),
    "name": Question(("nvmlDeviceGetName",), text),
    "sm_clock_hz": Question(("nvmlDeviceGetClockInfo",), CLOCK.understand, (_CLOCK_SM,)),
    "memory_clock_hz": Question(("nvmlDeviceGetClockInfo",), MEMORY_CLOCK.understand, (_CLOCK_MEMORY,)),
    "clock_max_hz": Question(("nvmlDeviceGetMaxClockInfo",), CLOCK.understand, (_CLOCK_SM,)),
    "base_clock_hz": Question(("nvmlDeviceGetDefaultApplicationsClock",), CLOCK.understand, (_CLOCK_SM,)),
    "power_w": Question(("nvmlDeviceGetPowerUsage",), POWER.understand),
    "power_limit_w": Question(("nvmlDeviceGetEnforcedPowerLimit",), POWER.understand),
    "default_power_limit_w": Question(("nvmlDeviceGetPowerManagementDefaultLimit",), POWER.understand),
    "energy_j": Question(("nvmlDeviceGetTotalEnergyConsumption",), ENERGY.understand),
    "temperature_c": Question(("nvmlDeviceGetTemperature",), TEMPERATURE.understand, (_TEMPERATURE_GPU,)),
    "throttle_reasons": Question(  # the second is the name it has in older drivers
        ("nvmlDeviceGetCurrentClocksEventReasons", "nvmlDeviceGetCurrentClocksThrottleReasons"), throttle_reasons
    ),
    "ecc": Question(("nvmlDeviceGetEccMode",), current),
    "mig": Question(("nvmlDeviceGetMigMode",), current),
    "persistence_mode": Question(("nvmlDeviceGetPersistenceMode",), switch),
    "processes": Question(("nvmlDeviceGetComputeRunningProcesses",), process_numbers),
}
