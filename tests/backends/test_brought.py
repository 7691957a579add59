"""Kernels that come as a file or by the name of a module: what is taken, and the sentence for what is not."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from flopsbench import run
from flopsbench.backends.brought import brought_name, is_brought, load_brought
from flopsbench.backends.installed import Broken
from flopsbench.errors import UsageError
from flopsbench.result.codec import encode

KERNEL = """
import numpy as np

space = "numpy"


def prepare(problem, device):
    return lambda a, b, c: np.matmul(a, b, out=c)


def other(problem, device):
    return prepare(problem, device)


number = 3
"""


@pytest.fixture(autouse=True)
def modules(tmp_path: Path) -> Iterator[None]:
    """Forget what a test has imported from its own folder; a library cannot be imported twice."""
    yield
    for name, module in list(sys.modules.items()):
        if Path(getattr(module, "__file__", None) or "/").is_relative_to(tmp_path):
            del sys.modules[name]


def written(folder: Path, name: str = "mine.py", text: str = KERNEL) -> str:
    path = folder / name
    path.write_text(text)
    return str(path)


@pytest.mark.parametrize(
    ("kernel", "brought"),
    [("matmul", False), ("mine.py", True), ("/a/b/mine.py:f", True), ("a.b:f", True), ("a.b", False), ("", False)],
)
def test_what_is_brought_has_a_colon_or_is_a_file(kernel: str, brought: bool) -> None:
    assert is_brought(kernel) is brought


@pytest.mark.parametrize(
    ("kernel", "names"),
    [
        ("mine.py", ("mine", "prepare")),
        ("/home/alice/mine.py", ("mine", "prepare")),
        ("../mine.py:fast", ("mine", "fast")),
        ("package.module:fast", ("module", "fast")),
        ("module:fast", ("module", "fast")),
    ],
)
def test_documents_name_the_module_and_the_function_alone(kernel: str, names: tuple[str, str]) -> None:
    assert brought_name(kernel) == names


@pytest.mark.parametrize(
    "kernel", [":", ":f", "a b.py", "mine.py:a b", "1.py", "-.py", ".py", "a:b:c", "a:f()", "x" * 40 + ".py", "é.py"]
)
def test_what_is_no_name_is_refused(kernel: str) -> None:
    with pytest.raises(UsageError, match=r"write mypackage\.mymodule:prepare, or the path of a file"):
        brought_name(kernel)


def test_a_file_alone_means_its_function_prepare(tmp_path: Path) -> None:
    (brought,) = load_brought([written(tmp_path)]).values()
    assert (brought.name, brought.space, list(brought.KERNELS)) == ("mine", "numpy", ["prepare"])


def test_several_functions_of_a_file_are_one_backend(tmp_path: Path) -> None:
    path = written(tmp_path, text=KERNEL + "\nprint('imported')\n")
    (brought,) = load_brought([f"{path}:other", path, path]).values()
    assert list(brought.KERNELS) == ["other", "prepare"]


def test_a_file_is_imported_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path, text=KERNEL + "\nprint('imported')\n")
    load_brought([f"{path}:other", path])
    assert capsys.readouterr().out == "imported\n"


def test_a_module_is_found_as_any_import_finds_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "brought_package").mkdir()
    written(tmp_path / "brought_package", "fast.py")
    monkeypatch.syspath_prepend(tmp_path)
    assert list(load_brought(["brought_package.fast:other"])["fast"].KERNELS) == ["other"]


def test_classes_of_a_file_find_their_module(tmp_path: Path) -> None:
    text = "from __future__ import annotations\nfrom dataclasses import dataclass\n@dataclass\nclass Part:\n  x: int\n"
    assert load_brought([written(tmp_path, text=text + KERNEL.replace("from __future__", "#"))])


def test_a_file_takes_no_modules_place(tmp_path: Path) -> None:
    import json

    load_brought([written(tmp_path, "json.py")])
    assert sys.modules["json"] is json


@pytest.mark.parametrize(
    ("text", "function", "sentence"),
    [
        (KERNEL, "fast", "mine has no function 'fast'"),
        (KERNEL, "number", "mine has no function 'number'"),
    ],
)
def test_each_mistake_has_its_sentence(tmp_path: Path, text: str, function: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        load_brought([f"{written(tmp_path, text=text)}:{function}"])


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("def f(:", "SyntaxError: "),
        ("import nowhere", "ModuleNotFoundError: No module named 'nowhere'"),
        ("raise OSError('one\\ntwo')", "OSError: one"),
        ("raise SystemExit('gone')", "SystemExit: gone"),
    ],
)
def test_what_cannot_be_imported_is_broken_with_its_reason_each_time(tmp_path: Path, text: str, sentence: str) -> None:
    path = written(tmp_path, text=text)
    for _ in range(2):
        (found,) = load_brought([path, f"{path}:other"]).values()
        assert isinstance(found, Broken)
        assert found.why.startswith(f"the backend cannot be imported: {sentence}")
        assert list(found.KERNELS) == ["prepare", "other"]


def test_a_file_without_a_space_is_broken_with_the_line_that_it_lacks(tmp_path: Path) -> None:
    (found,) = load_brought([written(tmp_path, text=KERNEL.replace("space", "place"))]).values()
    assert isinstance(found, Broken)
    assert found.why.startswith('the backend\'s space is None: write space = "numpy", "torch" or "cupy"')


def test_what_has_ended_another_process_is_not_imported(tmp_path: Path) -> None:
    path, imported = written(tmp_path, text="raise AssertionError"), list[str]()
    broken = Broken("mine", "it ended another")
    assert load_brought([path], {"mine": broken}, imported.append) == {"mine": replace(broken, kernels=("prepare",))}
    assert not imported


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"kernel file 'mine\.py': there is no such file"):
        load_brought([str(tmp_path / "mine.py")])
    with pytest.raises(UsageError, match="kernel 'nowhere_at_all' cannot be imported: ModuleNotFoundError"):
        load_brought(["nowhere_at_all:prepare"])


@pytest.mark.parametrize("name", ["numpy", "torch", "cupy"])
def test_nobody_takes_the_name_of_a_registered_backend(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match=f"another backend is called {name}, so give the file another name"):
        load_brought([written(tmp_path, f"{name}.py")])


def test_two_files_of_one_name_are_told_apart_by_nobody(tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    with pytest.raises(UsageError, match="another backend is called mine"):
        load_brought([written(tmp_path), written(tmp_path / "more")])


# --- whole runs

SETTINGS = {"dtype": "fp64", "size": "64", "time_s": 0.5, "seed": 1}


@pytest.mark.process
def test_a_file_is_measured_and_its_place_is_in_no_document(tmp_path: Path) -> None:
    path = written(tmp_path, text=KERNEL)
    result = run("cpu", kernel=[path, f"{path}:other"], **SETTINGS)  # type: ignore[arg-type]  # settings of several types
    assert [each.reason for each in result.cases] == [None, None]
    assert [(each.backend, each.kernel, each.status) for each in result.cases] == [
        ("mine", "prepare", "ok"),
        ("mine", "other", "ok"),
    ]
    assert (result.tool.options.backends, result.tool.options.kernels) == (["mine"], ["prepare", "other"])
    assert str(tmp_path).encode() not in encode(result)
    assert tmp_path.name.encode() not in encode(result)


@pytest.mark.process
def test_no_place_is_told_by_what_a_kernel_raises(tmp_path: Path) -> None:
    text = KERNEL.replace("    return lambda", "    raise OSError(__file__)\n    return lambda")
    (found,) = run("cpu", kernel=written(tmp_path, text=text), **SETTINGS).cases  # type: ignore[arg-type]  # settings of several types
    assert (found.status, found.reason) == ("failed", "OSError: mine.py")


@pytest.mark.process
def test_a_mistake_is_told_before_anything_is_measured(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="mine has no function 'fast'"):
        run("cpu", kernel=f"{written(tmp_path)}:fast", **SETTINGS)  # type: ignore[arg-type]  # settings of several types
    (case,) = run("cpu", kernel=written(tmp_path, text="1 / 0"), **SETTINGS).cases  # type: ignore[arg-type]  # settings of several types
    assert (case.backend, case.kernel, case.status) == ("mine", "prepare", "failed")
    assert case.reason == "the backend cannot be imported: ZeroDivisionError: division by zero"
