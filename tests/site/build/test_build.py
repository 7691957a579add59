"""From a folder of Results to a folder of pages: whole, equal whatever stood before, and nobody else's business."""

from __future__ import annotations

import datetime
import gc
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from msgspec.structs import replace

import flopsbench
from flopsbench.errors import DocumentRejected, UsageError
from flopsbench.registry.signature import sign, signature_path
from flopsbench.result.codec import decode
from flopsbench.result.files import save
from flopsbench.site.build import build as building
from flopsbench.site.build import work
from flopsbench.site.build.build import BuildReport, build
from flopsbench.site.build.cache import program
from flopsbench.site.html.pages import MOST_REFUSED
from flopsbench.site.model.read import page_of
from tests.registry.test_signature import keygen, line
from tests.validate.made import made

Files = dict[str, bytes]

COUNT = 5
H200_NUMBERS = (8, 29)  # of the made Results that are of one device
DAY = datetime.date(2026, 11, 22).isoformat()


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A registry of a few sound Results, two of them of one device."""
    folder = tmp_path_factory.mktemp("documents")
    for number in (*range(COUNT - len(H200_NUMBERS)), *H200_NUMBERS):
        save(made(number), folder)
    return folder


@pytest.fixture
def registry(documents: Path, tmp_path: Path) -> Path:
    return shutil.copytree(documents, tmp_path / "registry")


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return tmp_path / "site"


def files(folder: Path) -> Files:
    """Every file below a folder, the builder's own ones too."""
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def fresh(registry: Path) -> Files:
    """The site of a registry, built where none was."""
    folder = registry.parent / "fresh"
    shutil.rmtree(folder, ignore_errors=True)
    build(registry, folder, jobs=1)
    return files(folder)


def results(registry: Path) -> list[Path]:
    return sorted(registry.rglob("v1/**/*.json"))


def id_of(path: Path) -> str:
    return decode(path.read_bytes()).id


def refused(report: BuildReport) -> dict[str, set[str]]:
    return {each.path: {finding.code for finding in each.findings} for each in report.refused}


# What is built


def test_every_result_has_its_page_and_its_file_byte_for_byte(registry: Path, site: Path) -> None:
    report = build(registry, site, jobs=1)
    assert (report.results, report.fresh, report.refused) == (COUNT, COUNT, [])
    for path in results(registry):
        assert (site / "results" / path.name).read_bytes() == path.read_bytes()
        assert decode(path.read_bytes()).id in (site / f"results/{path.stem}.html").read_text()


def test_the_site_has_every_kind_of_page(registry: Path, site: Path) -> None:
    build(registry, site, jobs=1)
    names = set(files(site))
    pages = {"index.html", "eflops.html", "compare.html", "about.html", "404.html", "boards/bf16-ieee.html"}
    data = {"data/index.json", "data/results.csv", "data/boards.csv", "data/compare.json"}
    assert pages | data | {"devices/h200-sxm.html", "assets/site.css", "assets/site.js"} <= names


def test_the_report_counts_the_files(registry: Path, site: Path) -> None:
    report = build(registry, site, jobs=1)
    assert report.files == sum(not name.startswith(".") for name in files(site))


def test_an_empty_registry_has_a_site(tmp_path: Path, site: Path) -> None:
    (tmp_path / "empty" / "v1").mkdir(parents=True)
    assert build(tmp_path / "empty", site).results == 0
    assert json.loads((site / "data/index.json").read_text()) == {"results": []}


# The same bytes


@pytest.mark.process
@pytest.mark.parametrize(
    ("jobs", "surroundings"),
    [
        ("1", {"TZ": "Asia/Kolkata", "LC_ALL": "tr_TR.UTF-8", "PYTHONHASHSEED": "1"}),
        ("2", {"TZ": "America/St_Johns", "LC_ALL": "C", "PYTHONHASHSEED": "2"}),
    ],
)
def test_no_surroundings_change_a_byte(registry: Path, site: Path, jobs: str, surroundings: dict[str, str]) -> None:
    text = (
        "import sys; from pathlib import Path; from flopsbench.site.build import build as b\n"
        "b.FILES_PER_BATCH = 1; from flopsbench.site.build import pool; pool.FEW = 1\n"
        "if __name__ == '__main__': b.build(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))"
    )
    script = site.with_name("script.py")
    script.write_text(text)
    command = [sys.executable, str(script), str(registry), str(site), jobs]
    subprocess.run(command, check=True, env=os.environ | surroundings)
    assert files(site) == fresh(registry)


def test_the_order_in_which_a_folder_lists_its_files_changes_nothing(
    registry: Path, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = fresh(registry)
    listed = os.listdir
    monkeypatch.setattr(os, "listdir", lambda path: sorted(listed(path), reverse=True))
    build(registry, site, jobs=1)
    monkeypatch.undo()
    assert files(site) == expected


# What stood before


def add(registry: Path) -> None:
    save(made(50), registry)


def remove(registry: Path) -> None:
    results(registry)[0].unlink()


def hide(registry: Path) -> None:
    moderate(registry, hide=f'reason = "wrong machine"\nid = "{id_of(results(registry)[0])}"')


def supersede(registry: Path) -> None:
    first, second = map(id_of, results(registry)[:2])
    moderate(registry, supersede=f'reason = "again"\nid = "{first}"\nby = "{second}"')


def attest(registry: Path) -> None:
    moderate(registry, attest=f'run = "https://github.com/octo/x/actions/runs/1"\nid = "{id_of(results(registry)[0])}"')


def edit(registry: Path) -> None:
    path = results(registry)[0]
    path.write_bytes(path.read_bytes().replace(b'"quick"', b'"registry"').replace(b'"order": 0', b'"order": 1', 1))


def copy_blocks(registry: Path) -> Path:
    original = decode(results(registry)[0].read_bytes())
    return save(replace(original, created="2026-02-03T04:05:06Z"), registry)


def sign_one(registry: Path) -> None:
    number, path = next((number, path) for number, path in enumerate(results(registry)) if submitter(path))
    key = keygen(registry.parent, f"key{number}")
    (registry / "signers").write_text(line(str(submitter(path)), key))
    signature_path(path).write_bytes(sign(path.read_bytes(), key))


def submitter(path: Path) -> str | None:
    return decode(path.read_bytes()).submitter


def moderate(registry: Path, **tables: str) -> None:
    text = "".join(f"[[{table}]]\ndate = {DAY}\n{fields}\n" for table, fields in tables.items())
    (registry / "moderation.toml").write_text(text)


CHANGES = [add, remove, hide, supersede, attest, edit, copy_blocks, pytest.param(sign_one, marks=pytest.mark.process)]


@pytest.mark.parametrize("change", CHANGES)
def test_after_a_change_the_site_is_what_a_new_one_would_be(
    registry: Path, site: Path, change: Callable[[Path], None]
) -> None:
    before = fresh(registry)
    build(registry, site, jobs=1)
    change(registry)
    build(registry, site, jobs=1)
    assert files(site) == fresh(registry)
    assert files(site) != before


def test_a_change_taken_back_is_gone(registry: Path, site: Path) -> None:
    before = fresh(registry)
    build(registry, site, jobs=1)
    supersede(registry)
    build(registry, site, jobs=1)
    (registry / "moderation.toml").unlink()
    build(registry, site, jobs=1)
    assert files(site) == before


def test_another_reason_makes_the_page_of_the_superseded_result_anew(registry: Path, site: Path) -> None:
    supersede(registry)
    build(registry, site, jobs=1)
    moderation = registry / "moderation.toml"
    moderation.write_text(moderation.read_text().replace("again", "the <fan> had failed"))
    assert build(registry, site, jobs=1).fresh == 1
    assert "the &lt;fan&gt; had failed" in (site / f"results/{results(registry)[0].stem}.html").read_text()
    assert files(site) == fresh(registry)


def test_another_program_makes_all_pages_anew(registry: Path, site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build(registry, site, jobs=1)
    monkeypatch.setattr(building, "program", lambda: "another")
    monkeypatch.setattr(work.pages(), "result", lambda result, *_: f"new {result.id}")
    monkeypatch.setattr(work.pages(), "about", lambda: "new words")
    assert build(registry, site, jobs=1).fresh == COUNT
    assert files(site) == fresh(registry)
    assert (site / "about.html").read_text() == "new words"


@pytest.mark.parametrize("name", ["site/html/templates/result.html", "peaks/accelerators.json", "words/catalogue.py"])
def test_templates_words_and_tables_are_part_of_the_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    package = shutil.copytree(Path(flopsbench.__file__).parent, tmp_path / "flopsbench")
    monkeypatch.setattr(flopsbench, "__file__", str(package / "__init__.py"))
    before = program()
    (package / name).write_bytes((package / name).read_bytes() + b" ")
    assert program() != before


def test_nothing_new_touches_nothing(registry: Path, site: Path) -> None:
    build(registry, site, jobs=1)
    before = {name: (site / name).stat().st_mtime_ns for name in files(site) if not name.startswith(".")}
    assert build(registry, site, jobs=1).fresh == 0
    assert {name: (site / name).stat().st_mtime_ns for name in before} == before


def test_a_new_result_leaves_the_pages_of_others_alone(
    registry: Path, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(registry, site, jobs=1)
    add(registry)
    made_pages = []
    monkeypatch.setattr(building, "write_page", lambda _, page: made_pages.append(page.name))
    assert build(registry, site, jobs=1).fresh == 1
    assert {"index.html", "devices/h200-sxm.html"} <= set(made_pages)
    assert "devices/t4.html" not in made_pages


def test_what_somebody_deleted_from_the_site_is_made_again(registry: Path, site: Path) -> None:
    build(registry, site, jobs=1)
    before = files(site)
    for name in (f"results/{results(registry)[0].stem}.html", "index.html", "data/index.json", "boards/fp64-ieee.html"):
        (site / name).unlink()
    shutil.rmtree(site / "devices")
    build(registry, site, jobs=1)
    assert files(site) == before


class Interrupted(Exception):
    pass


@pytest.mark.parametrize("writes", [0, 1, 2, 9])
@pytest.mark.parametrize("change", [supersede, copy_blocks])
def test_an_interrupted_build_leaves_nothing_that_misleads_the_next(
    registry: Path, site: Path, change: Callable[[Path], None], writes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The build of a change stops after some writes; the change is taken back, and the site is what it was."""
    build(registry, site, jobs=1)
    before, kept = files(site), files(registry)
    change(registry)
    left = iter(range(writes))

    def put(path: Path, content: bytes) -> None:
        path.write_bytes(content[: len(content) // 2])
        if next(left, None) is None:
            raise Interrupted
        path.write_bytes(content)

    monkeypatch.setattr(work, "put", put)
    monkeypatch.setattr(building, "put", put)
    with suppress(Interrupted):
        build(registry, site, jobs=1)
    monkeypatch.undo()
    shutil.rmtree(registry)
    for name, content in kept.items():
        (registry / name).parent.mkdir(parents=True, exist_ok=True)
        (registry / name).write_bytes(content)
    build(registry, site, jobs=1)
    assert files(site) == before


def test_an_interrupted_build_of_another_program_does_not_mislead_the_first(
    registry: Path, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(registry, site, jobs=1)
    before = files(site)
    monkeypatch.setattr(building, "program", lambda: "another")
    monkeypatch.setattr(work.pages(), "result", lambda *_: "other words")

    def put(path: Path, content: bytes) -> None:
        path.write_bytes(content)
        if path.suffix == ".html" and path.parent.name != "results":
            raise Interrupted

    monkeypatch.setattr(work, "put", put)
    with pytest.raises(Interrupted):
        build(registry, site, jobs=1)
    assert files(site) != before
    monkeypatch.undo()
    build(registry, site, jobs=1)
    assert files(site) == before


def test_an_interrupted_first_build_is_a_site_that_can_be_built_on(
    registry: Path, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def put(path: Path, content: bytes) -> None:
        raise Interrupted

    monkeypatch.setattr(work, "put", put)
    with pytest.raises(Interrupted):
        build(registry, site, jobs=1)
    monkeypatch.undo()
    build(registry, site, jobs=1)
    assert files(site) == fresh(registry)


@pytest.mark.parametrize("name", ["results", "pages"])
def test_a_cache_that_was_damaged_is_no_cache(registry: Path, site: Path, name: str) -> None:
    build(registry, site, jobs=1)
    (site / ".flopsbench-site" / name).write_bytes(b"\x93\x01nonsense")
    build(registry, site, jobs=1)
    assert files(site) == fresh(registry)


# What is refused


def misplace(registry: Path) -> str:
    path = results(registry)[0]
    target = registry / "v1" / "h100-sxm" / "2026" / path.name
    target.parent.mkdir(parents=True, exist_ok=True)
    path.rename(target)
    return target.relative_to(registry).as_posix()


def link(registry: Path) -> str:
    path = results(registry)[0]
    elsewhere = registry.parent / "elsewhere.json"
    path.rename(elsewhere)
    path.symlink_to(elsewhere)
    return path.relative_to(registry).as_posix()


def stray(registry: Path) -> str:
    (registry / "v1" / "notes.json").write_text("{}")
    return "v1/notes.json"


def changed(registry: Path) -> str:
    edit(registry)
    return results(registry)[0].relative_to(registry).as_posix()


def no_text(registry: Path) -> str:
    path = results(registry)[0]
    path.write_bytes(b"\xff\xfe")
    return path.relative_to(registry).as_posix()


def signed_with_nothing(registry: Path) -> str:
    path = results(registry)[0]
    signature_path(path).touch()
    return path.relative_to(registry).as_posix()


def badly_signed(registry: Path) -> str:
    path = results(registry)[0]
    signature_path(path).write_text("no signature")
    return path.relative_to(registry).as_posix()


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (misplace, "file.misplaced"),
        (link, "file.symlink"),
        (stray, "file.stray"),
        (changed, "integrity.id"),
        (no_text, "integrity.encoding"),
        pytest.param(badly_signed, "signature.invalid", marks=pytest.mark.process),
        pytest.param(signed_with_nothing, "signature.invalid", marks=pytest.mark.process),
    ],
)
def test_a_file_that_is_not_sound_is_named_and_the_others_are_built(
    registry: Path, site: Path, spoil: Callable[[Path], str], code: str
) -> None:
    name = spoil(registry)
    report = build(registry, site, jobs=1)
    assert code in refused(report)[name]
    assert list(refused(report)) == [name]
    assert report.results == len([path for path in results(registry) if path.name != Path(name).name])
    assert not (site / "results" / Path(name).name).exists()
    assert not (site / "results" / f"{Path(name).stem}.html").exists()


def test_the_first_page_names_what_was_left_out_as_long_as_it_is(registry: Path, site: Path) -> None:
    build(registry, site, jobs=1)
    sound = (site / "index.html").read_text()
    assert "left-out" not in sound
    copied, name = copy_blocks(registry), stray(registry)
    build(registry, site, jobs=1)
    page = (site / "index.html").read_text()
    assert f"<code>{name}</code> <code>file.stray</code>" in page
    assert page.count("<code>population.duplicate</code>") == 2
    assert files(site)["index.html"] == fresh(registry)["index.html"]
    for path in (registry / name, copied):
        path.unlink()
    build(registry, site, jobs=1)
    assert (site / "index.html").read_text() == sound


def test_a_page_shows_the_name_of_a_refused_file_and_obeys_nothing_in_it(registry: Path, site: Path) -> None:
    (registry / "v1" / "<img src=x>\u202e\n.json").write_text("{}")
    build(registry, site, jobs=1)
    page = (site / "index.html").read_text()
    assert r"<code>v1/&lt;img src=x&gt;\u202e\n.json</code> <code>file.stray</code>" in page


def test_the_first_page_lists_some_refused_files_and_counts_them_all(registry: Path, site: Path) -> None:
    for number in range(MOST_REFUSED + 1):
        (registry / "v1" / f"{number}.json").write_text("{}")
    build(registry, site, jobs=1)
    page = (site / "index.html").read_text()
    assert page.count("file.stray") == MOST_REFUSED
    assert f"refuses: {MOST_REFUSED + 1}." in page


@pytest.mark.process
def test_a_signature_that_is_a_link_is_refused_and_its_document_is_built(registry: Path, site: Path) -> None:
    sign_one(registry)
    (signature,) = registry.rglob("*.sig")
    elsewhere = registry.parent / "elsewhere.sig"
    signature.rename(elsewhere)
    signature.symlink_to(elsewhere)
    report = build(registry, site, jobs=1)
    assert refused(report) == {signature.relative_to(registry).as_posix(): {"file.symlink"}}
    assert report.results == COUNT
    assert {each["trust"] for each in listed(site).values()} == {"self-reported"}


def test_the_search_for_cycles_goes_on_after_a_build(registry: Path, site: Path) -> None:
    build(registry, site, jobs=1)
    assert gc.isenabled()
    with pytest.raises(UsageError):
        build(site, site)
    assert gc.isenabled()


def test_copies_are_refused_all_of_them(registry: Path, site: Path) -> None:
    copy_blocks(registry)
    report = build(registry, site, jobs=1)
    assert list(refused(report).values()) == [{"population.duplicate"}] * 2
    assert report.results == COUNT - 1


def test_a_moderation_file_that_is_not_valid_stops_the_build(registry: Path, site: Path) -> None:
    (registry / "moderation.toml").write_text("[[hide]]\n")
    with pytest.raises(DocumentRejected, match=r"moderation\.toml"):
        build(registry, site)
    assert not site.exists()


# What moderators and signatures change


def listed(site: Path) -> dict[str, dict[str, object]]:
    every = json.loads((site / "data/index.json").read_text())["results"]
    return {each["id"]: each for each in every}


def test_a_hidden_result_is_nowhere(registry: Path, site: Path) -> None:
    hidden = results(registry)[0]
    hide(registry)
    report = build(registry, site, jobs=1)
    assert (report.results, report.refused) == (COUNT - 1, [])
    assert not any(id_of(hidden).encode() in content or hidden.stem in name for name, content in files(site).items())


def test_a_superseded_result_keeps_its_page_and_counts_no_more(registry: Path, site: Path) -> None:
    superseded, by = results(registry)[:2]
    supersede(registry)
    build(registry, site, jobs=1)
    assert by.stem in (site / f"results/{superseded.stem}.html").read_text()
    assert listed(site)[id_of(superseded)]["superseded_by"] == id_of(by)
    assert superseded.stem not in (site / "data/boards.csv").read_text()


def test_a_superseded_result_leads_to_no_hidden_successor(registry: Path, site: Path) -> None:
    superseded, by = map(id_of, results(registry)[:2])
    told = f'reason = "again"\nid = "{superseded}"\nby = "{by}"'
    moderate(registry, supersede=told, hide=f'reason = "wrong machine"\nid = "{by}"')
    build(registry, site, jobs=1)
    assert f'href="{page_of(by)}.html"' not in (site / f"results/{page_of(superseded)}.html").read_text()


@pytest.mark.process
def test_an_attested_and_a_signed_result_say_so(registry: Path, site: Path) -> None:
    attest(registry)
    build(registry, site, jobs=1)
    attested = results(registry)[0]
    assert listed(site)[id_of(attested)]["trust"] == "attested"
    assert "https://github.com/octo/x/actions/runs/1" in (site / f"results/{attested.stem}.html").read_text()
    (registry / "moderation.toml").unlink()
    sign_one(registry)
    build(registry, site, jobs=1)
    assert [each["trust"] for each in listed(site).values()].count("signed") == 1


# Where a site may be built


def test_a_folder_with_other_files_is_left_alone(registry: Path, site: Path) -> None:
    site.mkdir()
    (site / "thesis.txt").write_text("years")
    with pytest.raises(UsageError, match="holds files and no site"):
        build(registry, site)
    assert files(site) == {"thesis.txt": b"years"}


def test_an_empty_folder_will_do(registry: Path, site: Path) -> None:
    site.mkdir()
    assert build(registry, site, jobs=1).results == COUNT


@pytest.mark.parametrize("inside", ["", "v1", "site", "v1/h200-sxm/../../new"])
def test_no_site_is_built_in_the_registry(registry: Path, inside: str) -> None:
    before = files(registry)
    with pytest.raises(UsageError, match="lies in the registry"):
        build(registry, registry / inside)
    assert files(registry) == before


def test_a_file_is_no_folder(registry: Path, site: Path) -> None:
    site.write_text("")
    with pytest.raises(UsageError, match="cannot hold a site"):
        build(registry, site)


def test_a_folder_without_results_is_no_registry(tmp_path: Path, site: Path) -> None:
    with pytest.raises(UsageError, match="no registry"):
        build(tmp_path, site)


def test_what_others_put_into_the_site_stays(registry: Path, site: Path) -> None:
    build(registry, site, jobs=1)
    others = {"CNAME": b"flops.example", "results/notes.txt": b"mine", "devices/a/b.html": b"mine too"}
    for name, content in others.items():
        (site / name).parent.mkdir(exist_ok=True)
        (site / name).write_bytes(content)
    for path in results(registry):
        path.unlink()
    build(registry, site, jobs=1)
    left = files(site)
    assert {name: left[name] for name in others} == others
    assert [name for name in left if name.startswith(("results/", "devices/", "boards/")) and name not in others] == []
    assert not (site / "boards").exists()
