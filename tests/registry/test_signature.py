"""Signatures with real keys: a listed key counts for its own handle, and nothing else counts for anybody."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from flopsbench.errors import DocumentRejected, UsageError
from flopsbench.registry.signature import LARGEST_SIGNATURE_BYTES, Signature, check_signature, sign, signature_path
from flopsbench.registry.validate import validate
from flopsbench.result.files import save
from tests.validate.honest import MEASURED, honest

pytestmark = pytest.mark.process

RESULTS = Path(__file__).parents[2] / "results"
TEXT = b'{"a": 1}\n'


def keygen(folder: Path, name: str, kind: str = "ed25519", passphrase: str = "") -> Path:
    key = folder / name
    made = ["ssh-keygen", "-q", "-t", kind, "-N", passphrase, "-C", "", "-f", str(key)]
    subprocess.run(made, check=True, capture_output=True)
    return key


def line(handle: str, key: Path, options: str = 'namespaces="flopsbench"') -> str:
    return f"{handle} {options} {key.with_suffix('.pub').read_text().strip()}\n"


def fingerprint(key: Path) -> str:
    shown = subprocess.run(["ssh-keygen", "-l", "-f", str(key)], capture_output=True, text=True, check=True).stdout
    return shown.split()[1]


@pytest.fixture
def key(tmp_path: Path) -> Path:
    return keygen(tmp_path, "key")


@pytest.fixture
def file(tmp_path: Path, key: Path) -> Path:
    """A document that the key has signed."""
    path = tmp_path / "0123.json"
    path.write_bytes(TEXT)
    signature_path(path).write_bytes(sign(TEXT, key))
    return path


@pytest.fixture
def signers(tmp_path: Path, key: Path) -> Path:
    path = tmp_path / "signers"
    path.write_text("# whose\n\n" + line("alice", key))
    return path


def test_a_listed_key_counts_for_its_handle(file: Path, signers: Path, key: Path) -> None:
    assert signature_path(file).name == "0123.json.sig"
    assert check_signature(file, signers, "alice") == Signature("known", fingerprint(key), "alice")


@pytest.mark.parametrize("kind", ["rsa", "ecdsa"])
def test_every_kind_of_key_signs(kind: str, file: Path, tmp_path: Path) -> None:
    other = keygen(tmp_path, kind, kind)
    signature_path(file).write_bytes(sign(TEXT, other))
    (tmp_path / "both").write_text(line("alice", tmp_path / "key") + line("alice", other))
    assert check_signature(file, tmp_path / "both", "alice") == Signature("known", fingerprint(other), "alice")


@pytest.mark.parametrize("submitter", ["bob", "ALICE", None])
def test_it_counts_for_no_other_submitter(submitter: str | None, file: Path, signers: Path, key: Path) -> None:
    assert check_signature(file, signers, submitter) == Signature("unknown", fingerprint(key))


@pytest.mark.parametrize("options", ['namespaces="git"', 'namespaces="flopsbench",valid-before="20200101"'])
def test_a_key_listed_for_something_else_is_unknown(options: str, file: Path, tmp_path: Path, key: Path) -> None:
    (tmp_path / "signers").write_text(line("alice", key, options))
    assert check_signature(file, tmp_path / "signers", "alice").state == "unknown"


def test_a_key_nobody_lists_is_unknown(file: Path, tmp_path: Path) -> None:
    (tmp_path / "signers").write_text(line("alice", keygen(tmp_path, "other")))
    assert check_signature(file, tmp_path / "signers", "alice").state == "unknown"
    assert check_signature(file, RESULTS / "signers", "alice").state == "unknown"
    assert check_signature(file, tmp_path / "no signers", "alice").state == "unknown"


def test_a_person_looks_at_a_signature_nobody_can_place(tmp_path: Path, key: Path) -> None:
    path = save(honest(measured=(MEASURED[1],), created="2026-01-15T12:00:00Z"), tmp_path / "results")
    signature_path(path).write_bytes(sign(path.read_bytes(), key))
    found = {each.path: [finding.level for finding in each.findings] for each in validate([tmp_path / "results"])}
    assert found[str(signature_path(path))] == ["review"]


def test_one_changed_byte_is_found(file: Path, signers: Path) -> None:
    file.write_bytes(TEXT.replace(b"1", b"2"))
    for submitter in ("alice", None):
        with pytest.raises(DocumentRejected, match="not a signature of this document"):
            check_signature(file, signers, submitter)


@pytest.mark.parametrize("damaged", [b"", b"hello\n", b"\xff" * 100, b"-----BEGIN SSH SIGNATURE-----\nAAAA\n"])
def test_what_is_no_signature_is_refused(damaged: bytes, file: Path, signers: Path) -> None:
    signature_path(file).write_bytes(damaged)
    with pytest.raises(DocumentRejected, match=f"{signature_path(file)}: not a signature") as caught:
        check_signature(file, signers, "alice")
    assert "\n" not in str(caught.value)
    assert "\r" not in str(caught.value)


def test_a_signature_for_another_use_is_refused(file: Path, signers: Path, key: Path) -> None:
    command = ["ssh-keygen", "-Y", "sign", "-n", "git", "-f", str(key)]
    signature_path(file).write_bytes(subprocess.run(command, input=TEXT, capture_output=True, check=True).stdout)
    with pytest.raises(DocumentRejected, match="namespace"):
        check_signature(file, signers, "alice")


def test_too_large_or_unreadable_is_refused(file: Path, signers: Path) -> None:
    signature_path(file).write_bytes(b"\n" * (LARGEST_SIGNATURE_BYTES + 1))
    with pytest.raises(DocumentRejected, match="larger than 16 KiB"):
        check_signature(file, signers, "alice")
    signature_path(file).unlink()
    with pytest.raises(DocumentRejected, match="cannot be read"):
        check_signature(file, signers, "alice")


def test_without_ssh_keygen_it_is_not_checked(file: Path, signers: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert check_signature(file, signers, "alice") == Signature("not checked")
    with pytest.raises(UsageError, match="not installed"):
        sign(TEXT, Path("key"))


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An ssh-keygen of our own, before the real one."""
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin/ssh-keygen"
    program.touch(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    return program


def test_an_ssh_keygen_without_signatures_has_not_checked_it(file: Path, signers: Path, fake: Path) -> None:
    fake.write_text("#!/bin/sh\ncat >/dev/null\necho 'unknown option -- Y' >&2\necho usage: >&2\nexit 1\n")
    assert shutil.which("ssh-keygen") == str(fake)
    assert check_signature(file, signers, "alice") == Signature("not checked")


def test_an_ssh_keygen_that_hangs_is_ended(
    file: Path, signers: Path, fake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flopsbench.registry.signature.TIMEOUT_S", 0.2)
    fake.write_text("#!/bin/sh\nexec sleep 60\n")
    with pytest.raises(DocumentRejected, match="did not check it within"):
        check_signature(file, signers, "alice")


@pytest.mark.parametrize(
    ("name", "said"),
    [("missing", "there is no such file"), (".", "there is no"), ("0123.json", "Couldn't load public")],
)
def test_a_key_that_cannot_sign_is_said(name: str, said: str, file: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=f"--sign {re.escape(str(tmp_path / name))}: {said}"):
        sign(TEXT, tmp_path / name)
