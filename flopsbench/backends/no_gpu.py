"""Tells why a GPU that somebody asks for is out of reach: the cause on this machine, and what each library says."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import msgspec

from flopsbench.backends.installed import Loaded, ignore_import, why_no_gpu
from flopsbench.telemetry import no_gpu
from flopsbench.telemetry.situation import situation
from flopsbench.words.reason import Reason


class NoGpu(msgspec.Struct, frozen=True):
    """A NoGpu is why GPUs are out of reach: ``causes``, the one to act on first, and what libraries say by name."""

    causes: list[str]
    libraries: dict[str, str]

    def lines(self) -> Iterator[str]:
        """Yield what a terminal shows, a sentence a line, the cause first."""
        yield from self.causes
        yield from (Reason("name_and_reason", name=name, reason=reason) for name, reason in self.libraries.items())


def look_for_gpu(
    backends: Mapping[str, Loaded], reaches_some: bool, on_step: Callable[[str], None] = ignore_import
) -> NoGpu:
    """Return why no GPU can be used here, or why not all where some can.

    ``on_step`` is called with the name of each backend before it is asked, and with "" before NVML is.
    """
    libraries = why_no_gpu(backends, on_step)
    on_step("")
    told = [reason for reason in libraries.values() if isinstance(reason, Reason)]
    seen = situation()
    causes = no_gpu.why_fewer_gpus(seen) if reaches_some else no_gpu.why_no_gpu(seen, told)
    return NoGpu([*causes], libraries)
