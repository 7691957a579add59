"""Makes and checks signatures beside documents, by the ssh keys that people already have.

A signature says who contributed a Result, never that it is true.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Literal

import msgspec

from flopsbench.errors import DocumentRejected, UsageError
from flopsbench.registry.file import SUFFIX
from flopsbench.result.files import named, read_regular, unnamed
from flopsbench.units import fixed
from flopsbench.validate.finding import Finding
from flopsbench.words.reason import Reason

NAMESPACE = "flopsbench"
UNKNOWN_KEY = Reason("unlisted_key")
LARGEST_SIGNATURE_BYTES = 16 * 1024
TIMEOUT_S = 20.0

_FINGERPRINT = re.compile(r"\bSHA256:[A-Za-z0-9+/]{43}")
_TOO_OLD = re.compile("(unknown|illegal) option|Unsupported operation")  # OpenSSH before 8.2


class Signature(msgspec.Struct, frozen=True, omit_defaults=True):
    """A Signature fits its document, or could not be checked here.

    ``state`` is "known" where the registry lists the key for the document's submitter, who is then ``handle``;
    "unknown" where it does not; "not checked" where there is no ssh-keygen that verifies. ``fingerprint`` is that of
    the key, as ssh shows it.
    """

    state: Literal["known", "unknown", "not checked"]
    fingerprint: str | None = None
    handle: str | None = None


def signature_path(path: Path) -> Path:
    """Return where the signature of a document lies."""
    return path.with_name(path.name + SUFFIX)


def check_signature(path: Path, signers: Path, submitter: str | None) -> Signature:
    """Check the signature beside the document at ``path``, which ``submitter`` contributed.

    ``signers`` is the file of ssh's allowed signers; a key counts for the handle it is listed under and for no other.
    Raises DocumentRejected for a file that is no signature, or not one of these bytes.
    """
    document = read_regular(path)
    signature = signature_path(path)
    with named(signature):
        if len(read_regular(signature)) > LARGEST_SIGNATURE_BYTES:
            raise DocumentRejected(Reason("larger_than_signature", most=LARGEST_SIGNATURE_BYTES // 1024))
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
        raise DocumentRejected(Reason("signature_unfit", error=_first_line(refusal)))


def judge_signature(path: Path, signers: Path, submitter: str | None) -> tuple[str | None, list[Finding]]:
    """Check the signature beside the document at ``path``, and return who signed and the findings about it.

    The handle is None where the registry lists no such key for the submitter.
    """
    try:
        found = check_signature(path, signers, submitter)
    except DocumentRejected as error:
        return None, [Finding("signature.invalid", unnamed(error))]
    return found.handle, [Finding("signature.unknown", UNKNOWN_KEY)] if found.state == "unknown" else []


def check_key(key: Path) -> None:
    """Raise UsageError where nothing can be signed with an ssh key, before anybody is asked for its passphrase."""
    if not shutil.which("ssh-keygen"):
        raise UsageError(Reason("ssh_keygen_missing"))
    if key.is_dir() or not os.access(key, os.R_OK):
        raise UsageError(Reason("key_missing", key=key))


def sign(document: bytes, key: Path) -> bytes:
    """Return the signature of a document by an ssh key: a private one, or a public one whose other half an agent holds.

    ssh-keygen asks for the key's passphrase at the terminal. Raises UsageError where it cannot sign.
    """
    check_key(key)
    command = ["ssh-keygen", "-Y", "sign", "-n", NAMESPACE, "-f", str(key)]
    done = subprocess.run(command, input=document, capture_output=True)  # no time limit: a person types
    said = done.stderr.decode(errors="replace").replace("Signing data on standard input", "")
    if done.returncode:
        raise UsageError(Reason("sign_failed", key=key, error=_first_line(said)))
    return done.stdout


def _fitting(operation: tuple[str, ...], signature: Path, document: bytes) -> tuple[str | None, str]:
    """Return the fingerprint of the key whose signature fits, or else None, and what ssh-keygen printed as an error."""
    name, *options = operation
    command = ["ssh-keygen", "-Y", name, "-n", NAMESPACE, "-s", str(signature), *options]
    environment = {**os.environ, "LC_ALL": "C"}
    try:
        done = subprocess.run(command, input=document, capture_output=True, timeout=TIMEOUT_S, env=environment)
    except subprocess.TimeoutExpired:
        raise DocumentRejected(Reason("ssh_keygen_late", seconds=fixed(TIMEOUT_S, 0))) from None
    fingerprint = _FINGERPRINT.search(done.stdout.decode(errors="replace"))
    return (fingerprint[0] if fingerprint and not done.returncode else None), done.stderr.decode(errors="replace")


def _first_line(text: str) -> str:
    """Return the first line that is not blank."""
    lines = text.split("\n")
    return next((line.strip() for line in lines if line.strip()), Reason("ssh_keygen_silent"))
