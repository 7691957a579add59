"""Checks a document as a file, before anything in it is read: its size."""

from __future__ import annotations

from collections.abc import Iterator

from flopsbench.result.files import LARGEST_DOCUMENT_BYTES
from flopsbench.validate.finding import Finding
from flopsbench.words.reason import Reason


def size_findings(document: bytes) -> Iterator[Finding]:
    """Yield a finding where the document has more bytes than any Result needs."""
    if len(document) > LARGEST_DOCUMENT_BYTES:
        yield Finding("file.too-large", Reason("file_too_large", most=LARGEST_DOCUMENT_BYTES >> 20))
