"""Says what keeps pages from being written: that jinja2 is missing, or that a file cannot be read or written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flopsbench.errors import UsageError
from flopsbench.words.reason import Reason


@contextmanager
def publishing(output: Path) -> Iterator[None]:
    """Raise UsageError for what is imported within and needs jinja2, and for a file that fails."""
    try:
        yield
    except ImportError as error:  # of jinja2, or of what that needs
        if (error.name or "").startswith("flopsbench"):
            raise
        raise UsageError(Reason("site_needs_jinja2")) from None
    except OSError as error:
        raise UsageError(
            Reason("neither_read_nor_written", path=error.filename or output, error=error.strerror)
        ) from None
