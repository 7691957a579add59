"""Writes sentences into records and reads them back: the English text, and beside it what it is made of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import zip_longest
from typing import Any

from flopsbench.errors import Unsupported
from flopsbench.result.keys import limit_id
from flopsbench.result.types import Result, Said
from flopsbench.text import error_line, first_line
from flopsbench.words.catalogue import SENTENCES
from flopsbench.words.reason import Reason


def given(error: Unsupported) -> str:
    """Return why something cannot be run: one that can be said in both languages, or the first line of a library's."""
    try:
        reason = error.reason
    except BaseException:  # of an error whose text cannot be made
        return error_line(error)
    return reason if isinstance(reason, Reason) else first_line(reason)


def sentence_fields(**sentences: str | Sequence[str] | None) -> dict[str, Any]:
    """Return the fields of a record for its sentences, by name: each as plain text, and what it is made of.

    That is None for a text which is no Reason, and empty for a list in which any is none.
    """
    fields: dict[str, Any] = {}
    for name, told in sentences.items():
        if told is None or isinstance(told, str):
            fields |= {name: None if told is None else str(told), f"{name}_said": _said(told)}
        else:
            said = [_said(each) for each in told]
            fields |= {name: [str(each) for each in told], f"{name}_said": said if all(said) else []}
    return fields


def _said(sentence: str | None) -> Said | None:
    """Return code and values of a Reason that documents hold, None for anything else."""
    if not isinstance(sentence, Reason) or sentence.code not in SENTENCES:
        return None
    values: dict[str, str | int] = {}
    for name, value in sentence.values.items():
        if isinstance(value, tuple):
            raise ValueError(f"{sentence.code}: {name} differs by language, and a document holds one value")
        values[name] = value if isinstance(value, int) else str(value)
    return Said(sentence.code, values)


def as_reason(sentence: str, said: Said | None) -> str:
    """Return the Reason that code and values make; the plain sentence where they do not make that very sentence.

    A newer version may have codes that are unknown here, and the Chinese must not say what the English does not.
    """
    if said and said.code in SENTENCES:
        with suppress(KeyError):
            reason = Reason(said.code, **said.values)
            if reason == sentence:
                return reason
    return sentence


def as_reasons(sentences: Sequence[str], said: Sequence[Said]) -> list[str]:
    """Return each sentence of a list as the Reason that its own code and values make, where they do."""
    pairs = zip_longest(sentences, said[: len(sentences)])
    return [as_reason(sentence, each) for sentence, each in pairs]


def said_sentences(result: Result) -> Iterator[tuple[str, str | None, Said | None]]:
    """Yield each sentence beside which a document holds what it is made of, behind the case or the limit it is about.

    One of the two is None where a list of sentences and that of what they are made of are not equally long.
    """
    for case in result.cases:
        alone = [(case.reason, case.reason_said)]
        alone += [(case.proof.reason, case.proof.reason_said)] if case.proof else []
        alone += [(process.stop_reason, process.stop_reason_said) for process in case.processes]
        listed = zip_longest(case.grade_reasons, case.grade_reasons_said) if case.grade_reasons_said else ()
        yield from ((case.case, sentence, said) for sentence, said in alone if said)
        yield from ((case.case, sentence, said) for sentence, said in listed)
    for ceiling in result.ceilings:
        if ceiling.reason_said:
            yield limit_id(ceiling.device, ceiling.dtype), ceiling.reason, ceiling.reason_said
