"""Documents that are wrong as bytes, before anything they say is looked at, each with the code it deserves."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import NamedTuple

from flopsbench.result.codec import encode, identity
from flopsbench.result.files import LARGEST_DOCUMENT_BYTES
from tests.registry.tree import Tree, tree_of, written
from tests.validate.honest import honest

DEEP = 100_000


class WrongBytes(NamedTuple):
    """One document: what is wrong with it, the code it deserves, and how it is made of the honest one."""

    name: str
    code: str
    change: Callable[[bytes], bytes]


def resigned(document: bytes) -> bytes:
    """The bytes with the id they deserve in the place of the one they have."""
    claimed = re.search(rb"sha256:[0-9a-f]{64}", document)
    assert claimed
    return document.replace(claimed[0], identity(document, claimed[0].decode()).encode(), 1)


def instead(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    """Another text in the bytes, which then get the id they deserve."""

    def change(document: bytes) -> bytes:
        assert old in document
        return resigned(document.replace(old, new, 1))

    return change


def with_id(digits: str) -> Callable[[bytes], bytes]:
    """The honest document under another id."""
    return lambda document: written(tree_of(document) | {"id": f"sha256:{digits}"})


def before(key: str, text: str) -> Callable[[bytes], bytes]:
    """A text before the first such key."""
    return instead(f'"{key}"'.encode(), text.encode() + f'"{key}"'.encode())


def _reordered(document: bytes) -> bytes:
    tree: Tree = dict(reversed(tree_of(document).items()))
    return resigned(written(tree))


def _strangers_id(document: bytes) -> bytes:
    return with_id(tree_of(encode(honest(seed=2)))["id"].removeprefix("sha256:"))(document)


WALL = b'"wall_s": '  # a number follows
REASON = b"numpy has no BLAS path for fp16"

ENCODING = [
    WrongBytes("a byte that UTF-8 has not", "integrity.encoding", instead(REASON, b"fast\xff")),
    WrongBytes("a letter cut in two", "integrity.encoding", instead(REASON, b"fast\xc3")),
    WrongBytes("a slash in two bytes", "integrity.encoding", instead(REASON, b"..\xc0\xaf..")),
    WrongBytes("half a surrogate pair as bytes", "integrity.encoding", instead(REASON, b"\xed\xa0\x80")),
    WrongBytes("half a surrogate pair, escaped", "integrity.json", instead(REASON, rb"\ud800")),
    WrongBytes("the other half, escaped", "integrity.json", instead(REASON, rb"\udfff fast")),
    WrongBytes("half a surrogate pair in a key", "integrity.json", before("schema_version", r'"\ud800": 1, ')),
    WrongBytes("UTF-16", "integrity.encoding", lambda document: document.decode().encode("utf-16")),
    WrongBytes("a byte order mark", "integrity.json", lambda document: b"\xef\xbb\xbf" + document),
    WrongBytes("Latin-1", "integrity.encoding", instead(REASON, "schnell für".encode("latin-1"))),
    WrongBytes("compressed", "integrity.encoding", lambda document: b"\x1f\x8b\x08\x00" + document),
]

JSON = [
    WrongBytes("nothing", "integrity.json", lambda document: b""),
    WrongBytes("a line end alone", "integrity.json", lambda document: b"\n"),
    WrongBytes("a page", "integrity.json", lambda document: b"<!doctype html><script>alert(1)</script>"),
    WrongBytes("zeros", "integrity.json", lambda document: b"\0" * 4096),
    WrongBytes("half of it", "integrity.json", lambda document: document[: len(document) // 2]),
    WrongBytes("without its last brace", "integrity.json", lambda document: document.rstrip()[:-1]),
    WrongBytes("twice", "integrity.json", lambda document: document * 2),
    WrongBytes("something after its end", "integrity.json", lambda document: document + b"//\n"),
    WrongBytes("a zero after its end", "integrity.json", lambda document: document + b"\0"),
    WrongBytes("a comment", "integrity.json", before("schema_version", "/* fast */ ")),
    WrongBytes("a trailing comma", "integrity.json", lambda document: document.rstrip()[:-1] + b",}\n"),
    WrongBytes("a line break in a text, not escaped", "integrity.json", instead(REASON, b"fast\ner")),
    WrongBytes("an escape that JSON has not", "integrity.json", instead(REASON, rb"\x41")),
    WrongBytes("NaN", "integrity.json", instead(WALL, WALL + b"NaN, " + WALL)),
    WrongBytes("infinity", "integrity.json", instead(WALL, WALL + b"Infinity, " + WALL)),
    WrongBytes("minus infinity", "integrity.json", instead(WALL, WALL + b"-Infinity, " + WALL)),
    WrongBytes("1e999", "integrity.json", instead(WALL, b'"wall_h": 1e999, ' + WALL)),
    WrongBytes("processor time without end", "integrity.json", instead(WALL, b'"processor_s": 1e999, ' + WALL)),
    WrongBytes("an integer of 400 digits", "integrity.json", instead(WALL, b'"wall_h": ' + b"9" * 400 + b", " + WALL)),
    WrongBytes("100,000 digits", "integrity.json", instead(WALL, b'"wall_h": ' + b"9" * 100_000 + b", " + WALL)),
    WrongBytes("a seed of 31 digits", "integrity.json", instead(b'"seed": 1055356058', b'"seed": 1' + b"0" * 30)),
    WrongBytes(
        "a method of 31 digits", "integrity.json", instead(b'"method_version": 2', b'"method_version": 2' + b"0" * 30)
    ),
    WrongBytes("a leading zero", "integrity.json", instead(WALL, b'"wall_h": 007, ' + WALL)),
    WrongBytes("a plus sign", "integrity.json", instead(WALL, b'"wall_h": +7, ' + WALL)),
    WrongBytes("a hexadecimal number", "integrity.json", instead(WALL, b'"wall_h": 0x7, ' + WALL)),
    WrongBytes("100,000 lists", "integrity.depth", lambda document: b"[" * DEEP + b"]" * DEEP),
    WrongBytes("100,000 lists without end", "integrity.depth", lambda document: b"[" * DEEP),
    WrongBytes("100,000 objects", "integrity.depth", lambda document: b'{"a":' * DEEP + b"1" + b"}" * DEEP),
    WrongBytes(
        "lists in an unknown field", "integrity.depth", before("schema_version", f'"x": {"[" * DEEP + "]" * DEEP}, ')
    ),
    WrongBytes(
        "60 objects deep", "integrity.depth", before("schema_version", '"x": ' + '{"a":' * 60 + "1" + "}" * 60 + ", ")
    ),
    WrongBytes("a key twice", "integrity.duplicate-key", before("schema_version", '"license": "MIT", ')),
    WrongBytes("the id twice", "integrity.duplicate-key", lambda document: document.rstrip()[:-1] + b',"id": "x"}\n'),
    WrongBytes("a key twice, deep", "integrity.duplicate-key", before("median", '"median": 9e99, ')),
    WrongBytes("a key twice, once escaped", "integrity.duplicate-key", before("median", r'"medi\u0061n": 9e99, ')),
    WrongBytes(
        "a key twice in an unknown field", "integrity.duplicate-key", before("median", '"x": {"a": 1, "a": 2}, ')
    ),
    WrongBytes("a text", "integrity.schema", lambda document: b'"flopsbench.result"\n'),
    WrongBytes("a list of it", "integrity.schema", lambda document: b"[" + document + b"]\n"),
    WrongBytes("null", "integrity.schema", lambda document: b"null\n"),
    WrongBytes("a number", "integrity.schema", lambda document: b"7\n"),
]

CANONICAL = [
    WrongBytes("on one line", "integrity.canonical", lambda document: resigned(json.dumps(tree_of(document)).encode())),
    WrongBytes("another order", "integrity.canonical", _reordered),
    WrongBytes("a space more", "integrity.canonical", instead(b'"license":', b'"license": ')),
    WrongBytes(
        "line ends of Windows", "integrity.canonical", lambda document: resigned(document.replace(b"\n", b"\r\n"))
    ),
    WrongBytes("no line end", "integrity.canonical", lambda document: resigned(document.rstrip())),
    WrongBytes("two line ends", "integrity.canonical", lambda document: resigned(document + b"\n")),
    WrongBytes("a space before it", "integrity.canonical", lambda document: resigned(b" " + document)),
    WrongBytes("a letter escaped", "integrity.canonical", instead(REASON, REASON.replace(b"n", rb"\u006e", 1))),
    WrongBytes(
        "a number written otherwise", "integrity.canonical", instead(b'"case_time_s": 15.0', b'"case_time_s": 1.5e1')
    ),
    WrongBytes("a null for what is unknown", "integrity.canonical", before("passed", '"reason": null, ')),
]

IDENTITY = [
    WrongBytes("zeros for an id", "integrity.id", with_id("0" * 64)),
    WrongBytes("an id of one's own", "integrity.id", with_id("abcdef01" * 8)),
    WrongBytes("another's id", "integrity.id", _strangers_id),
    WrongBytes(
        "one figure changed, the id kept", "integrity.id", lambda document: document.replace(b"octo-cat", b"octo-dog")
    ),
]

SIZE = [
    WrongBytes("a text of 10 MB", "file.too-large", instead(REASON, b"fast" * 2_500_000)),
    WrongBytes("a key of 10 MB", "file.too-large", before("license", f'"{"k" * 10_000_000}": 1, ')),
    WrongBytes("10 MB of spaces", "file.too-large", lambda document: document + b" " * 10_000_000),
    WrongBytes(
        "a byte more than a Result may have",
        "file.too-large",
        lambda document: document.ljust(LARGEST_DOCUMENT_BYTES + 1),
    ),
]

WRONG_BYTES = [*ENCODING, *JSON, *CANONICAL, *IDENTITY, *SIZE]
