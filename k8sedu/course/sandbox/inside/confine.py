"""Giving up rights, one after the other, until there is nothing left to abuse.

The order matters: mounting needs rights, so it comes first; the filter that forbids everything comes last. Each step closes something that
the cheat battery tries: the own mount namespace another one's files, the own process namespace other processes, the user the files of the
system, the limits the machine, the filter the kernel itself.

Left out: control groups, which an ordinary user may not make. Memory is limited per process instead, and there is only one.
"""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import struct
from typing import Any

from k8sedu.course.sandbox.inside import seccomp

CLONE_NEWNS, CLONE_NEWIPC, CLONE_NEWPID = 0x00020000, 0x08000000, 0x20000000
MS_REC_PRIVATE, MNT_DETACH = 0x44000, 2
MS_NOSUID_NODEV_NOEXEC = 0xE
PR_CAPBSET_DROP, PR_SET_DUMPABLE, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL = 24, 4, 47, 4
CAPABILITY_VERSION_3, CAPABILITIES = 0x20080522, 64
NOBODY = 65_534
SCRATCH = "/scratch"
_CAPSET = {"x86_64": 126, "aarch64": 91}

_libc = ctypes.CDLL(None, use_errno=True)


def unshare(flags: int) -> None:
    """Leave the namespaces that the parent shares."""
    _done(_libc.unshare(flags), "unshare")


def enter(descriptor: int, kind: int) -> None:
    """Go (back) into a namespace."""
    _done(_libc.setns(descriptor, kind), "setns")


def own_files(size_bytes: int) -> None:
    """A scratch folder of one's own that nobody else sees and that vanishes at the end; the list of processes is taken away."""
    unshare(CLONE_NEWNS | CLONE_NEWIPC)
    _done(_libc.mount(b"none", b"/", None, MS_REC_PRIVATE, None), "make mounts private")
    _libc.umount2(b"/proc", MNT_DETACH)
    options = f"size={size_bytes},nr_inodes=256,mode=777".encode()
    _done(_libc.mount(b"tmpfs", SCRATCH.encode(), b"tmpfs", MS_NOSUID_NODEV_NOEXEC, options), "mount the scratch folder")
    os.chdir(SCRATCH)


def drop_rights(limits: dict[str, Any]) -> None:
    """Become nobody, with no capability, within the limits, behind the filter."""
    _limit(limits)
    for capability in range(CAPABILITIES):
        _libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
    if os.getuid() == 0:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
    _libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    _no_capabilities()
    _libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
    code = seccomp.program(platform.machine())
    if code is not None:
        seccomp.install(code)


def _limit(limits: dict[str, Any]) -> None:
    cpu_s = max(1, round(limits["cpu_s"]))
    for what, soft, hard in (
        (resource.RLIMIT_CPU, cpu_s, cpu_s + 1),
        (resource.RLIMIT_AS, limits["memory_bytes"], limits["memory_bytes"]),
        (resource.RLIMIT_FSIZE, limits["files_bytes"], limits["files_bytes"]),
        (resource.RLIMIT_NOFILE, limits["open_files"], limits["open_files"]),
        (resource.RLIMIT_CORE, 0, 0),
        (resource.RLIMIT_MEMLOCK, 0, 0),
        (resource.RLIMIT_MSGQUEUE, 0, 0),
        (resource.RLIMIT_NPROC, 1, 1),
    ):
        resource.setrlimit(what, (soft, hard))


def _no_capabilities() -> None:
    """Empty all three sets of capabilities. In a user namespace of one's own that is what being nobody means."""
    number = _CAPSET.get(platform.machine())
    if number is not None:
        head = struct.pack("<Ii", CAPABILITY_VERSION_3, 0)
        _done(_libc.syscall(number, head, b"\0" * 24), "give up the capabilities")


def _done(answer: int, what: str) -> None:
    if answer != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
