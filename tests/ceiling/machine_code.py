"""Reading the inner loop out of assembly text."""

from __future__ import annotations

import re


def inner_loop(assembly: str) -> list[str]:
    """The instructions between the loop's label and the branch back to it, that branch included."""
    label = re.search(r"^(\.?L\w+):", assembly, re.MULTILINE)
    while label:
        body = assembly[label.end() :]
        branch = re.search(rf"^\s+\w[\w.]*\s+{re.escape(label[1])}\b.*$", body, re.MULTILINE)
        if branch:
            lines = (line.split("##")[0].split("#")[0].strip() for line in body[: branch.end()].splitlines())
            return [line for line in lines if line and not line.startswith((".", "//"))]
        label = re.compile(r"^(\.?L\w+):", re.MULTILINE).search(assembly, label.end())
    raise AssertionError("no loop")


def count(loop: list[str], mnemonic: str) -> int:
    """How many instructions of the loop are that one; ``{vex}`` and other prefixes do not matter."""
    return sum(re.sub(r"^\{\w+\}\s*", "", line).split()[0].startswith(mnemonic) for line in loop)


def spills(loop: list[str]) -> list[str]:
    """Instructions that touch memory: everything a loop needs is to be in registers."""
    return [line for line in loop if "(" in line or "[" in line]


def calls(loop: list[str]) -> list[str]:
    """Instructions that call a function."""
    return [line for line in loop if line.split()[0] in ("call", "callq", "bl")]
