"""The search for what looks personal: what it finds at its bounds, and that its time grows as the text does."""

from __future__ import annotations

from ipaddress import IPv4Address
from itertools import repeat
from time import process_time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from flopsbench.validate.privacy import LONGEST_VERSIONED, NEVER_A_VERSION, PRIVATE, complaints

SHORT, LONG = 4_000, 16_000


def seconds(text: str) -> float:
    """What a search takes at best."""
    found = []
    for each in repeat(text, 3):
        begun = process_time()
        list(complaints(each))
        found.append(process_time() - begun)
    return min(found)


@pytest.mark.slow
@pytest.mark.parametrize(
    "unit", ["a-", "a.", "a", "1.", "1.1.1.1 ", "version ", "..", "GPU-", "aaaaaaaa-", "serial ", "~", "0:", "/a", " "]
)
@pytest.mark.parametrize("beginning", ["", "serial", "a@"])
def test_a_text_four_times_as_long_takes_four_times_as_long(unit: str, beginning: str) -> None:
    short, long = (beginning + unit * (length // len(unit)) for length in (SHORT, LONG))
    assert seconds(long) < 9 * seconds(short)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a" * 64 + "@example.com", "privacy.email"),
        ("a" * 500 + "@example.com", "privacy.email"),
        ("a" * 64 + "@build", "privacy.user-name"),
        ("a" * 63 + ".local", "privacy.host-name"),
        ("a" * 55 + "-MacBook", "privacy.host-name"),
        ("a-" * 200 + "node.local", "privacy.host-name"),
        ("serial number:    " + "X" * 40 + "7", "privacy.serial"),
    ],
)
def test_what_is_as_long_as_names_get_is_found(text: str, code: str) -> None:
    assert code in {found for found, _ in complaints(text)}


def has_address(text: str, version: bool = False) -> bool:
    return "privacy.ip" in {code for code, _ in complaints(text, version)}


@pytest.mark.parametrize(
    "text",
    [
        "cuDNN 9.1.0.70",
        "cuDNN 9.1.0.70 does not have it, and cuBLASLt 12.8.4.1 does",
        "cudnn=9.1.0.70",
        "needs CUDA_VERSION: 12.4.131.1",
        "the driver (8.17.10.132) is too old",
        "driver 550.54.15.1",
        "version 1.2.3.4",
        "v1.2.3.4",
        "MKL 2024.0.0.1",
        "acme-blas-1.2.3.4 cannot",
        "1.2.3.4-rc1 cannot",
        "libacme.so.1.2.3.4",
        "300.1.1.1 is none",
    ],
)
def test_a_version_of_four_numbers_passes_in_a_sentence(text: str) -> None:
    assert not has_address(text)


@pytest.mark.parametrize("word", ["host", "from", "at", "address", "node", "server", "ip", "connect to", "conversion"])
@pytest.mark.parametrize("between", [" ", ": ", "="])
def test_after_any_other_word_it_is_an_address(word: str, between: str) -> None:
    assert has_address(f"cuDNN: {word}{between}9.1.0.70")


@pytest.mark.parametrize(
    "text",
    ["9.1.0.70", "no answer from 9.1.0.70.", "tcp://9.1.0.70:29500", "cuDNN 9.1.0.70, 9.1.0.71", "driver, 9.1.0.70"],
)
def test_four_numbers_alone_are_an_address(text: str) -> None:
    assert has_address(text)
    assert not has_address(text, version=True)


@pytest.mark.parametrize("text", ["100.64.0.9", "127.0.0.1", "169.254.3.4", "172.31.0.2", "192.168.1.1"])
def test_no_private_address_is_a_version(text: str) -> None:
    assert has_address(text, version=True)
    assert has_address(f"driver {text}")


@pytest.mark.parametrize("letters", range(1, LONGEST_VERSIONED + 1))
def test_the_end_of_a_longer_word_is_not_the_name_of_what_has_versions(letters: int) -> None:
    assert not has_address("hipBLASLt :=9.1.0.70")
    assert has_address(f"{'x' * letters}hipBLASLt :=9.1.0.70")


addresses = st.sampled_from(PRIVATE).flatmap(
    lambda network: st.integers(int(network[0]), int(network[-1])).map(IPv4Address)
)
beside = st.text(st.characters(exclude_categories=["Nd"], exclude_characters="."))


@given(addresses, beside, beside, st.booleans())
@example(IPv4Address("192.168.1.1"), "cuDNN v", ".80", True)
@example(IPv4Address("10.1.0.2"), "CUDA ", "", False)
@example(IPv4Address("100.64.0.9"), "host-", "-eth0", True)
def test_the_address_of_a_private_network_is_found_wherever_it_stands(
    address: IPv4Address, before: str, after: str, version: bool
) -> None:
    if version and not any(address in network for network in NEVER_A_VERSION):
        return
    assert has_address(f"{before}{address}{after}", version)
    assert has_address(f"{before}{'.'.join(f'{int(part):03}' for part in str(address).split('.'))}{after}", version)
