"""Which instructions kernels use and settings leave: by names as libraries and people write them."""

from __future__ import annotations

import pytest

from flopsbench.peaks.instruction_sets import (
    is_narrower,
    kernel_of,
    left_by,
    libraries,
    library_called,
    narrowest,
    set_named,
    set_of_instruction,
    set_of_kernel,
    used_by_itself,
    widest_of_flags,
)

ARM = {"neon", "sve"}  # they have no place in the order of the sets


def test_every_row_names_sets_that_there_are() -> None:
    for library in libraries():
        names = {library.widest, *filter(None, [library.elsewhere]), *library.kernels}
        names |= {name for setting in library.settings for name in setting.leaves}
        assert {name for name in names if set_named(name) is None} <= ARM
        assert (library.elsewhere is None) == (library.vendor is None)
        assert library.source_url.startswith("https://")


def test_no_kernel_and_no_value_stands_under_two_sets() -> None:
    for library in libraries():
        for leaves in (library.kernels, *(setting.leaves for setting in library.settings)):
            words = [word.lower() for each in leaves.values() for word in each]
            assert len(words) == len(set(words))


@pytest.mark.parametrize(
    ("text", "kernel", "used"),
    [
        ("OpenBLAS 0.3.30 SkylakeX", "SkylakeX", "avx512"),
        ("OpenBLAS 0.3.31.188.0 Haswell", "Haswell", "avx2"),
        ("OpenBLAS 0.3.20 ZEN", "Zen", "avx2"),
        ("OpenBLAS Nehalem", "Nehalem", "sse"),
        ("BLIS 4.1 zen4", "zen4", "avx512"),
        ("BLIS 4.1 zen3", "zen3", "avx2"),
        ("OpenBLAS 0.3.30", None, None),
        ("OpenBLAS 0.3.30 CoreOfTomorrow", None, None),
        ("OpenBLAS 0.3.30 neoversev1", "NeoverseV1", None),
    ],
)
def test_the_kernel_is_the_last_word(text: str, kernel: str | None, used: str | None) -> None:
    library = library_called(text)
    assert library
    assert kernel_of(library, text) == kernel
    assert set_of_kernel(library, kernel) == set_named(used)


@pytest.mark.parametrize("text", ["", "cuBLAS, CUDA 12.6", "OpenBLASX 1", "mkl", "abacus 1", "open"])
def test_other_libraries_are_unknown(text: str) -> None:
    assert library_called(text) is None


@pytest.mark.parametrize(
    ("name", "value", "left"),
    [
        ("NPY_DISABLE_CPU_FEATURES", "AVX512F AVX2", "avx"),
        ("NPY_DISABLE_CPU_FEATURES", "avx512f,avx512cd", "avx2"),
        ("NPY_DISABLE_CPU_FEATURES", "SSE41", None),
        ("ATEN_CPU_CAPABILITY", "default", "sse"),
        ("ATEN_CPU_CAPABILITY", "", None),
        ("ATEN_CPU_CAPABILITY", "avx512", None),
    ],
)
def test_of_several_values_the_narrowest_counts(name: str, value: str, left: str | None) -> None:
    (row,) = [(library, each) for library in libraries() for each in library.settings if each.name == name]
    assert left_by(*row, value) == set_named(left)


def test_sets_are_in_order_and_unknown_ones_in_none() -> None:
    avx2, avx512 = set_named("avx2"), set_named("avx512")
    assert is_narrower(avx2, avx512)
    assert not is_narrower(avx512, avx2)
    assert not is_narrower(avx2, avx2)
    assert not is_narrower(None, avx512)
    assert not is_narrower(avx2, None)
    assert narrowest(avx512, None, avx2) == avx2
    assert narrowest(None) is None


def test_a_cpu_and_a_ceiling_name_their_widest() -> None:
    assert widest_of_flags(["sse2", "avx2", "avx512f", "avx"]) == set_named("avx512")
    assert widest_of_flags(["asimd", "sve"]) is None
    assert set_of_instruction("avx512_bf16 vdpbf16ps 512-bit") == set_named("avx512_bf16")
    assert set_of_instruction("neon fmla 128-bit") is None
    assert set_of_instruction(None) is None


@pytest.mark.parametrize(
    ("library", "vendor", "used"),
    [
        ("MKL", "GenuineIntel", "avx512"),
        ("MKL", "AuthenticAMD", "avx2"),
        ("MKL", None, "avx512"),
        ("OpenBLAS", "AuthenticAMD", "avx512"),
        ("oneDNN", "AuthenticAMD", "avx512_bf16"),
    ],
)
def test_what_a_library_uses_by_itself(library: str, vendor: str | None, used: str) -> None:
    row, widest = library_called(library), set_named("avx512_bf16")
    assert row
    assert widest
    assert used_by_itself(row, vendor, widest) == set_named(used)
