"""Lets this process read the files it was given and its own libraries, and nothing else on the machine.

A decoder that has been taken over could otherwise read every secret of the service and say it in its answer. Linux from
5.13 on, where Landlock is switched on. Source: landlock(7).
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from collections.abc import Iterable
from pathlib import Path

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446  # the same numbers on all machines
CREATE_RULESET_VERSION, RULE_PATH_BENEATH = 1, 1
PR_SET_NO_NEW_PRIVS = 38
READ_FILE, READ_DIR = 1 << 2, 1 << 3
# How many of the rights on files, and on TCP, each version knows; a ruleset that names an unknown one is refused.
FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15}
FILE_RIGHTS_SINCE_5 = 16
TCP_RIGHTS = 0b11
SYSTEM_FOLDERS = (
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/usr/local/lib",
    "/usr/share",
    "/nix/store",
    "/gnu/store",
)
SYSTEM_FILES = ("/dev/null", "/dev/zero", "/dev/urandom", "/etc/ld.so.cache", "/proc/cpuinfo", "/proc/meminfo")


def may_only_read(files: Iterable[Path]) -> bool:
    """Raise the fence for this process; say whether it stands. It can be narrowed later, but never taken down."""
    if sys.platform != "linux":
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    version = libc.syscall(CREATE_RULESET, None, 0, CREATE_RULESET_VERSION)
    if version < 1:
        return False
    ruleset = libc.syscall(CREATE_RULESET, *_attributes(version), 0)
    if ruleset < 0:
        return False
    for path, rights in _readable(files):
        _allow(libc, ruleset, path, rights)
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    stands: bool = libc.syscall(RESTRICT_SELF, ruleset, 0) == 0
    os.close(ruleset)
    return stands


def _attributes(version: int) -> tuple[bytes, int]:
    rights = (1 << FILE_RIGHTS.get(version, FILE_RIGHTS_SINCE_5)) - 1
    attributes = struct.pack("<Q", rights) if version < 4 else struct.pack("<QQ", rights, TCP_RIGHTS)
    return attributes, len(attributes)


def _readable(files: Iterable[Path]) -> Iterable[tuple[Path, int]]:
    """Yield what may be read: Python's own folders as well, because it loads parts of itself late."""
    yield from ((Path(name), READ_FILE) for name in SYSTEM_FILES)
    yield from ((path, READ_FILE) for path in files)
    own = (sys.prefix, sys.base_prefix, *sys.path, *os.environ.get("LD_LIBRARY_PATH", "").split(":"))
    yield from ((Path(name), READ_FILE | READ_DIR) for name in (*SYSTEM_FOLDERS, *own) if name)


def _allow(libc: ctypes.CDLL, ruleset: int, path: Path, rights: int) -> None:
    try:
        beneath = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:  # what is not there need not be allowed
        return
    if not path.is_dir():
        rights &= READ_FILE
    libc.syscall(ADD_RULE, ruleset, RULE_PATH_BENEATH, struct.pack("<Qi", rights, beneath), 0)
    os.close(beneath)
