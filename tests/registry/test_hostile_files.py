"""The validator against what may lie in a registry's folder, and against changes of what has been published."""

from __future__ import annotations

import inspect
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from flopsbench.peaks import datasheet
from flopsbench.registry.validate import validate
from flopsbench.result.codec import encode
from flopsbench.result.files import load, save
from flopsbench.result.place import relative_path
from flopsbench.result.types import Result
from flopsbench.site.model.read import read_entry
from tests.systems import LINUX
from tests.validate.honest import MEASURED, honest, refigured
from tests.validate.test_hostile import NOW

Arrange = Callable[[Path, Path], Path]


def refused(*paths: Path, changed: str | None = None) -> dict[str, set[str]]:
    """The codes each file is refused with, by its name; files that are not refused are left out."""
    found: dict[str, set[str]] = {}
    for checked in validate(paths, changed=changed, now=NOW):
        codes = {finding.code for finding in checked.findings if finding.level == "reject"}
        if codes:
            found.setdefault(Path(checked.path).name, set()).update(codes)
    return found


@pytest.fixture
def registry(tmp_path: Path) -> Path:
    """A registry's folder with two sound Results."""
    folder = tmp_path / "results"
    save(honest(), folder)
    save(honest(seed=2, created="2026-08-02T12:00:00Z"), folder)
    return folder


@pytest.fixture
def published(registry: Path) -> Path:
    """One of the two."""
    return sorted(registry.rglob("*.json"))[0]


def moved(to: str) -> Arrange:
    """Move the file to another place below v1."""

    def arrange(registry: Path, file: Path) -> Path:
        target = registry / "v1" / to.format(name=file.name, device=file.parts[-3])
        target.parent.mkdir(parents=True, exist_ok=True)
        return file.rename(target)

    return arrange


def beside(name: str, content: bytes = b"fast") -> Arrange:
    """Put another file beside the sound ones."""

    def arrange(registry: Path, file: Path) -> Path:
        target = file.with_name(name)
        target.write_bytes(content)
        return target

    return arrange


def linked(target: str) -> Arrange:
    """Put a link where a file should be."""

    def arrange(registry: Path, file: Path) -> Path:
        file.rename(registry.parent / "moved.json")
        file.symlink_to(target.format(registry=registry, name=file.name))
        return file

    return arrange


def linked_folder(registry: Path, file: Path) -> Path:
    """A device's folder that lies elsewhere."""
    folder = file.parents[1].rename(registry.parent / "elsewhere")
    file.parents[1].symlink_to(folder)
    return file.parents[1]


def linked_year(registry: Path, file: Path) -> Path:
    """A year's folder that lies elsewhere."""
    folder = file.parent.rename(registry.parent / "elsewhere")
    file.parent.symlink_to(folder)
    return file.parent


def loop(registry: Path, file: Path) -> Path:
    """A folder in itself."""
    link = file.parent / "more"
    link.symlink_to(registry)
    return link


def pipe(registry: Path, file: Path) -> Path:
    """A pipe nobody writes to."""
    file.unlink()
    os.mkfifo(file)
    return file


def folder_named_like_a_file(registry: Path, file: Path) -> Path:
    """A folder in the place of a file."""
    file.unlink()
    file.mkdir()
    return file


def a_folder_more(registry: Path, file: Path) -> Path:
    """Below the year."""
    return moved("{device}/2026/08/{name}")(registry, file).parent


WRONG_FILES: dict[str, tuple[str, Arrange]] = {
    "another device's folder": ("file.misplaced", moved("a100-sxm/2026/{name}")),
    "a folder of no device": ("file.misplaced", moved("fast/2026/{name}")),
    "another year": ("file.misplaced", moved("{device}/2025/{name}")),
    "no year": ("file.misplaced", moved("{device}/{name}")),
    "a folder more": ("file.stray", a_folder_more),
    "another version of the layout": ("file.misplaced", moved("../v2/{device}/2026/{name}")),
    "beside v1": ("file.misplaced", moved("../{name}")),
    "another name": ("file.misplaced", moved("{device}/2026/0123456789abcdef.json")),
    "a longer name": ("file.misplaced", moved("{device}/2026/a{name}")),
    "a name of one's own": ("file.misplaced", moved("{device}/2026/fast.json")),
    "a program": ("file.stray", beside("setup.exe")),
    "a page": ("file.stray", beside("index.html", b"<script>alert(1)</script>")),
    "capitals": ("file.stray", beside("0123456789ABCDEF.JSON")),
    "no extension": ("file.stray", beside("0123456789abcdef")),
    "a hidden file": ("file.stray", beside(".htaccess")),
    "a partial file": ("file.stray", beside(".flopsbench-0123456789abcdef.partial")),
    "a compressed Result": ("file.stray", beside("0123456789abcdef.json.gz")),
    "a second moderation": ("file.stray", beside("moderation.toml", b"")),
    "a line break in a name": ("file.stray", beside("0123\n::error::fast.json")),
    "an option for a name": ("file.stray", beside("--rm.json")),
    "an escape sequence for a name": ("file.stray", beside("\x1b[2J.json")),
    "a right-to-left name": ("file.stray", beside("abc\u202enosj.json")),
    "a name that is not UTF-8": ("file.stray", beside(os.fsdecode(b"\xff.json"))),
    "a link to a sound file": ("file.symlink", linked("{registry}/../moved.json")),
    "a link to the passwords": ("file.symlink", linked("/etc/passwd")),
    "a link to nothing": ("file.symlink", linked("/nowhere/at/all.json")),
    "a link to itself": ("file.symlink", linked("{name}")),
    "a link to endless zeros": ("file.symlink", linked("/dev/zero")),
    "a linked device": ("file.symlink", linked_folder),
    "a linked year": ("file.symlink", linked_year),
    "a folder in itself": ("file.symlink", loop),
    "a pipe": ("file.unreadable", pipe),
    "a folder named like a file": ("file.stray", folder_named_like_a_file),
}


@pytest.mark.slow
@pytest.mark.timeout(20)
@pytest.mark.parametrize("name", WRONG_FILES)
def test_a_wrong_file_is_refused(registry: Path, published: Path, name: str) -> None:
    code, arrange = WRONG_FILES[name]
    file = arrange(registry, published)
    assert refused(registry) == {file.name: {code}}


@pytest.fixture
def small_stack() -> Iterator[None]:
    """Room for 150 more calls in each other: folders nested deeper than Python's usual limit are hard to remove."""
    usual = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack(0)) + 150)
    yield
    sys.setrecursionlimit(usual)


@pytest.mark.parametrize(
    ("top", "told"), [("notes", {"a.json": {"integrity.schema"}}), ("results/v1", {"stray": {"file.stray"}})]
)
def test_folders_may_lie_in_each_other_deeper_than_calls(
    tmp_path: Path, top: str, told: dict[str, set[str]], small_stack: None
) -> None:
    folder = tmp_path / top / "a/a/stray" / "/".join(["a"] * 300)
    os.makedirs(folder.parents[200])
    os.makedirs(folder.parents[100])
    os.makedirs(folder)
    (folder / "a.json").write_bytes(b"{}")
    assert refused(tmp_path / top) == told


def test_sound_files_are_not_refused(registry: Path) -> None:
    assert refused(registry) == {}


def of_board(name: str, seed: int) -> Result:
    """An honest Result of another GPU."""
    known = honest(seed)
    cpu, gpu = known.devices
    return refigured(msgspec.structs.replace(known, devices=[cpu, msgspec.structs.replace(gpu, name=name)]))


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Put another name into the table of accelerators, as a row of its own."""
    caches = (
        datasheet.load_accelerators,
        datasheet.find_accelerator,
        datasheet._by_plain_name,
        datasheet.datasheet_peak,
    )
    longer = tmp_path / "accelerators.json"
    known = msgspec.json.decode(datasheet._TABLE.read_bytes())

    def forget() -> None:
        for each in caches:
            each.cache_clear()

    def add(name: str) -> None:
        like = next(row for row in known["accelerators"] if row["id"] == "h200-sxm")
        row = like | {"id": name.lower(), "name": f"NVIDIA {name}", "names_seen": [f"NVIDIA {name}"]}
        longer.write_bytes(msgspec.json.encode(known | {"accelerators": [*known["accelerators"], row]}))
        monkeypatch.setattr(datasheet, "_TABLE", longer)
        forget()

    yield add
    monkeypatch.undo()
    forget()


def test_a_row_more_in_a_table_moves_no_file(table: Callable[[str], None], tmp_path: Path) -> None:
    results = [of_board("NVIDIA H20", seed=1), of_board("NVIDIA H200", seed=2)]
    one, other = [save(each, tmp_path / "results").relative_to(tmp_path / "results") for each in results]
    assert [one.parts[1], other.parts[1]] == ["nvidia-h20", "nvidia-h200"]
    before = read_entry(results[0], str(one)).machines[-1]
    table("H20")
    assert refused(tmp_path / "results") == {}
    assert relative_path(load(tmp_path / "results" / one)) == one
    after = read_entry(results[0], str(one)).machines[-1]
    assert (before.slug, after.slug, after.accelerator) == ("nvidia-h20", "h20", "h20")  # of pages, which may move


def test_what_may_lie_beside_results_is_not_refused(registry: Path) -> None:
    (registry / "README.md").write_text("# Results\n")
    (registry / "moderation.toml").write_text("")
    assert refused(registry) == {}


@pytest.mark.parametrize("name", ["README.md", "moderation.toml", "signers"])
def test_what_may_lie_beside_results_is_not_refused_by_its_name(registry: Path, name: str) -> None:
    (registry / name).write_text("# nothing\n")
    assert refused(registry / name, next(registry.rglob("*.json"))) == {}
    (registry / name).unlink()
    (registry / name).symlink_to("elsewhere")
    assert "file.symlink" in refused(registry / name)[name]


def test_a_bad_moderation_is_refused_by_its_name(registry: Path) -> None:
    (registry / "moderation.toml").write_text("hide = 7")
    assert refused(registry / "moderation.toml") == {"moderation.toml": {"moderation.invalid"}}


def test_elsewhere_a_file_of_that_name_is_no_result(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("# Results\n")
    assert refused(tmp_path / "README.md") == {"README.md": {"integrity.json"}}


@LINUX
def test_what_cannot_be_read_is_refused() -> None:
    """The memory of this very process is a file that lets itself be opened and not be read, also by root."""
    assert refused(Path("/proc/self/mem")) == {"mem": {"file.unreadable"}}


def test_the_same_blocks_under_another_handle_are_refused(registry: Path) -> None:
    original = save(honest(), registry)
    copy = save(msgspec.structs.replace(honest(), submitter="somebody-else"), registry)
    assert refused(registry) == {name: {"population.duplicate"} for name in (original.name, copy.name)}


def test_a_rate_far_from_all_others_is_looked_at(registry: Path) -> None:
    for number in range(3, 7):
        save(honest(seed=number, created=f"2026-08-0{number}T12:00:00Z"), registry)
    slow = [replace(each, per_s=0.8 * each.per_s) for each in MEASURED]
    file = save(honest(seed=7, created="2026-08-07T12:00:00Z", measured=slow), registry)
    found = [each for each in validate([registry], now=NOW) if each.findings]
    assert {Path(each.path).name for each in found} == {file.name}
    assert {finding.code for each in found for finding in each.findings} == {"population.outlier"}


def test_a_bad_file_hides_no_other(registry: Path) -> None:
    for number in range(3):
        save(honest(seed=10 + number, created="2030-01-01T00:00:00Z"), registry)
    (registry / "v1" / "a.html").write_text("<b>")
    codes = sorted(next(iter(codes)) for codes in refused(registry).values())
    assert codes == ["environment.future"] * 3 + ["file.stray"]


class Repository:
    """A clone in which the registry's two Results are published."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.git("init", "--quiet", "--initial-branch=main")
        self.publish()

    def git(self, *arguments: str) -> str:
        """What git prints."""
        who = ("-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
        command = ["git", *who, "-C", str(self.folder), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def publish(self) -> None:
        """Commit everything."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "Results")


@pytest.fixture
def repository(registry: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    monkeypatch.chdir(registry.parent)
    return Repository(registry.parent)


@pytest.mark.clone
def test_a_new_result_is_no_change(repository: Repository, registry: Path) -> None:
    save(honest(seed=3, created="2026-08-03T12:00:00Z"), registry)
    repository.publish()
    assert refused(registry, changed="main~1") == {}


def edited(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\n")


def rewritten(path: Path) -> None:
    """Another sound document in the same place: as its id says, it does not belong there."""
    path.write_bytes(encode(honest(seed=4)))


def deleted(path: Path) -> None:
    path.unlink()


def renamed(path: Path) -> None:
    path.rename(path.with_name("fedcba9876543210.json"))


def made_a_link(path: Path) -> None:
    content = path.with_name("content")
    path.rename(content)
    path.symlink_to(content.name)


def made_executable(path: Path) -> None:
    path.chmod(0o755)


CHANGES: dict[str, tuple[str, Callable[[Path], None]]] = {
    "edited": ("change.edited", edited),
    "rewritten": ("change.edited", rewritten),
    "deleted": ("change.deleted", deleted),
    "renamed": ("change.renamed", renamed),
    "made a link": ("change.edited", made_a_link),
    "made executable": ("change.edited", made_executable),
}


@pytest.mark.clone
@pytest.mark.parametrize("committed", [True, False], ids=["committed", "in the working tree"])
@pytest.mark.parametrize("name", CHANGES)
def test_what_is_published_stays_as_it_is(
    repository: Repository, registry: Path, published: Path, name: str, committed: bool
) -> None:
    code, change = CHANGES[name]
    base = repository.git("rev-parse", "HEAD").strip()
    change(published)
    if committed:
        repository.publish()
    assert code in set().union(*refused(registry, changed=base).values())


@pytest.mark.clone
@pytest.mark.parametrize("name", ["a folder more", "a folder named like a file"])
def test_no_comparison_overlooks_a_folder_where_none_should_be(
    repository: Repository, registry: Path, published: Path, name: str
) -> None:
    code, arrange = WRONG_FILES[name]
    folder = arrange(registry, published)
    (folder / "fast.json").write_bytes(b"{}")
    repository.publish()
    assert code in refused(registry, changed="main~1")[folder.name]


@pytest.mark.clone
def test_a_deletion_beside_a_new_result_is_a_deletion(repository: Repository, registry: Path, published: Path) -> None:
    published.unlink()
    save(honest(seed=3, created="2026-08-03T12:00:00Z"), registry)
    assert refused(registry, changed="main") == {published.name: {"change.deleted"}}


@pytest.mark.clone
def test_a_move_to_another_device_is_a_rename(repository: Repository, registry: Path, published: Path) -> None:
    target = registry / "v1" / "a100-sxm" / "2026" / published.name
    target.parent.mkdir(parents=True)
    shutil.move(published, target)
    repository.publish()
    assert "change.renamed" in set().union(*refused(registry, changed="main~1").values())


@pytest.mark.clone
def test_a_deleted_registry_is_refused(repository: Repository, registry: Path) -> None:
    shutil.rmtree(registry / "v1")
    repository.publish()
    assert "change.deleted" in set().union(*refused(registry, changed="main~1").values())


@pytest.mark.clone
def test_what_upstream_published_since_is_no_deletion(repository: Repository, registry: Path) -> None:
    repository.git("checkout", "--quiet", "-b", "contribution")
    save(honest(seed=3, created="2026-08-03T12:00:00Z"), registry)
    repository.publish()
    repository.git("checkout", "--quiet", "main")
    save(honest(seed=5, created="2026-08-05T12:00:00Z"), registry)
    repository.publish()
    repository.git("checkout", "--quiet", "contribution")
    assert refused(registry, changed="main") == {}


@pytest.mark.clone
def test_attributes_that_hide_an_edit_from_git_do_not_hide_it(
    repository: Repository, registry: Path, published: Path
) -> None:
    (repository.folder / ".gitattributes").write_text("results/v1/** text eol=crlf\n")
    published.write_bytes(published.read_bytes().replace(b"\n", b"\r\n"))
    repository.publish()
    assert refused(registry, changed="main~1") == {published.name: {"change.edited"}}
