"""Names a machine without naming its owner: by a key of its hardware, and by a random number kept on it."""

from __future__ import annotations

import hashlib
import re
import secrets
from pathlib import Path

import platformdirs

from flopsbench.host import system
from flopsbench.host.cpu.cores import usable_cpus
from flopsbench.host.cpu.names import cpu_model, is_nameless
from flopsbench.result.types import Cpu


def hardware_key(cpu: Cpu, memory_bytes: int) -> str:
    """Return a key that machines of equal processor, cores and memory (to the GiB) share, so that short-lived CI
    runners of one kind match.

    A processor that tells no name could be any: its key is that of this installation alone.
    """
    model = f"{cpu.model} {machine_id()}" if is_nameless(cpu.model) else cpu.model
    parts = (model, cpu.logical, cpu.usable, round(memory_bytes / 2**30))
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def this_hardware_key() -> str:
    """Return the hardware key of this machine."""
    cpu = Cpu(model=cpu_model(), logical=system.logical_cpus(), usable=usable_cpus())
    memory = system.memory()
    return hardware_key(cpu, memory.total_bytes if memory else 0)


def machine_id(folder: Path | None = None) -> str | None:
    """Return the random name of this installation, made at its first run; None where it cannot be kept."""
    file = (folder or platformdirs.user_data_path("flopsbench")) / "machine-id"
    try:
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(secrets.token_hex(8))
        known = file.read_text(errors="replace").strip()
    except OSError:
        return None
    return known if re.fullmatch(r"[0-9a-f]{16}", known) else None
