"""Where a Result is filed, and that its place follows from what it says of itself."""

from __future__ import annotations

import os
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from msgspec.structs import replace

from flopsbench.result.codec import decode, encode
from flopsbench.result.files import load, save, write
from flopsbench.result.place import device_slug, relative_path
from tests.documents import case, device, host, result

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


def test_an_accelerator_of_the_table_has_its_id():
    assert device_slug(result(case(device="cuda:0"), devices=[GPU])) == "h200-sxm"


def test_a_gpu_that_was_measured_comes_before_the_cpu():
    measured = [case(), case(device="cuda:0")]
    assert device_slug(result(*measured, devices=[device(), GPU])) == "h200-sxm"


def test_a_gpu_that_was_not_measured_does_not_name_the_result():
    cases = [case(), case("failed", device="cuda:0")]
    assert device_slug(result(*cases, devices=[GPU, device()])) == "amd-epyc-9b14"


def test_without_any_measured_case_the_devices_asked_for_name_it():
    assert device_slug(result(case("failed", device="cuda:0"), devices=[device(), GPU])) == "h200-sxm"


def test_a_cpus_name_is_followed_by_its_microarchitecture():
    zen = replace(host().cpu, microarchitecture="Zen 4")
    assert device_slug(result(host=host(cpu=zen))) == "amd-epyc-9b14-zen-4"


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Some (R) GPU  @ 2.0GHz!", "some-r-gpu-2-0ghz"),
        ("../../etc/passwd", "etc-passwd"),
        ("处理器", "unknown"),
        ("", "unknown"),
        ("x" * 200, "x" * 60),
    ],
)
def test_no_device_name_leads_out_of_its_folder(name, slug):
    gpu = device(id="cuda:0", kind="cuda", name=name)
    assert device_slug(result(case(device="cuda:0"), devices=[gpu])) == slug


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
