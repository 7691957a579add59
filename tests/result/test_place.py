"""Where a Result is filed, and that its place follows from what it says of itself."""

from __future__ import annotations

import os
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from msgspec.structs import replace

from flopsbench.result.codec import decode, encode
from flopsbench.result.files import load, save, write
from flopsbench.result.place import device_slug, relative_path
from tests.documents import case, device, host, result
from tests.systems import PIPES

GPU = device(id="cuda:0", kind="cuda", name="NVIDIA H200")


def test_a_result_is_filed_by_device_year_and_the_first_digits_of_its_id(tmp_path):
    path = save(result(), tmp_path)
    digits = load(path).id.removeprefix("sha256:")[:16]
    assert path == tmp_path / "v1" / "amd-epyc-9b14" / "2026" / f"{digits}.json"


def test_what_is_saved_is_the_document(tmp_path):
    path = save(result(), tmp_path / "new" / "folder")
    assert path.read_bytes() == encode(result())


def test_saving_again_changes_nothing(tmp_path):
    assert save(result(), tmp_path) == save(result(), tmp_path)
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1


def test_two_results_never_share_a_place(tmp_path):
    assert save(result(), tmp_path) != save(result(case(edge=64)), tmp_path)


def test_the_place_of_a_document_is_known_before_it_is_saved(tmp_path):
    written = decode(encode(result()))
    assert save(written, tmp_path) == tmp_path / relative_path(written)


def test_a_folder_that_cannot_be_made_is_told_with_its_name(tmp_path):
    (tmp_path / "v1").write_text("a file where a folder should be")
    with pytest.raises(OSError, match=re.escape(str(tmp_path))):
        save(result(), tmp_path)


def folder(name: str, **fields: Any) -> str:
    """The folder of a Result of a board of that name."""
    board = device(**{"id": "cuda:0", "kind": "cuda", "name": name, "units": None} | fields)
    return device_slug(result(case(device="cuda:0"), devices=[board]))


def test_a_board_is_named_as_the_document_names_it():
    assert folder("NVIDIA H200") == "nvidia-h200"


def test_a_gpu_that_was_measured_comes_before_the_cpu():
    measured = [case(), case(device="cuda:0")]
    assert device_slug(result(*measured, devices=[device(), GPU])) == "nvidia-h200"


def test_a_gpu_that_was_not_measured_does_not_name_the_result():
    cases = [case(), case("failed", device="cuda:0")]
    assert device_slug(result(*cases, devices=[GPU, device()])) == "amd-epyc-9b14"


def test_without_any_measured_case_the_devices_asked_for_name_it():
    assert device_slug(result(case("failed", device="cuda:0"), devices=[device(), GPU])) == "nvidia-h200"


def test_a_cpus_name_is_followed_by_its_microarchitecture():
    zen = replace(host().cpu, microarchitecture="Zen 4")
    assert device_slug(result(host=host(cpu=zen))) == "amd-epyc-9b14-zen-4"


@pytest.mark.parametrize(
    "spellings",
    [
        [("NVIDIA GeForce RTX 3090", "NVIDIA"), ("GeForce RTX 3090", "NVIDIA"), ("GeForce RTX 3090", None)],
        [("NVIDIA H20", "NVIDIA"), ("H20", "NVIDIA"), ("NVIDIA H20", None), ("nvidia  H20", "NVIDIA Corporation")],
        [("Tesla T4", "NVIDIA"), ("NVIDIA Tesla T4", None), ("NVIDIA T4", "NVIDIA")],
        [("AMD Instinct MI300X", "AMD"), ("Instinct MI300X", None), ("MI300X", "AMD")],
        [("Intel(R) Arc(TM) A770 Graphics", "Intel"), ("Intel Arc™ A770 Graphics", None), ("Arc A770 Graphics", None)],
        [("Moore Threads MTT S4000", "Moore Threads"), ("MTT S4000", "Moore Threads")],
        [("NVIDIA 显卡 9", "NVIDIA"), ("显卡 9", "NVIDIA"), ("显卡 ９", "NVIDIA")],
    ],
    ids=lambda spellings: spellings[0][0],
)
def test_a_drivers_spelling_does_not_move_a_board(spellings):
    assert len({folder(name, vendor=vendor) for name, vendor in spellings}) == 1


SERVER = {"arch": "gfx942:sramecc+:xnack-", "units": 304, "memory_bytes": 206_141_652_992}
LAPTOP = {"arch": "gfx1103", "units": 12, "memory_bytes": 16 << 30}


def test_boards_that_share_a_name_without_a_model_do_not_share_a_folder():
    assert folder("AMD Radeon Graphics", **SERVER) == "amd-radeon-graphics-gfx942-304-units-192-gib"
    assert folder("AMD Radeon(TM) Graphics", **LAPTOP) == "amd-radeon-graphics-gfx1103-12-units-16-gib"
    assert folder("AMD Radeon Graphics", **SERVER | {"memory_bytes": 256 << 30}) != folder("Radeon Graphics", **SERVER)


def test_a_name_with_a_model_needs_no_more():
    assert folder("AMD Radeon RX 7900 XTX", **SERVER) == folder("AMD Radeon RX 7900 XTX", **LAPTOP)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("处理器", "显卡"),
        ("处理器 9000", "显卡 9000"),
        ("Эльбрус-8С", "Байкал-8М"),
        ("हिंदी 1", "हुंदी 1"),
        ("RTX 6000", "RTX 6000+"),
        ("x" * 200, "x" * 201),
        (f"{'GPU ' * 20}1", f"{'GPU ' * 20}2"),
    ],
)
def test_two_names_do_not_become_one_folder(one, other):
    assert folder(one) != folder(other)
    assert all(re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", each) and len(each) <= 60 for each in map(folder, (one, other)))


@pytest.mark.parametrize("nothing", ["", "..", "种类"])
def test_a_device_that_says_nothing_of_itself_has_a_folder(nothing):
    assert re.fullmatch("[0-9a-f]{8}", folder(nothing, kind=nothing))


def test_a_cpu_in_any_script_has_a_folder_of_its_own():
    names = [device_slug(result(devices=[device(name=name)])) for name in ("处理器", "龙芯")]
    assert len(set(names)) == 2
    assert all(re.fullmatch("cpu-[0-9a-f]{8}", name) for name in names)


def test_cpus_without_a_model_or_a_core_are_told_apart_by_their_architecture():
    names = [device_slug(result(devices=[device(name="Virtual CPU", arch=arch)])) for arch in ("x86_64", "aarch64")]
    assert names == ["virtual-cpu-x86-64", "virtual-cpu-aarch64"]


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Some (R) GPU  @ 2.0GHz!", "some-gpu-2-0ghz"),
        ("../../etc/passwd", "etc-passwd-12-units"),
        ("Ünïcode Ⅱ 5", "unicode-ii-5"),
        ("", "cuda-12-units"),
    ],
)
def test_no_device_name_leads_out_of_its_folder(name, slug):
    assert folder(name, units=12) == slug


@PIPES
def test_a_pipe_is_written_into_and_not_replaced(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor() as reader:
        read = reader.submit(pipe.read_bytes)
        assert write(pipe, b"a document") == pipe
        assert read.result(timeout=10) == b"a document"
    assert pipe.is_fifo()
    assert list(tmp_path.iterdir()) == [pipe]


def test_a_link_stays_a_link_and_its_file_is_written(tmp_path):
    file, link = tmp_path / "file", tmp_path / "link"
    file.write_bytes(b"old")
    link.symlink_to(file)
    write(link, b"new")
    assert link.is_symlink()
    assert file.read_bytes() == b"new"
    assert sorted(tmp_path.iterdir()) == [file, link]
