"""Asks NVIDIA's management library (NVML) through its Python binding, and makes one error of all that it raises.

Drivers, bindings and containers each have errors of their own: text that is no UTF-8 (WSL2), functions that an older
binding lacks, a library that does not load. Whoever asks here gets a value or NoAnswer.
"""

from __future__ import annotations

from typing import Any

from flopsbench.errors import Unsupported
from flopsbench.host.parent import import_safely
from flopsbench.text import error_line, first_line
from flopsbench.words.reason import Reason

BINDING = "pynvml"  # the module of nvidia-ml-py

# nvmlReturn_t in NVIDIA's nvml.h.
NO_PERMISSION, DRIVER_NOT_LOADED, GPU_IS_LOST, RESET_REQUIRED = 4, 9, 15, 16
VERSION_MISMATCH, UNKNOWN = 18, 999
# What the binding calls the errors that matter here, for one that does not tell their numbers.
_NAMES = {
    "Insufficient Permissions": NO_PERMISSION,
    "Driver Not Loaded": DRIVER_NOT_LOADED,
    "GPU is lost": GPU_IS_LOST,
    "GPU requires restart": RESET_REQUIRED,
    "RM has detected an NVML/RM version mismatch.": VERSION_MISMATCH,
    "Unknown Error": UNKNOWN,
}


class NoAnswer(Unsupported):
    """NoAnswer means that NVML does not say; ``code`` is its own number for the reason, None where it has none."""

    def __init__(self, sentence: str, code: int | None = None) -> None:
        super().__init__(sentence)
        self.code = code

    @property
    def is_loss(self) -> bool:
        """Return whether the GPU that was asked answers nobody until it is reset, as NVML itself says."""
        return self.code in (GPU_IS_LOST, RESET_REQUIRED)


class Nvml:
    """Nvml is the management library behind its binding."""

    def __init__(self, library: Any) -> None:
        self._library = library

    def call(self, function: str, *arguments: Any) -> Any:
        """Return what a function of the binding says; raise NoAnswer, whatever it raises."""
        try:
            return getattr(self._library, function)(*arguments)
        except Exception as error:
            raise self._meaning(error) from error

    def _meaning(self, error: Exception) -> NoAnswer:
        """Return what an error says: NVML's own in its words, with its number; any other with its class and none."""
        known = getattr(self._library, "NVMLError", None)
        if not (isinstance(known, type) and isinstance(error, known)):
            return NoAnswer(error_line(error))
        try:
            told = first_line(str(error))
        except Exception:  # the binding asks NVML for the text, which may fail like any other question
            told = type(error).__name__
        code = getattr(error, "value", None)
        return NoAnswer(told, code if type(code) is int else _NAMES.get(told))


def open_nvml() -> Nvml:
    """Return NVML, started; raise NoAnswer with the reason where it does not start."""
    try:
        nvml = Nvml(import_safely(BINDING))
    except Exception as error:  # a file of its own by that name, or one for another Python, may raise anything
        absent = isinstance(error, ModuleNotFoundError) and error.name in (BINDING, None)
        told = Reason("nvml_absent") if absent else Reason("nvml_not_imported", error=error_line(error))
        raise NoAnswer(told) from error
    try:
        nvml.call("nvmlInit")
    except NoAnswer as error:
        raise NoAnswer(Reason("nvml_does_not_start", error=error), error.code) from error
    return nvml
