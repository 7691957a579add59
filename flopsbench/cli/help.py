"""Shows the help of commands as the field writes it: flags and arguments without types, no braces, whole paragraphs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from inspect import cleandoc
from typing import Any, TypeVar

import typer
from typer.core import TyperCommand, TyperGroup

Function = TypeVar("Function", bound=Callable[..., Any])


class PlainCommand(TyperCommand):
    """A PlainCommand is a command with such help."""

    def get_params(self, context: Any) -> Any:
        """Return its options and arguments."""
        return _without_types(super().get_params(context))

    def collect_usage_pieces(self, context: Any) -> list[str]:
        """Return the words of the line "Usage"."""
        return _without_braces(super().collect_usage_pieces(context))

    def format_help(self, context: Any, formatter: Any) -> None:
        """Print its help."""
        self.help = _in_paragraphs(self.help)
        super().format_help(context, formatter)


class PlainGroup(TyperGroup):
    """A PlainGroup is a group of commands with such help."""

    def get_params(self, context: Any) -> Any:
        """Return its options."""
        return _without_types(super().get_params(context))


class Application(typer.Typer):
    """An Application is a group of commands of this program, all of them with such help."""

    def __init__(self, group: type[TyperGroup] = PlainGroup, **settings: Any) -> None:
        super().__init__(cls=group, no_args_is_help=True, pretty_exceptions_enable=False, **settings)

    def command(self, name: str | None = None, **settings: Any) -> Callable[[Function], Function]:
        """Return what makes a function one of its commands."""
        return super().command(name, cls=PlainCommand, **settings)


def _without_types(parameters: Iterable[Any]) -> list[Any]:
    """Return the parameters, of which flags show no "<bool>" and arguments no "<path>" beside their names."""
    shown = list(parameters)
    for parameter in shown:
        if getattr(parameter, "is_flag", False):
            parameter.metavar = ""
        elif parameter.param_type_name == "argument":
            parameter.display_type_rich = _no_type
    return shown


def _no_type(ctx: Any) -> str:  # noqa: ARG001 - called by typer, by that name
    """Return what stands beside the name of an argument."""
    return ""


def _without_braces(pieces: Sequence[str]) -> list[str]:
    """Return the words of a line "Usage" with what is required as it is: "BASE" for "{BASE}"."""
    return [re.sub(r"^\{(.*)\}", r"\1", piece) for piece in pieces]


def _in_paragraphs(text: str | None) -> str | None:
    """Return a text whose paragraphs are a line each, so that only the end of a line breaks them."""
    if text is None:
        return None
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in cleandoc(text).split("\n\n"))
