"""Numbers of the system calls that a decoder has no use for, on x86-64 and on 64-bit ARM.

Each word is a name with its two numbers; `-` is a call that the newer architecture does not have. A line that begins
with # says what the calls beneath it are for. Source: the kernel's own headers (asm/unistd_64.h, asm-generic/unistd.h).
"""

from __future__ import annotations

_REFUSED = """
    # To reach the network, or the kernel's second way of asking for anything.
    socket=41,198 socketpair=53,199 connect=42,203 bind=49,200 listen=50,201 accept=43,202 accept4=288,242
    sendto=44,206 sendmsg=46,211 sendmmsg=307,269 io_uring_setup=425,425 io_uring_enter=426,426
    io_uring_register=427,427
    # To start, trace or signal processes.
    execve=59,221 execveat=322,281 fork=57,- vfork=58,- ptrace=101,117 process_vm_readv=310,270
    process_vm_writev=311,271 process_madvise=440,440 kcmp=312,272 kill=62,129 tkill=200,130 pidfd_open=434,434
    pidfd_getfd=438,438 pidfd_send_signal=424,424 rt_sigqueueinfo=129,138 rt_tgsigqueueinfo=297,240
    # To change the system, as a service that runs as root could.
    unshare=272,97 setns=308,268 chroot=161,51 pivot_root=155,41 mount=165,40 umount2=166,39 open_tree=428,428
    move_mount=429,429 fsopen=430,430 fsmount=432,432 mount_setattr=442,442 bpf=321,280 perf_event_open=298,241
    userfaultfd=323,282 keyctl=250,219 add_key=248,217 request_key=249,218 init_module=175,105
    finit_module=313,273 delete_module=176,106 kexec_load=246,104 kexec_file_load=320,294 reboot=169,142
    syslog=103,116 swapon=167,224 swapoff=168,225 acct=163,89 sethostname=170,161 setdomainname=171,162
    settimeofday=164,170 clock_settime=227,112
    # To change files.
    creat=85,- unlink=87,- unlinkat=263,35 rename=82,- renameat=264,38 renameat2=316,276 link=86,- linkat=265,37
    symlink=88,- symlinkat=266,36 mkdir=83,- mkdirat=258,34 rmdir=84,- mknod=133,- mknodat=259,33 chmod=90,-
    fchmod=91,52 fchmodat=268,53 fchmodat2=452,452 chown=92,- fchown=93,55 lchown=94,- fchownat=260,54
    truncate=76,45 utime=132,- utimes=235,- utimensat=280,88 futimesat=261,- setxattr=188,5 lsetxattr=189,6
    fsetxattr=190,7 removexattr=197,14 lremovexattr=198,15 fremovexattr=199,16 name_to_handle_at=303,264
    open_by_handle_at=304,265 memfd_create=319,279 shmget=29,194 mq_open=240,180
"""
# These are refused or not by what they are asked for.
_JUDGED = """
    open=2,- openat=257,56 openat2=437,437 clone=56,220 clone3=435,435 tgkill=234,131 prlimit64=302,261
"""
MACHINES = ("x86_64", "aarch64")


def refused(machine: str) -> list[int]:
    """Return the numbers of the calls that are refused whatever they ask for. The machine is one of MACHINES."""
    return list(_numbers(_REFUSED, machine).values())


def judged(machine: str) -> dict[str, int]:
    """Return the numbers, by name, of the calls whose arguments decide; the older architecture's `open` may lack."""
    return _numbers(_JUDGED, machine)


def _numbers(table: str, machine: str) -> dict[str, int]:
    words = " ".join(line for line in table.splitlines() if not line.strip().startswith("#")).split()
    pairs = [
        (name, numbers.split(",")[MACHINES.index(machine)]) for name, _, numbers in (w.partition("=") for w in words)
    ]
    return {name: int(number) for name, number in pairs if number != "-"}
