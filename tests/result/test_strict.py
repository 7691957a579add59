"""TOML of anybody is bounded before it is parsed, and honest files are read whatever stands in their texts."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from flopsbench.errors import DocumentRejected
from flopsbench.result.strict import DEEPEST_TOML, LARGEST_TOML, MOST_LINES, MOST_TOML, parse_toml, toml_lines

ROOT = Path(__file__).parents[2]
MANY = 20_000
DOTTED = ".".join(["a"] * MANY)
ROOM_BYTES = 400 << 20

HOSTILE = {
    "a dotted key": f"{DOTTED}=1",
    "a dotted key with blanks": f"{DOTTED.replace('.', ' . ')} = 1",
    "a dotted key of quoted names": ".".join(['"a"'] * MANY) + "=1",
    "a dotted header": f"[{DOTTED}]",
    "a dotted header of a list": f"[[{DOTTED}]]",
    "a dotted key in a table": f"a = {{{DOTTED}=1}}",
    "a dotted key behind a comment": f"# it's\n{DOTTED}=1",
    "a dotted key behind a text": f'a = \'it is """\'\n{DOTTED}=1',
    "a dotted key behind a text that ends in a quote": f'a = {{b = """x"""", {DOTTED} = 1, c = "x"}}',
    "a dotted key behind another that does": f"a = {{b = '''x'''', {DOTTED} = 1, c = 'x'}}",
    "lists in each other": "a = " + "[" * MANY,
    "lists in each other on lines": "a = " + "[\n" * MANY,
    "tables in each other": "a = " + "{a = " * MANY,
    "more tables than any file has": "\n".join(f"[a{number}]" for number in range(MOST_TOML)),
    "more values than any file has": "a = [" + "1," * MOST_TOML + "]",
    "more dots than any file has": "\n".join(f"[a{number}.b.c.d]" for number in range(MOST_TOML // 4)),
    "more characters than any file has": "#" * (LARGEST_TOML + 1),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_takes_gigabytes_is_refused_before_it_is_parsed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tomllib, "loads", lambda text: pytest.fail("it is parsed"))
    with pytest.raises(DocumentRejected, match=r"far deeper|holds more than"):
        parse_toml(HOSTILE[name])


CHILD = """
import resource, sys, tomllib
from pathlib import Path
from flopsbench.errors import DocumentRejected
from flopsbench.registry.moderation import Moderation
from flopsbench.track.history.acks import read_acks

folder, room = Path(sys.argv[1]), int(sys.argv[2])
mapped = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (mapped + room, mapped + room))
for read in (Moderation.load, read_acks, lambda folder: tomllib.loads((folder / "acks.toml").read_text())):
    try:
        read(folder)
    except (DocumentRejected, MemoryError) as error:
        print(type(error).__name__, flush=True)
"""


@pytest.mark.process
def test_a_file_of_40_kilobytes_takes_no_gigabyte(tmp_path: Path) -> None:
    """In the same room tomllib itself runs out of memory: the third line says that the bound is one."""
    for name in ("moderation.toml", "acks.toml"):
        (tmp_path / name).write_text(HOSTILE["a dotted key"])
    command = [sys.executable, "-c", CHILD, str(tmp_path), str(ROOM_BYTES)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT, timeout=60)
    assert done.stdout.split() == ["DocumentRejected", "DocumentRejected", "MemoryError"]


# A beginning and what follows it as often as a file of the largest size has room for.
UNENDING = {
    "a text of escaped quotes": ('a="', r"\""),
    "a text of escaped quotes on lines": ('a="', '\\"\n'),
    "a long text of escaped quotes": ('a="""', r"\""),
    "a long text of quotes behind an escaped one": ('"""', '\\"""\n'),
    "a long text of pairs": ("a='''", "''a"),
    "texts without an end": ("", '"\n'),
    "texts in single quotes without an end": ("", "'\n"),
    "backslashes": ('a="', "\\"),
    "comments": ("", "#\n"),
    "blanks": ("", " "),
    "empty lines": ("", "\n"),
    "headers": ("[a", "]\n[b.c.d"),
    "tables in a line": ("a={", "b={},"),
}
PATIENCE_CPU_S = 60  # of one text that takes a second; when the time grew as the square it took half an hour
TIMED = """
import resource, sys
from flopsbench.errors import DocumentRejected
from flopsbench.result.strict import LARGEST_TOML, parse_toml, toml_lines
from tests.result.test_strict import PATIENCE_CPU_S, UNENDING

resource.setrlimit(resource.RLIMIT_CPU, (PATIENCE_CPU_S, PATIENCE_CPU_S))
begun, unit = UNENDING[sys.argv[1]]
for read in (parse_toml, lambda text: [parse_toml(line) for line in toml_lines(text)]):
    for room in (LARGEST_TOML // 2, LARGEST_TOML):
        try:
            read(begun + unit * ((room - len(begun)) // len(unit)))
        except DocumentRejected:
            pass
        print(room, flush=True)
"""


@pytest.mark.process
@pytest.mark.parametrize("name", UNENDING)
def test_the_time_of_a_file_grows_no_faster_than_the_file(name: str) -> None:
    command = [sys.executable, "-c", TIMED, name]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.stdout.split() == [f"{LARGEST_TOML // 2}", f"{LARGEST_TOML}"] * 2, done.stderr


def test_a_file_of_lines_has_a_bound_of_its_own() -> None:
    assert len(toml_lines("#\n" * (MOST_LINES - 1))) == MOST_LINES
    with pytest.raises(DocumentRejected, match="lines"):
        toml_lines("#\n" * MOST_LINES)
    with pytest.raises(DocumentRejected, match="characters"):
        toml_lines("#" * (LARGEST_TOML + 1))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a.b.c = 1\n[d.e.f]\ng = 1.5",
        'a = "x.y.z.w.v.u [[[[[[ {{{{{{"',
        "a = 'x.y.z.w.v.u [[[[[['",
        'a = """x.y.z.w.v.u\n[[[[[[ " "" \\""" """',
        "a = '''x.y.z.w.v.u\n[[[[[[ ' '' '''",
        'a = """x""""',
        'a = """"""\nb = ""',
        "# a.b.c.d.e.f [[[[[[ it's\na = 1",
        "a = [[1, 2.5], [3, {b = [4]}]]\r\nb = 2026-11-22T10:00:00.5Z",
        "\n".join(f"[[hide]]\nid = 'sha256:{number:064x}'" for number in range(3000)),
    ],
)
def test_an_honest_text_is_read_as_tomllib_reads_it(text: str) -> None:
    assert parse_toml(text) == tomllib.loads(text)


def test_the_bounds_are_where_they_are_said_to_be() -> None:
    names = ["a"] * DEEPEST_TOML
    assert parse_toml(f"{'.'.join(names)} = 1")
    assert parse_toml("a = " + "[" * DEEPEST_TOML + "]" * DEEPEST_TOML)
    with pytest.raises(DocumentRejected, match="far deeper"):
        parse_toml(f"{'.'.join([*names, 'a'])} = 1")
    with pytest.raises(DocumentRejected, match="far deeper"):
        parse_toml("a = " + "[" * (DEEPEST_TOML + 1) + "]" * (DEEPEST_TOML + 1))


@pytest.mark.parametrize("text", ["a", "[a", "a = 2026-02-30", "a = " + "9" * 5000, 'a = "x', 'a = """x', "a = {b = 1"])
def test_what_is_no_toml_has_a_sentence(text: str) -> None:
    with pytest.raises(DocumentRejected, match=r"not TOML: ."):
        parse_toml(text)
