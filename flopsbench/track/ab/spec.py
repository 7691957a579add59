"""Parses the line of text that describes one side of an A/B: how it differs from the command's own environment."""

from __future__ import annotations

import re

import msgspec

from flopsbench.errors import UsageError
from flopsbench.text import is_utf8
from flopsbench.words.reason import Reason

KEYS = ("python", "env", "backend", "kernel", "git")
_PARTS = re.compile(rf",(?=(?:{'|'.join(KEYS)})=)")  # a value may hold commas: OMP_NUM_THREADS=4,2


class Spec(msgspec.Struct, frozen=True):
    """A Spec says what one side is: an interpreter or venv, added variables, a backend, a kernel, a commit."""

    text: str
    python: str | None = None
    env: dict[str, str] = {}
    backend: str | None = None
    kernel: str | None = None
    git: str | None = None


def parse_spec(text: str) -> Spec:
    """Return the Spec of a text such as "python=.venv,env=OMP_NUM_THREADS=1"; "here" is this interpreter as it is.

    Raise UsageError, saying what may be written, for a text that describes no side.
    """
    if not is_utf8(text):
        raise UsageError(Reason("not_utf8_text", text=ascii(text)))
    if text.strip() == "here":
        return Spec("here")
    found: dict[str, str] = {}
    env: dict[str, str] = {}
    for part in _PARTS.split(text):
        key, equals, value = part.strip().partition("=")
        if key not in KEYS or not equals or not value:
            raise UsageError(Reason("no_side", text=repr(text), known=", ".join(f"{key}=..." for key in KEYS)))
        if key == "env":
            env |= [_variable(value)]
        elif key in found:
            raise UsageError(Reason("key_given_twice", text=repr(text), key=key))
        else:
            found[key] = value
    if "git" in found and "python" in found:
        raise UsageError(Reason("commit_own_environment", text=repr(text)))
    return Spec(text, env=env, **found)


def _variable(value: str) -> tuple[str, str]:
    """Return name and content of an environment variable "NAME=VALUE"; raise UsageError for anything else."""
    name, equals, content = value.partition("=")
    if not equals or not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        raise UsageError(Reason("env_form", value=value))
    return name, content
