"""Reads documents from files within bounds, and writes them whole or not at all."""

from __future__ import annotations

import os
import secrets
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import reduce
from operator import or_
from pathlib import Path

from flopsbench.errors import DocumentRejected, UsageError
from flopsbench.result.codec import decode, encode
from flopsbench.result.place import relative_path
from flopsbench.result.types import Result
from flopsbench.words.reason import Reason

NO_RESULT = Reason("no_result_in_folder")
LARGEST_DOCUMENT_BYTES = 4 * 1024 * 1024


def load(path: str | os.PathLike[str]) -> Result:
    """Read a Result; raise DocumentRejected with the file's name and one sentence when it is not one."""
    with named(path):
        return decode(read_bytes(path))


@contextmanager
def named(path: str | os.PathLike[str]) -> Iterator[None]:
    """Put the file's name before what a DocumentRejected says."""
    try:
        yield
    except DocumentRejected as error:
        raise DocumentRejected(Reason("at_path", path=os.fspath(path), error=error), error.kind) from None


def unnamed(error: DocumentRejected) -> str:
    """Return what was said before ``named`` put the file's name before it."""
    reason = error.reason
    within = reason.values["error"] if isinstance(reason, Reason) and reason.code == "at_path" else reason
    return within if isinstance(within, str) else str(within)


def read_bytes(path: str | os.PathLike[str]) -> bytes:
    """Read the bytes of a document, never more than a Result may have; raise DocumentRejected when unreadable.

    It may be a pipe, as the shell makes them; one that nobody writes into is empty, and not waited for.
    """
    return _read(path, lambda _: True, "")


def read_regular(path: str | os.PathLike[str], refusal: str = Reason("not_regular_file")) -> bytes:
    """Read the bytes of a document, and refuse what is no regular file: who put it there may want a reader to wait."""
    return _read(path, stat.S_ISREG, refusal)


def _read(path: str | os.PathLike[str], accepts: Callable[[int], bool], refusal: str) -> bytes:
    """Read the bytes of a document; refuse with these words a file whose mode is not accepted."""
    try:
        with _opened(path) as descriptor:
            if not accepts(os.fstat(descriptor).st_mode):
                raise DocumentRejected(refusal)
            with open(descriptor, "rb", closefd=False) as file:
                document = file.read(LARGEST_DOCUMENT_BYTES + 1)
    except OSError as error:
        raise DocumentRejected(Reason("cannot_be_read", error=error.strerror)) from None
    except ValueError:  # a NUL in its name
        raise DocumentRejected(Reason("no_such_file_name")) from None
    if len(document) > LARGEST_DOCUMENT_BYTES:
        raise DocumentRejected(Reason("larger_than_result", most=LARGEST_DOCUMENT_BYTES // 2**20))
    return document


@contextmanager
def _opened(path: str | os.PathLike[str]) -> Iterator[int]:
    """Yield a descriptor for reading, which reads as usual but was opened without waiting for a writer."""
    descriptor = os.open(path, os.O_RDONLY | flags_here("O_NONBLOCK", "O_NOCTTY", "O_CLOEXEC"))
    try:
        if hasattr(os, "O_NONBLOCK"):
            os.set_blocking(descriptor, True)
        yield descriptor
    finally:
        os.close(descriptor)


def flags_here(*names: str) -> int:
    """Return flags of ``os.open`` together, those that this system has; Windows has one more, for bytes as they are."""
    return reduce(or_, (getattr(os, name, 0) for name in (*names, "O_BINARY")))


def load_regular(path: Path) -> Result:
    """Read a Result as ``load`` does, from a regular file alone."""
    with named(path):
        return decode(read_regular(path))


def load_folder(folder: Path, read: Callable[[Path], Result] = load_regular) -> tuple[list[Result], list[str]]:
    """Return what lies below a folder, in the order of paths, and a sentence for each file that is no Result.

    A folder that cannot be read is named as well: what lies in it would be missing without a word.
    """
    results: list[Result] = []
    paths, rejected = _documents_below(folder)
    for path in paths:
        try:
            results.append(read(path))
        except DocumentRejected as error:
            rejected.append(error.reason)
    return results, rejected


def _documents_below(folder: Path) -> tuple[list[Path], list[str]]:
    """Return the paths of all documents below a folder, and a sentence for each folder that cannot be read.

    No link is followed, and no depth is too deep. A folder that is not there has none.
    """
    paths: list[Path] = []
    unread: list[str] = []
    waiting = [folder] if folder.is_dir() else []
    while waiting:
        here = waiting.pop()
        try:
            with os.scandir(here) as entries:
                for entry in entries:
                    if entry.name.endswith(".json"):
                        paths.append(here / entry.name)
                    elif entry.is_dir(follow_symlinks=False):
                        waiting.append(here / entry.name)
        except OSError as error:
            unread.append(Reason("path_not_read", path=here, error=error.strerror))
    return sorted(paths), unread


def save(result: Result, folder: Path) -> Path:
    """Write the Result to its place below ``folder`` and return that; raise OSError when it cannot be written."""
    document = encode(result)
    return write(folder / relative_path(decode(document)), document)


def write(path: Path, document: bytes, durable: bool = True) -> Path:
    """Write a document where folders may be missing, whole or not at all; into a device or a pipe as it comes.

    A device must not be replaced by a file: /dev/null would be gone for every program of the machine. What is
    ``durable`` outlives a power cut once this returns. Raise OSError when it cannot be written; what was there stays.
    """
    if is_stream(path):
        path.write_bytes(document)
        return path
    made = [each for each in path.parents if not each.exists()]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return _replace(path, document, durable)
    except OSError:
        for folder in made:
            with suppress(OSError):
                folder.rmdir()
        raise


def _replace(path: Path, document: bytes, durable: bool) -> Path:
    """Write a file beside its place in a folder that is there, and move it in."""
    target = Path(os.path.realpath(path))  # a link stays a link
    partial = target.with_name(f".flopsbench-{secrets.token_hex(8)}.partial")  # its own: another may write, too
    try:
        with partial.open("xb") as file:
            file.write(document)
            file.flush()
            if durable:
                os.fsync(file.fileno())
        if target.exists():
            shutil.copymode(target, partial)  # what others may do with it stays as it was
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)  # of an attempt that failed or was interrupted
    if durable:
        _sync_folder(target.parent)
    return path


def _sync_folder(folder: Path) -> None:
    """Make the names in a folder durable, where its file system can."""
    with _opened(folder) as descriptor, suppress(OSError):
        os.fsync(descriptor)


def refuse_unwritable(option: str, target: str, folders: bool = False) -> None:
    """Raise UsageError where ``write`` could not put what an option asks for, before minutes are spent on it.

    With ``folders`` the file may lie in ones that are yet to be made.
    """
    if not can_be_written(Path(target), folders):
        raise UsageError(Reason("no_file_written_there", option=option, target=target or repr(target)))


def can_be_written(path: Path, folders: bool = False) -> bool:
    """Return whether ``write`` could put a file there, over an older one too; with ``folders`` in ones to be made."""
    try:
        real = Path(os.path.realpath(path))  # a link is followed, and leads nowhere if it ends in a link
        folder = next(each for each in real.parents if each.exists()) if folders else real.parent
        if path.exists():
            if path.is_dir() or path.is_socket() or not os.access(path, os.W_OK):
                return False
            return is_stream(path) or _takes_files(folder)
        return _takes_files(folder) and not real.is_symlink()
    except (OSError, ValueError):  # a name that no file can have; a current folder that is gone
        return False


def _takes_files(folder: Path) -> bool:
    """Return whether a file can be made in a folder, by making one: not every file system says so beforehand."""
    trial = folder / f".flopsbench-{secrets.token_hex(8)}.partial"
    try:
        trial.touch(exist_ok=False)
    except OSError:
        return False
    finally:
        with suppress(OSError):
            trial.unlink(missing_ok=True)
    return True


@contextmanager
def writing(what: object, advice: str = "") -> Iterator[None]:
    """Raise UsageError, with ``advice`` behind it, where something cannot be written."""
    try:
        yield
    except OSError as error:
        raise UsageError(Reason("not_written", what=what, error=error.strerror, advice=advice)) from None


def is_stream(path: Path) -> bool:
    """Return whether a path is a pipe, a device or an open file by its number: written into, and never replaced."""
    return (path.exists() and not path.is_file()) or path.absolute().parts[1:2] == ("dev",)
