"""Signatures beside documents, by the ssh keys people already have. One says who, never that it is true."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Literal

import msgspec

from flopsbench.errors import DocumentRejected, UsageError
from flopsbench.result.files import named, read_bytes
from flopsbench.validate.finding import Finding

NAMESPACE = "flopsbench"
SUFFIX = ".sig"
UNKNOWN_KEY = "is sound, and by a key that the registry does not list for its submitter"
SIGNERS = "signers"  # in the registry's folder, in ssh's allowed_signers format: handle, namespaces="flopsbench", key
LARGEST_SIGNATURE_BYTES = 16 * 1024
TIMEOUT_S = 20.0

_FINGERPRINT = re.compile(r"\bSHA256:[A-Za-z0-9+/]{43}")
_TOO_OLD = re.compile("(unknown|illegal) option|Unsupported operation")  # OpenSSH before 8.2


class Signature(msgspec.Struct, frozen=True, omit_defaults=True):
    """A signature that fits its document, or that nothing here could check.

    ``state`` is "known" when the registry lists the key for the document's submitter, who is then ``handle``;
    "unknown" when it does not; "not checked" where there is no ssh-keygen that verifies. ``fingerprint`` is the
    key's, as ssh shows it.
    """

    state: Literal["known", "unknown", "not checked"]
    fingerprint: str | None = None
    handle: str | None = None


def beside(path: Path) -> Path:
    """Where the signature of a document lies."""
    return path.with_name(path.name + SUFFIX)


def check(path: Path, signers: Path, submitter: str | None) -> Signature:
    """Check the signature beside the document at ``path``, which ``submitter`` contributed.

    ``signers`` is the file of ssh's allowed signers; a key counts for the handle it is listed under and for no other.
    Raises DocumentRejected for a signature that is none, or is none of these bytes.
    """
    document = read_bytes(path)
    signature = beside(path)
    with named(signature):
        if len(read_bytes(signature)) > LARGEST_SIGNATURE_BYTES:
            raise DocumentRejected(f"larger than {LARGEST_SIGNATURE_BYTES // 1024} KiB, which no signature is")
        if not shutil.which("ssh-keygen"):
            return Signature("not checked")
        if submitter is not None and signers.is_file():
            listed = ("verify", "-f", str(signers), "-I", submitter)
            fingerprint, _ = _fitting(listed, signature, document)
            if fingerprint:
                return Signature("known", fingerprint, submitter)
        fingerprint, refusal = _fitting(("check-novalidate",), signature, document)
        if fingerprint:
            return Signature("unknown", fingerprint)
        if _TOO_OLD.search(refusal):
            return Signature("not checked")
        raise DocumentRejected(f"not a signature of this document ({_first_line(refusal)})")


def judge(path: Path, signers: Path, submitter: str | None) -> tuple[str | None, list[Finding]]:
    """The handle whose key signed the document at ``path``, None without one that is listed; and what to say of it."""
    try:
        found = check(path, signers, submitter)
    except DocumentRejected as error:
        return None, [Finding("signature.invalid", str(error).removeprefix(f"{beside(path)}: "))]
    return found.handle, [Finding("signature.unknown", UNKNOWN_KEY)] if found.state == "unknown" else []


def check_key(key: Path) -> None:
    """Raise UsageError where nothing can be signed with an ssh key, before anybody is asked for its passphrase."""
    if not shutil.which("ssh-keygen"):
        raise UsageError("--sign needs ssh-keygen of OpenSSH 8.2 or newer, which is not installed")
    if key.is_dir() or not os.access(key, os.R_OK):
        raise UsageError(f"--sign {key}: there is no such file, or none that can be read")


def sign(document: bytes, key: Path) -> bytes:
    """The signature of a document by an ssh key: a private one, or a public one whose other half an agent holds.

    ssh-keygen asks for the key's passphrase at the terminal. Raises UsageError where it cannot sign.
    """
    check_key(key)
    command = ["ssh-keygen", "-Y", "sign", "-n", NAMESPACE, "-f", str(key)]
    done = subprocess.run(command, input=document, capture_output=True)  # no time limit: a person types
    said = done.stderr.decode(errors="replace").replace("Signing data on standard input", "")
    if done.returncode:
        raise UsageError(f"--sign {key}: {_first_line(said)}")
    return done.stdout


def _fitting(operation: tuple[str, ...], signature: Path, document: bytes) -> tuple[str | None, str]:
    """The fingerprint of the key whose signature fits, else None and what ssh-keygen says against it."""
    name, *options = operation
    command = ["ssh-keygen", "-Y", name, "-n", NAMESPACE, "-s", str(signature), *options]
    environment = {**os.environ, "LC_ALL": "C"}
    try:
        done = subprocess.run(command, input=document, capture_output=True, timeout=TIMEOUT_S, env=environment)
    except subprocess.TimeoutExpired:
        raise DocumentRejected(f"ssh-keygen did not check it within {TIMEOUT_S:.0f} s") from None
    fingerprint = _FINGERPRINT.search(done.stdout.decode(errors="replace"))
    return (fingerprint[0] if fingerprint and not done.returncode else None), done.stderr.decode(errors="replace")


def _first_line(text: str) -> str:
    lines = text.split("\n")
    return next((line.strip() for line in lines if line.strip()), "ssh-keygen does not say why")
