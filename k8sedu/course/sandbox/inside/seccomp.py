"""A filter in the kernel: which requests of a process are refused, whatever it finds in Python.

Homework computes. It needs no further process, no socket, no other namespace, no tracing. So these requests are refused with "operation not
permitted" before the kernel looks at them, which also closes the doors behind which most escapes from namespaces were found. The filter
is a small program in the kernel's own packet-filter language (BPF): load the request's number, compare it with each of the list, and allow
the rest.

Source: Linux, Documentation/userspace-api/seccomp_filter.rst; numbers from arch/x86/entry/syscalls/syscall_64.tbl and
include/uapi/asm-generic/unistd.h.
Left out: other processors than x86-64 and arm64. There `program` gives None, and the namespaces must do.
"""

from __future__ import annotations

import ctypes
import struct

REFUSED = {
    # name: (x86-64, arm64); None where a processor has no such request
    "clone": (56, 220), "fork": (57, None), "vfork": (58, None), "clone3": (435, 435), "execve": (59, 221), "execveat": (322, 281),
    "socket": (41, 198), "socketpair": (53, 199), "connect": (42, 203), "bind": (49, 200), "listen": (50, 201), "accept": (43, 202),
    "accept4": (288, 242), "sendto": (44, 206), "sendmsg": (46, 211), "recvfrom": (45, 207), "recvmsg": (47, 212), "ptrace": (101, 117),
    "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "pidfd_open": (434, 434), "pidfd_getfd": (438, 438),
    "pidfd_send_signal": (424, 424), "process_madvise": (440, 440), "kcmp": (312, 272), "unshare": (272, 97), "setns": (308, 268),
    "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51), "move_mount": (429, 429),
    "open_tree": (428, 428), "fsopen": (430, 430), "fsconfig": (431, 431), "fsmount": (432, 432), "fspick": (433, 433),
    "mount_setattr": (442, 442), "open_by_handle_at": (304, 265), "name_to_handle_at": (303, 264), "keyctl": (250, 219),
    "add_key": (248, 217), "request_key": (249, 218), "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427), "memfd_create": (319, 279),
    "memfd_secret": (447, 447), "shmget": (29, 194), "shmat": (30, 196), "msgget": (68, 186), "semget": (64, 190), "mq_open": (240, 180),
    "init_module": (175, 105), "finit_module": (313, 273), "delete_module": (176, 106), "kexec_load": (246, 104),
    "kexec_file_load": (320, 294), "reboot": (169, 142), "swapon": (167, 224), "swapoff": (168, 225), "acct": (163, 89),
    "quotactl": (179, 60), "personality": (135, 92), "setsid": (112, 157), "setpriority": (141, 140), "sched_setaffinity": (203, 122),
    "sched_setscheduler": (144, 119), "ioperm": (173, None), "iopl": (172, None), "modify_ldt": (154, None), "settimeofday": (164, 170),
    "clock_settime": (227, 112), "clock_adjtime": (305, 266), "adjtimex": (159, 171), "syslog": (103, 116), "vhangup": (153, 58),
    "lookup_dcookie": (212, 18), "fanotify_init": (300, 262), "symlink": (88, None), "symlinkat": (266, 36), "mknod": (133, None),
    "mknodat": (259, 33), "sethostname": (170, 161), "setdomainname": (171, 162),
}  # fmt: skip
"""The requests that are refused, with their numbers."""

ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
"""Machine → (column of `REFUSED`, the kernel's word for it)."""

LOAD_WORD, JUMP_EQUAL, JUMP_AT_LEAST, RETURN = 0x20, 0x15, 0x35, 0x06
ALLOW, KILL, NOT_PERMITTED, NOT_KNOWN = 0x7FFF0000, 0x80000000, 0x00050001, 0x00050026
NUMBER_AT, ARCHITECTURE_AT = 0, 4
X32_BIT = 0x40000000
"""Requests of another way to call the same kernel, with numbers of its own."""

PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2


class _Program(ctypes.Structure):
    _fields_ = (("count", ctypes.c_ushort), ("code", ctypes.c_char_p))


def program(machine: str) -> bytes | None:
    """The filter for a machine ("x86_64", "aarch64"), 8 bytes an instruction; None where the numbers are not known.

    >>> len(program("x86_64")) % 8, program("sparc")
    (0, None)
    """
    if machine not in ARCHITECTURES:
        return None
    column, architecture = ARCHITECTURES[machine]
    numbers = sorted({number for found in REFUSED.values() for number in [found[column]] if number is not None})
    not_known = REFUSED["clone3"][column]
    code = [
        _step(LOAD_WORD, ARCHITECTURE_AT),
        _step(JUMP_EQUAL, architecture, yes=1),
        _step(RETURN, KILL),
        _step(LOAD_WORD, NUMBER_AT),
        _step(JUMP_AT_LEAST, X32_BIT, no=1),
        _step(RETURN, KILL),
    ]
    for number in numbers:
        # glibc asks for clone3 first and takes clone when the kernel does not know it: both are refused, each in the way that is expected.
        answer = NOT_KNOWN if number == not_known else NOT_PERMITTED
        code += [_step(JUMP_EQUAL, number, no=1), _step(RETURN, answer)]
    return b"".join([*code, _step(RETURN, ALLOW)])


def install(code: bytes) -> None:
    """Put the filter before every further request of this process, for ever.

    Raises:
        OSError: the kernel has no such filters.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    loaded = _Program(len(code) // 8, code)
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(loaded), 0, 0):
        raise OSError(ctypes.get_errno(), "the kernel takes no filter")


def _step(code: int, operand: int, *, yes: int = 0, no: int = 0) -> bytes:
    return struct.pack("<HBBI", code, yes, no, operand)
