"""What must not leave the machine in a text that a library wrote: folders, the user's name, the host's name."""

from __future__ import annotations

import getpass
import platform
import re

FOLDERS = re.compile(r"(?<![\w/:\\])(?:[A-Za-z]:)?[/\\](?:[^\s/\\'\"()]+[/\\])+")
SHORTEST_NAME = 3
COMMON_NAMES = {"root", "user", "localhost", "admin", "runner"}  # name nobody, and stand in ordinary sentences


def without_places(text: str) -> str:
    """The text with every path cut to its last part, and the names of user and host replaced."""
    text = FOLDERS.sub("", text)
    for name in _names():
        text = re.sub(rf"\b{re.escape(name)}\b", "...", text)
    return text


def _names() -> list[str]:
    """Longest first, so that no name is left in halves."""
    try:
        names = {getpass.getuser(), platform.node(), platform.node().partition(".")[0]}
    except (OSError, KeyError):  # no such user in a container
        names = {platform.node()}
    telling = {name for name in names if len(name) >= SHORTEST_NAME and name.lower() not in COMMON_NAMES}
    return sorted(telling, key=len, reverse=True)
