"""A document as JSON holds it: read, changed in one place, and written with the id that belongs to it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import msgspec

from flopsbench.result.codec import encode
from flopsbench.result.types import BLANK_ID, Result
from tests.validate.honest import refigured

Tree = dict[str, Any]
Change = Callable[[Tree], object]

_NUMBERS = re.compile(rb"\[\n([-+0-9.eE,\s]+)\]")


def tree_of(document: bytes) -> Tree:
    """What the bytes of a document say."""
    found: Tree = json.loads(document)
    return found


def written(tree: Tree) -> bytes:
    """The bytes of whatever the tree holds, in the layout CONTRIBUTING.md describes, under the id it carries."""
    lines = msgspec.json.format(msgspec.json.encode(tree), indent=1) + b"\n"
    return _NUMBERS.sub(lambda found: b"[" + b" ".join(found[1].split()) + b"]", lines)


def signed(tree: Tree) -> bytes:
    """The same under the id that belongs to it; as it is where it carries no id."""
    if not re.fullmatch("sha256:[0-9a-f]{64}", str(tree.get("id"))):
        return written(tree)
    blank = written(tree | {"id": BLANK_ID})
    return blank.replace(BLANK_ID.encode(), b"sha256:" + hashlib.sha256(blank).hexdigest().encode(), 1)


def in_order(tree: Tree) -> Tree:
    """The tree with its fields in the order in which flopsbench writes them; as it is where it is no Result."""
    try:
        ordered: Tree = msgspec.to_builtins(msgspec.convert(tree, Result))
    except msgspec.ValidationError:
        return tree
    return ordered


def refigured_tree(tree: Tree) -> Tree:
    """The tree with every figure that follows from its observations computed anew."""
    return tree_of(encode(refigured(msgspec.convert(tree, Result))))


def put(path: str, value: object) -> Change:
    """Set what stands at "cases.0.proof.passed", with the lists and objects on the way there."""

    def change(tree: Tree) -> None:
        at: Any = tree
        steps: list[Any] = [int(part) if part.isdigit() else part for part in path.split(".")]
        for step, following in pairwise(steps):
            at = at.setdefault(step, [] if isinstance(following, int) else {}) if isinstance(step, str) else at[step]
        if isinstance(at, list) and steps[-1] == len(at):
            at.append(value)
        else:
            at[steps[-1]] = value

    return change


def get(tree: Tree, path: str) -> Any:
    """What stands at that place."""
    at: Any = tree
    for part in path.split("."):
        at = at[int(part)] if part.isdigit() else at[part]
    return at


def drop(path: str) -> Change:
    """Remove what stands at that place."""

    def change(tree: Tree) -> None:
        parent, _, last = path.rpartition(".")
        at = get(tree, parent) if parent else tree
        del at[int(last) if last.isdigit() else last]

    return change


def times(path: str, factor: float) -> Change:
    """Multiply the number, or each number of the list, that stands there; whole numbers stay whole."""

    def change(tree: Tree) -> None:
        put(path, _times(get(tree, path), factor))(tree)

    return change


def _times(value: Any, factor: float) -> Any:
    if isinstance(value, list):
        return [_times(item, factor) for item in value]
    return round(value * factor) if isinstance(value, int) else float(f"{value * factor:.6g}")


def every(path: str, change: Callable[[str], Change]) -> Change:
    """Make the change at "cases.0.processes.*.block_s" for each item of the list."""
    parent, _, rest = path.partition(".*.")

    def changes(tree: Tree) -> None:
        for index in range(len(get(tree, parent))):
            change(f"{parent}.{index}.{rest}")(tree)

    return changes


def both(*changes: Change) -> Change:
    """One wrong that takes several changes."""

    def change(tree: Tree) -> None:
        for each in changes:
            each(tree)

    return change
