"""Whose code a process has loaded: a project's, a library's beside it, or that of another folder."""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from flopsbench.runs.bounds.loaded import CodePlaces, LoadedCode, loaded_code


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Folders of a side and of a checkout, each on the path, with modules that are loaded and forgotten afterwards."""
    packages = tmp_path / "side/venv/lib/python3.12/site-packages"
    for folder in (tmp_path / "side/tree", packages, tmp_path / "checkout"):
        folder.mkdir(parents=True)
        monkeypatch.syspath_prepend(folder)
    yield tmp_path
    importlib.invalidate_caches()


def loaded(folder: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write a module there and load it; it is unloaded after the test."""
    path = folder / f"{name}.py"
    path.write_text("VALUE = 1\n")
    importlib.invalidate_caches()
    monkeypatch.setitem(importlib.import_module("sys").modules, name, importlib.import_module(name))
    return path


def installed(packages: Path, name: str, version: str, direct: bool) -> None:
    """Say that a distribution of that name brings the module of its name, from an index or from a folder."""
    information = packages / f"{name}-{version}.dist-info"
    information.mkdir()
    (information / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    (information / "RECORD").write_text(f"{name}.py,,\n")
    if direct:
        (information / "direct_url.json").write_text('{"url": "file:///tree", "dir_info": {}}')


def places(folder: Path) -> CodePlaces:
    return CodePlaces(own=[str(folder / "side")], other=[str(folder / "checkout")])


def test_without_folders_nothing_is_anybodys() -> None:
    assert loaded_code(CodePlaces()) == LoadedCode()


def test_the_tree_and_what_was_installed_from_it_are_the_projects(
    modules: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packages = modules / "side/venv/lib/python3.12/site-packages"
    loaded(modules / "side/tree", "in_the_tree", monkeypatch)
    loaded(packages, "of_the_tree", monkeypatch)
    installed(packages, "of_the_tree", "1.0", direct=True)
    loaded(packages, "of_an_index", monkeypatch)
    installed(packages, "of_an_index", "2.3", direct=False)
    assert loaded_code(places(modules)) == LoadedCode(["in_the_tree", "of_the_tree"], ["of_an_index 2.3"])


def test_files_of_tests_are_told_by_their_bytes_and_are_no_project(
    modules: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = loaded(modules / "side/tree", "test_of_the_tree", monkeypatch)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert loaded_code(places(modules), {str(path)}) == LoadedCode(tests=[digest])


def test_code_of_the_checkout_is_told_but_not_what_is_installed_below_it(
    modules: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = loaded(modules / "checkout", "of_the_checkout", monkeypatch)
    packages = modules / "checkout/.venv/lib/python3.12/site-packages"
    packages.mkdir(parents=True)
    monkeypatch.syspath_prepend(packages)
    loaded(packages, "below_the_checkout", monkeypatch)
    assert loaded_code(places(modules)).elsewhere == [str(path)]
