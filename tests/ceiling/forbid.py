"""Forbids executable memory to this process and to what it becomes: HOW PROGRAM ARGUMENTS.

As the kernel does that is asked to ("mdwe"), as systemd's MemoryDenyWriteExecute and SELinux do ("refused"), and as a
sandbox does that ends whoever tries ("killed"). It ends with 77 where this kernel has no such thing.
"""

import ctypes
import os
import platform
import struct
import sys

PR_SET_MDWE, PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 65, 38, 22, 2  # linux/prctl.h, seccomp.h
MPROTECT = {"x86_64": 10, "aarch64": 226}
LOAD, EQUAL, HAS_BITS, RETURN = 0x20, 0x15, 0x45, 0x06  # linux/bpf_common.h
AT_NUMBER, AT_THIRD_ARGUMENT, PROT_EXEC = 0, 32, 4
ALLOW, VERDICTS = 0x7FFF0000, {"refused": 0x00050000 | 1, "killed": 0x80000000}
NOT_HERE = 77


class Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def forbid(how: str) -> int:
    library = ctypes.CDLL(None)
    if how == "mdwe":
        return int(library.prctl(PR_SET_MDWE, 1, 0, 0, 0))
    steps = [
        (LOAD, 0, 0, AT_NUMBER),
        (EQUAL, 0, 3, MPROTECT[platform.machine()]),
        (LOAD, 0, 0, AT_THIRD_ARGUMENT),
        (HAS_BITS, 0, 1, PROT_EXEC),
        (RETURN, 0, 0, VERDICTS[how]),
        (RETURN, 0, 0, ALLOW),
    ]
    code = b"".join(struct.pack("<HBBI", *step) for step in steps)
    program = Program(len(steps), code)
    if library.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        return -1
    return int(library.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0))


if __name__ == "__main__":
    how, *command = sys.argv[1:]
    if sys.platform != "linux" or (how != "mdwe" and platform.machine() not in MPROTECT) or forbid(how):
        raise SystemExit(NOT_HERE)
    os.execv(command[0], command)
