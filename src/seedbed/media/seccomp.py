"""Has the kernel refuse this process whatever a decoder has no use for: network, new processes, changes to files.

A refused call fails with EPERM instead of ending the process, so that a library that only asks (for a socket to log to,
for instance) goes on without. Threads may be started, since decoders use them. Linux on x86-64 and 64-bit ARM; once up,
it holds for the rest of the process's life. Source: seccomp(2), and the classic BPF of the kernel's filter.h.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
import sys

from seedbed.media.syscalls import MACHINES, judged, refused

PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
X32_BIT = 0x40000000  # the same calls by other numbers
CLONE_THREAD = 0x00010000
WRITING_FLAGS = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC

LOAD, JUMP_EQUAL, JUMP_AT_LEAST, JUMP_BITS, ANSWER = 0x20, 0x15, 0x35, 0x45, 0x06
ALLOW, KILL, REFUSE = 0x7FFF0000, 0x80000000, 0x00050000
NUMBER_AT, ARCHITECTURE_AT = 0, 4


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def forbid_calls() -> bool:
    """Raise the fence for this process and all its threads to come; say whether it stands. Call it from one thread."""
    if sys.platform != "linux" or platform.machine() not in MACHINES:
        return False
    filter_ = build_filter(platform.machine(), own_pid=os.getpid())
    program = _Program(len(filter_) // 8, filter_)
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    if prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return False
    return bool(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0) == 0)


def build_filter(machine: str, *, own_pid: int) -> bytes:
    """Return the filter's instructions, 8 bytes each. What is not named in it is allowed."""
    calls = judged(machine)
    steps = [
        _step(LOAD, ARCHITECTURE_AT),
        _step(JUMP_EQUAL, ARCHITECTURES[machine], 1, 0),
        _step(ANSWER, KILL),
        _step(LOAD, NUMBER_AT),
        *(_if(JUMP_AT_LEAST, X32_BIT, errno.EPERM) if machine == "x86_64" else []),
    ]
    for number in refused(machine):
        steps += _if(JUMP_EQUAL, number, errno.EPERM)
    # What these ask for lies in memory that a filter cannot read; libraries fall back to the calls that it can judge.
    for name in ("clone3", "openat2"):
        steps += _if(JUMP_EQUAL, calls[name], errno.ENOSYS)
    if "open" in calls:
        steps += _judge(calls["open"], 1, JUMP_BITS, WRITING_FLAGS, is_allowed_if=False)
    steps += _judge(calls["openat"], 2, JUMP_BITS, WRITING_FLAGS, is_allowed_if=False)
    steps += _judge(calls["clone"], 0, JUMP_BITS, CLONE_THREAD, is_allowed_if=True)
    steps += _judge(calls["tgkill"], 0, JUMP_EQUAL, own_pid, is_allowed_if=True)  # abort() signals itself
    steps += _judge(calls["prlimit64"], 0, JUMP_EQUAL, 0, is_allowed_if=True)
    return b"".join([*steps, _step(ANSWER, ALLOW)])


def _if(test: int, value: int, error: int) -> list[bytes]:
    return [_step(test, value, 0, 1), _step(ANSWER, REFUSE | error)]


def _judge(number: int, argument: int, test: int, value: int, *, is_allowed_if: bool) -> list[bytes]:
    """Return the steps that decide a call by the lower half of an argument (all machines are little-endian)."""
    yes, no = (ALLOW, REFUSE | errno.EPERM) if is_allowed_if else (REFUSE | errno.EPERM, ALLOW)
    return [
        _step(JUMP_EQUAL, number, 0, 4),
        _step(LOAD, 16 + 8 * argument),
        _step(test, value, 0, 1),
        _step(ANSWER, yes),
        _step(ANSWER, no),
    ]


def _step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("<HBBI", code, if_true, if_false, value)
