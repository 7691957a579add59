"""Builds and parses the names of a case: its key, under which it is tracked, its id in a document, and its title."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import takewhile

from flopsbench.device import CPU, kind_name
from flopsbench.errors import DocumentRejected
from flopsbench.problem import GEMM, OPS, shape_text
from flopsbench.result.types import Call, Case, Result
from flopsbench.words.reason import Reason

PROBLEM_FIELDS = ("op", "dtype", "shape", "layout")
KEY_FIELDS = (*PROBLEM_FIELDS, "backend", "kernel", "device kind", "regime")
USUAL_OP = GEMM.name
USUAL = (CPU.name, "burst", "")  # what a title leaves out
# What each backend of this project calls by default: the vendor's GEMM of BLAS, oneDNN, MKL, cuBLAS or hipBLAS. Every
# other kernel, of this project or of anybody else, is an own one.
VENDOR_KERNELS = {"numpy": "blas", "torch": "matmul", "cupy": "cublas"}

Tracked = Case | Call  # what has a rate, by a name that is unique in its document

LONGEST_NAME = 80
_NAME = re.compile(rf"(?=.*[A-Za-z0-9])[A-Za-z_][A-Za-z0-9_.+-]{{0,{LONGEST_NAME - 1}}}")
_NO_PART = re.compile(r"[^A-Za-z0-9_.+-]")
# What looks like another letter of the names that everybody knows, and a longer one of theirs.
_LIKE = str.maketrans("01|!i5$347869", "ollllsseatbgg")
_ALSO = {"pytorch": "torch"}
_OTHERS = {"copy", "cupyx"}  # names that are close to a known one by chance


def is_name(text: str) -> bool:
    """Return whether a backend or a kernel can have this name, of which keys of cases are made.

    It is of ASCII letters, digits, points, plus signs and strokes, as packages and modules are called, and begins with
    a letter: no letter of another alphabet looks like the right one, and no page, shell or spreadsheet acts upon it.
    """
    return _NAME.fullmatch(text) is not None


def as_name(text: str) -> str:
    """Return a text as a name that a backend can have."""
    named = _NO_PART.sub("_", text)[:LONGEST_NAME]
    return named if is_name(named) else f"no_name_{named}"[:LONGEST_NAME]


def imitated(name: str, known: Iterable[str] = VENDOR_KERNELS) -> str:
    """Return which of the known names a name only looks like; empty where it is one of them, or like none."""
    if name in known:
        return ""
    look = _look(name)
    return next((each for each in known if _look(each) in (look, _ALSO.get(look)) or _is_a_slip_for(name, each)), "")


def _look(name: str) -> str:
    """Return what is left of a name for whoever reads it in passing."""
    return re.sub(r"[^a-z0-9]", "", name.lower().translate(_LIKE)).replace("rn", "m").replace("vv", "w")


def _is_a_slip_for(name: str, backend: str) -> bool:
    """Return whether a name is a known backend's but for one letter, or two in the wrong order; a number may follow."""
    plain = re.sub(r"[^a-z0-9]", "", name.lower()).rstrip("0123456789")
    if backend not in VENDOR_KERNELS or plain in _OTHERS or plain == backend:
        return False
    start = _shared(plain, backend)
    end = _shared(plain[start:][::-1], backend[start:][::-1])
    ours, theirs = plain[start : len(plain) - end], backend[start : len(backend) - end]
    return max(len(ours), len(theirs)) <= 1 or (len(ours) == len(theirs) <= 2 and ours == theirs[::-1])


def _shared(one: str, other: str) -> int:
    """Return with how many of the same letters two texts begin."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def case_key(case: Case) -> str:
    """Return the name a case is tracked under, "gemm/fp32/2048x2048x2048/nn/numpy/blas/cpu/burst"."""
    return "/".join((_problem_key(case), case.backend, case.kernel, kind_name(case.device), case.regime))


def _problem_key(case: Case) -> str:
    """Return the part of the key that says what is computed, "gemm/fp32/2048x2048x2048/nn"."""
    return "/".join((case.op, case.dtype, shape_text(case.m, case.n, case.k), case.layout))


def case_id(case: Case) -> str:
    """Return the key with the device's id before it, which is unique within a document."""
    return f"{case.device} {case.case}"


def tracked_in(result: Result) -> list[Tracked]:
    """Return every case and every call of a document, measured or not."""
    return [*result.cases, *result.calls]


def name_of(tracked: Tracked) -> str:
    """Return the name of a case or a call within its document."""
    return case_id(tracked) if isinstance(tracked, Case) else tracked.name


def problem_id(case: Case) -> str:
    """Return the id without what computes the product: cases of several kernels share it."""
    return f"{case.device} {_problem_key(case)}"


def limit_id(device: str, dtype: str) -> str:
    """Return the name of a ceiling or a peak within a document, "cuda:0/fp32"."""
    return f"{device}/{dtype}"


def parse_case_key(key: str) -> dict[str, str]:
    """Return the fields of a case key by the names in KEY_FIELDS; raise DocumentRejected when it is not one."""
    parts = key.split("/")
    if len(parts) != len(KEY_FIELDS) or not all(parts):
        raise DocumentRejected(Reason("not_a_case", key=repr(key), fields="/".join(KEY_FIELDS)))
    return dict(zip(KEY_FIELDS, parts, strict=True))


def split_id(id: str) -> tuple[str, str]:
    """Return the device and the key of an id; a key alone has no device."""
    head, slash, rest = id.partition("/")  # a kernel's name may hold a space, which no device's id does
    device, _, op = head.rpartition(" ")
    return device, f"{op}{slash}{rest}"


def case_title(id: str) -> str:
    """Return a case in short: dtype, backend and shape, then kernel, device and regime where they are not the usual.

    Whatever is no id and no key, such as the name of a test, is its own title.
    """
    device, key = split_id(id)
    parts = key.split("/")
    if parts[0] not in OPS or len(parts) not in (len(KEY_FIELDS), len(PROBLEM_FIELDS)):
        return id
    fields = dict(zip(KEY_FIELDS, parts, strict=False))
    by = implementation(fields.get("backend", ""), fields.get("kernel", ""))
    what = (fields["dtype"], *op_title(fields["op"]), by, short_shape(*fields["shape"].split("x")))
    place, regime = device or fields.get("device kind", ""), fields.get("regime", "")
    rest = [part for part in (place, regime) if part not in USUAL]
    return ", ".join([" ".join(filter(None, what)), *rest])


def op_title(op: str) -> tuple[str, ...]:
    """Return how a title names the operation: a GEMM, the usual one, not at all."""
    return () if op == USUAL_OP else (op,)


def implementation(backend: str, kernel: str) -> str:
    """Return what computes a product: the backend, and its kernel where that is not the vendor's."""
    return backend if not kernel or is_vendor(backend, kernel) else f"{backend} {kernel}"


def is_vendor(backend: str, kernel: str) -> bool:
    """Return whether a kernel is the vendor's GEMM, with which own kernels are compared."""
    return VENDOR_KERNELS.get(backend) == kernel


def short_shape(*edges: int | str, times: str = "x") -> str:
    """Return a shape as people read it: "2048³", or "4096x8192x1024"."""
    return f"{edges[0]}³" if len(set(edges)) == 1 else times.join(map(str, edges))
