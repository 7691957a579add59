"""Lists the sources of a screen in the order in which they are cited, so that each figure carries a short mark."""

from __future__ import annotations

from flopsbench.render.terminal.paragraph import NO_BREAK
from flopsbench.scale.aggregates import Aggregate, Statement
from flopsbench.words.catalogue import LANGUAGES, WORDS, phrase

_OF_PEAKS = {"peak_source_comparison": "peak_source_short"}  # told in short; a name of another table stays as it is


class Sources:
    """Sources are the texts cited on a screen in one language, each once; what stands at one address is one source."""

    def __init__(self, lang: str) -> None:
        self.lang, self._texts = lang, dict[str, str]()

    def cite(self, source: Aggregate | Statement | str, more: str = "") -> str:
        """Return the mark of a source, "[2]": of a published figure, or of a peak or anything else in words.

        ``more`` is what is to be said of the figure beside its source.
        """
        if isinstance(source, str):
            key, text = source, self._of_peak(source)
        else:
            key, text = source.source.url or source.source.title, cited_in_short(source, self.lang)
        self._texts.setdefault(key, phrase(self.lang, "comma").join(filter(None, (text, more))))
        return f"[{list(self._texts).index(key) + 1}]"

    def lines(self) -> list[str]:
        """Return each source behind its mark, from which no line parts it."""
        return [f"[{number}]{NO_BREAK}{text}" for number, text in enumerate(self._texts.values(), 1)]

    def _of_peak(self, source: str) -> str:
        """Return the source of a peak in the language of the screen."""
        known = (key for key in _OF_PEAKS if WORDS[key][LANGUAGES.index("en")] == source)
        return next((phrase(self.lang, _OF_PEAKS[key]) for key in known), source)


def is_second_hand(peak_source: str) -> bool:
    """Return whether a peak comes from texts that only quote a datasheet, of which none is named."""
    return peak_source == WORDS["peak_source_secondary"][LANGUAGES.index("en")]


def cited(entry: Aggregate | Statement, lang: str) -> str:
    """Return where a figure was published, when, and whether another text was read in place of that."""
    source = entry.source.localized(lang)
    via = phrase(lang, "read_via", name=source.via) if source.via else ""
    read = phrase(lang, "second_hand") if entry.verification == "secondary" else ""
    return phrase(lang, "comma").join(filter(None, (source.title, source.publisher, source.published, via, read)))


def cited_in_short(entry: Aggregate | Statement, lang: str) -> str:
    """Return who published a figure, when, and whether another text was read in place of that."""
    source = entry.source.localized(lang)
    read = phrase(lang, "second_hand") if entry.verification == "secondary" else ""
    return phrase(lang, "comma").join(filter(None, (source.publisher, source.published, read)))
