"""Checks that texts of a document hold nothing that pages or terminals act upon: markup, schemes, paths upward.

What would tell whose machine it was is searched for in the same texts, by ``privacy``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Set
from html import unescape
from typing import Any
from unicodedata import category, name, normalize
from urllib.parse import unquote

from flopsbench.host.cpu.names import LONGEST_MODEL
from flopsbench.result.keys import VENDOR_KERNELS, imitated, is_name
from flopsbench.result.types import Result
from flopsbench.text import MARKS, says_something, shortened
from flopsbench.units import grouped
from flopsbench.validate import privacy
from flopsbench.validate.finding import Finding
from flopsbench.words.reason import Reason

LONGEST_TEXT = 2000  # characters
MOST_TEXT = 200_000  # bytes of a document's distinct texts; honest documents have a tenth, and searching takes time
MOST_HIDDEN = 4  # times that a text is escaped
TEXTS_REMEMBERED = 16384  # most texts of a document stand in thousands of others

MARKUP = re.compile(r"<[A-Za-z/!?]")
NO_MARKUP = str.maketrans("<>", "‹›")
POINTER = re.compile(r"0x[0-9a-f]{5,}", re.IGNORECASE)
TRAVERSAL = re.compile(r"(?:^|[^.])\.\.(?:[/\\]|$)")
BLANKS = re.compile(r"[\s\x00-\x20]+")
SCRIPT = re.compile(r"(?:java|vb|live)script:", re.IGNORECASE)
DATA = re.compile(r"(?:^|[^A-Za-z])data:(?:[A-Za-z]+/|[^ ]*,)", re.IGNORECASE)
# As people write addresses that no program is to find.
AT, DOT = (re.compile(rf"\s?[\[({{]\s?{sign}\s?[\])}}]\s?", re.IGNORECASE) for sign in ("(?:@|at)", r"(?:\.|dot)"))
# The key of a case is made of other fields, which are searched one by one: between them its strokes look like a path.
KEY = "cases.case"
WORD = re.compile(r"[^\W\d_]{1,64}")
# The alphabets, by the first words of the names of their letters, of which many look like a Latin letter, and the Greek
# letters that do: others stand beside Latin ones in formulas.
ALIKE = {"CYRILLIC", "ARMENIAN", "CHEROKEE", "COPTIC", "LISU", "FULLWIDTH", "SCRIPT", "DOUBLE-STRUCK", "BLACK-LETTER"}
LIKE_LATIN = re.compile(r"[\u0391\u0392\u0395-\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7\u03bf]")
# Letters in circles and small capitals, by parts of their names, and how many of them make a word.
FRAMED, SMALL_CAPITAL, A_WORD = ("LATIN", "REGIONAL INDICATOR"), "LETTER SMALL CAPITAL", 3
# Letters that are drawn as Latin ones: Cyrillic, Greek, Armenian; and the alphabets in which most are.
DRAWN_AS_LATIN = re.compile(
    r"[\u0405\u0406\u0408\u0410\u0412\u0415\u041a\u041c-\u041e\u0420-\u0423\u0425\u04ae\u04c0\u051a\u051c\u0430\u0435\u043e\u0440"
    r"\u0441\u0443\u0445\u0455\u0456\u0458\u04af\u04bb\u04cf\u0501\u051b\u051d\u03b1\u03b9\u03ba\u03bd\u03c1\u03c4\u03c5\u054f\u0555\u0570\u0578"
    r"\u057d\u0581\u0584\u0585]|" + LIKE_LATIN.pattern
)
LATIN_IN_LOOKS = {"CHEROKEE", "COPTIC", "DESERET", "LISU"}
# What names of devices have beside letters and digits: trademarks, points, wide brackets, the ellipsis of a long one.
NAME_SIGN = re.compile(r"[\u00ae\u2122\u00b7\u30fb\uff08\uff09\u2026]")
ROW = re.compile(r"([^!-~])\1{80}")  # of blanks, or of a character that may be as wide as a line
MOST_MARKS, FEWEST_MARKS = 1.5, 8  # on each letter, and so many that they hide one
EAST_ASIAN = re.compile(r"[\u3041-\u30ff\u3400-\u9fff\uac00-\ud7a3]")  # beside these, wide letters are usual
# The fields, by their paths without indices, that say something or are left out.
SAYING = re.compile(
    r"cases\.(?:reason|grade_reasons|flags|compute\.(?:notes|library|math|accumulate)|proof\.(?:reason|method|checked)"
    r"|processes\.stop_reason)|ceilings\.(?:reason|instruction|method)|peaks\.(?:source|note)"
    r"|software\.(?:versions(?:\..*)?|blas\.(?:library|version|kernel))|source\..*|tool\.options\..*"
)
INDEX = re.compile(r"\[\d+\]")


def text_findings(document: bytes, texts: Set[bytes] | None = None) -> Iterator[Finding]:
    """Yield the findings about all texts of a well-formed document, keys included.

    ``texts`` are the distinct texts where the caller knows them. Each is searched once in the life of the process: most
    documents hold no text that others did not hold before.
    """
    if texts is None:
        texts = {text.encode() for _, text in _texts(document)}
    if sum(map(len, texts)) > MOST_TEXT:
        yield Finding("text.long", Reason("too_much_text", most=grouped(MOST_TEXT)))
        return
    suspect = {text.decode() for text in texts - _KNOWN if not _is_clean(text)}
    if not suspect:
        return
    for where, text in _texts(document):
        field = INDEX.sub("", where)
        if text in suspect and not privacy.has_its_form(field, text):
            if not says_something(text) and SAYING.fullmatch(field):
                yield Finding("text.name", Reason("says_nothing"), ascii(where)[1:-1][:100])
            for code, sentence in complaints(text, version=privacy.VERSIONS.fullmatch(field) is not None):
                if field != KEY or not code.startswith("privacy."):
                    yield Finding(code, sentence, ascii(where)[1:-1][:100])


def name_findings(result: Result) -> Iterator[Finding]:
    """Yield a finding for each backend and kernel by a name that none can have, or that looks like a known one's."""
    names = {(case.backend, case.kernel): case.case for case in reversed(result.cases)}
    for (backend, kernel), where in names.items():
        known = [VENDOR_KERNELS[backend]] if backend in VENDOR_KERNELS else []
        if not (is_name(backend) and is_name(kernel)):
            yield Finding("text.name", Reason("name_of_none"), ascii(where)[1:-1])
        elif like := imitated(backend) or imitated(kernel, known):
            yield Finding("text.name", Reason("name_like_another", like=like), where)


def is_device_name(text: str) -> bool:
    """Return whether a driver may give a name: in any script, with a letter that is seen for what it is.

    By it devices are filed and compared. Latin letters and the digits beside them are those of ASCII, without accents,
    which a folder would drop. No word, and no whole name without Latin letters, is made of letters that look Latin.
    """
    if not any(map(str.isalpha, text)) or len(text) > LONGEST_MODEL or text != text.strip():
        return False
    if not all(map(_is_of_names, " " + text, text)):
        return False
    plain = [char for char in text if char.isascii() and char.isalnum()]
    if plain and any(char.isdecimal() and not char.isascii() for char in text):
        return False
    words = WORD.findall(text) if any(map(str.isalpha, plain)) else ["".join(filter(str.isalpha, text))]
    return not any(all(map(_looks_latin, word)) for word in words)


def _is_of_names(before: str, char: str) -> bool:
    """Return whether a character may stand in the name of a device, behind another: ``before``."""
    if char.isascii():
        return " " <= char <= "~"
    if NAME_SIGN.match(char):
        return True
    if normalize("NFKC", char) != char or name(char, "").startswith("LATIN"):
        return False
    kind = category(char)
    return kind[0] == "L" or kind == "Nd" or (kind in ("Mn", "Mc") and not before.isascii())


def _looks_latin(char: str) -> bool:
    """Return whether a letter of another alphabet is drawn as a Latin one."""
    return DRAWN_AS_LATIN.match(char) is not None or name(char, "").partition(" ")[0] in LATIN_IN_LOOKS


def complaints(text: str, version: bool = False) -> Iterator[tuple[str, str]]:
    """Yield a code and a sentence for whatever is wrong with a text, also where entities or percent signs hide it.

    ``version`` says that the text stands in a field of versions, where four numbers are no address.
    """
    length = max(len(text), 0 if text.isascii() else len(normalize("NFKC", text)))  # one may stand for eighteen
    if length > LONGEST_TEXT:
        yield "text.long", Reason("text_too_long", length=length, most=LONGEST_TEXT)
        return
    plain = _plain(text)
    if MARKUP.search(plain):
        yield "text.markup", Reason("holds_markup")
    if SCRIPT.search(BLANKS.sub("", plain)) or DATA.search(plain) or DATA.match(BLANKS.sub("", plain)):
        yield "text.scheme", Reason("holds_script")
    if not text.isascii() and (any(_is_disguised(word, text) for word in WORD.findall(text)) or _is_drawn_over(text)):
        yield "text.name", Reason("letters_of_others")
    elif ROW.search(text):
        yield "text.name", Reason("long_row")
    if TRAVERSAL.search(plain):
        yield "text.traversal", Reason("holds_traversal")
    yield from privacy.complaints(text, version)
    if plain != text:
        told = {code for code, _ in privacy.complaints(text, version)}
        yield from (found for found in privacy.complaints(plain, version) if found[0] not in told)


def publishable(text: str) -> str:
    """Return a text of somebody else without what no document may hold; the same text where it holds nothing of it.

    Brackets that look like markup become others, numbers of memory are left out, and so is each word with which the
    text would be refused.
    """
    if not text or (says_something(text) and next(complaints(text), None) is None):
        return text
    kept = ""
    for word in POINTER.sub("0x...", shortened(text, LONGEST_TEXT).translate(NO_MARKUP)).split():
        longer = (f"{kept} {part}".lstrip() for part in (word, "..."))
        kept = next((told for told in longer if next(complaints(told), None) is None), kept)
    return kept if says_something(kept) else Reason("unquotable")


def _is_disguised(word: str, text: str) -> bool:
    """Return whether letters of other alphabets stand in a word of Latin ones, or in their place."""
    alphabets = {name(char, "").partition(" ")[0] for char in word}
    if "LATIN" in alphabets and not alphabets.isdisjoint(ALIKE):
        return True
    if "MATHEMATICAL" in alphabets or ("FULLWIDTH" in alphabets and not EAST_ASIAN.search(text)):
        return True
    return "LATIN" in alphabets and LIKE_LATIN.search(word) is not None


def _is_drawn_over(text: str) -> bool:
    """Return whether letters stand in frames, as small capitals, or below more marks than any script has."""
    names = [name(char, "") if not char.isascii() else "" for char in text]
    signs = "".join(
        "x" if SMALL_CAPITAL in named or (category(char)[0] == "S" and any(word in named for word in FRAMED)) else " "
        for char, named in zip(text, names, strict=True)
    )
    marks = sum(category(char) in MARKS for char in text if not char.isascii())
    return "x" * A_WORD in signs or marks > max(FEWEST_MARKS, MOST_MARKS * sum(map(str.isalpha, text)))


def _plain(text: str) -> str:
    """Return the text without percent signs, entities and brackets, and in the usual form of each letter."""
    for _ in range(MOST_HIDDEN):
        plain = AT.sub("@", DOT.sub(".", normalize("NFKC", unescape(unquote(text)))))
        if plain == text:
            break
        text = plain
    return text


_KNOWN: set[bytes] = set()  # texts found clean


def _is_clean(text: bytes) -> bool:
    """Return whether nothing is wrong with a text, and remember it where nothing is."""
    if not says_something(text.decode()) or next(complaints(text.decode()), None) is not None:
        return False
    if len(_KNOWN) >= TEXTS_REMEMBERED:
        _KNOWN.clear()
    _KNOWN.add(text)
    return True


def _texts(document: bytes) -> Iterator[tuple[str, str]]:
    """Return every text of a document with the name of its field, keys included."""
    return ((where, text) for where, text in leaves(json.loads(document), keys=True) if isinstance(text, str))


def leaves(value: Any, where: str = "", *, keys: bool = False) -> Iterator[tuple[str, Any]]:
    """Yield every value of a parsed document that has no parts, behind the name of its field: ``cases[0].reason``.

    With ``keys`` each key is yielded as well, behind the name of the object it stands in.
    """
    if isinstance(value, dict):
        for key, item in value.items():
            if keys:
                yield where, key
            yield from leaves(item, f"{where}.{key}" if where else key, keys=keys)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from leaves(item, f"{where}[{number}]", keys=keys)
    else:
        yield where, value
