"""Runs ``flopsbench schema``, which prints the JSON Schema of a Result."""

from __future__ import annotations


def schema() -> None:
    """Print the JSON Schema (2020-12) of a Result."""
    import json

    from flopsbench.result.codec import json_schema

    print(json.dumps(json_schema(), indent=1))
