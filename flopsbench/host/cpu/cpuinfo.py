"""Reads /proc/cpuinfo, in which every architecture has keys of its own, and values that need not be text at all."""

from __future__ import annotations

from flopsbench.host.trees import HERE, Places, read_text


def cpuinfo(places: Places = HERE) -> str:
    """Return Linux's description of the CPUs, one block per logical CPU; empty on other systems."""
    return read_text(places.cpuinfo) or ""


def fields(text: str) -> dict[str, list[str]]:
    """Return the values of each key of such a description, each once and as it can be printed; keys in small letters.

    Empty values are left out.
    """
    found: dict[str, list[str]] = {}
    for line in text.split("\n"):
        key, _, value = line.partition(":")
        known, cleaned = found.setdefault(clean(key).lower(), []), clean(value)
        if cleaned and cleaned not in known:
            known.append(cleaned)
    return found


def first(text: str, *keys: str) -> str | None:
    """Return the first value of the first key that has one."""
    known = fields(text)
    return next((values[0] for key in keys if (values := known.get(key))), None)


def clean(text: str) -> str:
    """Return the text without what cannot be printed, was no text or is but space."""
    return " ".join("".join(char if char.isprintable() and char != "\ufffd" else " " for char in text).split())


def cpu_has_flag(flag: str, places: Places = HERE) -> bool | None:
    """Return whether Linux lists the flag for the first processor; None where it lists no flags."""
    flags = first(cpuinfo(places), "flags")
    return None if flags is None else flag in flags.split()


def vendor_and_flags(places: Places = HERE) -> tuple[str | None, list[str]]:
    """Return the vendor of an x86 processor and all flags that Linux lists for it; None and none where it does not."""
    text = cpuinfo(places)
    return first(text, "vendor_id"), (first(text, "flags") or "").split()
