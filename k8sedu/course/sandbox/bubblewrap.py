"""The walls: how bubblewrap is asked for a system that holds Python, the models, and nothing else.

Bubblewrap builds a file system out of pieces of the real one, read-only, and starts a process that sees only that: own processes, no
network, no environment. What is put in is a list that fits on a page; whatever is not on it does not exist in there. The course's own
package is among what is left out, so that no answer, test or grader can be read.

An ordinary user gets a namespace of users, in which the zygote may make further namespaces. Bubblewrap nests a second one if it is asked
for another user number or for a whole /dev, and then it may not; so neither is asked for.

Source: bubblewrap's manual, bwrap(1). Measured: about 20 ms to start.
Left out: other systems than Linux.
"""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
from pathlib import Path

import k8sedu
from k8sedu.course.sandbox.inside.confine import SCRATCH
from k8sedu.course.sandbox.job import SandboxError

PRELOAD = ("random", "math", "itertools", "collections", "dataclasses", "statistics", "heapq", "bisect", "json", "re", "k8sedu.raft",
           "k8sedu.raft.sim", "k8sedu.etcd", "k8sedu.etcd.sim", "simpy")  # fmt: skip
"""What is imported before the first submission. What is not here can be imported all the same, and takes its time then."""

HIDDEN = ("course", "notebooks", "cli")
"""Folders of the package that are empty in there, but for the sandbox's own inside."""

DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom")
LESSON = "/lesson"
PACKAGES = "/packages"
RIGHTS = ("CAP_SYS_ADMIN", "CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP", "CAP_KILL")
"""What the zygote needs to lock a child in, and to end it; the child has none of it."""


def program() -> str:
    """Where bubblewrap is.

    Raises:
        SandboxError: it is not installed.
    """
    found = shutil.which("bwrap")
    if found is None:
        raise SandboxError(
            "bubblewrap (bwrap) is not installed, so students' code cannot be locked in; install it (Debian: apt-get install bubblewrap) "
            "or say --unsandboxed, which marks every result"
        )
    return found


def command(descriptor: int, *, preload: tuple[str, ...] = PRELOAD) -> list[str]:
    """The command line that starts a zygote, which listens on this descriptor."""
    start = (
        f"import sys; sys.path[:0] = [{LESSON!r}, {PACKAGES!r}]; "
        f"from k8sedu.course.sandbox.inside.zygote import main; main({descriptor}, {list(preload)!r})"
    )
    return [program(), *_namespaces(), *_files(), "--", _python(), "-I", "-S", "-B", "-c", start]


def _namespaces() -> list[str]:
    """Own processes, network, messages, host name. The root user needs no namespace of users: the child becomes nobody for good."""
    shared = ["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try", "--hostname", "sandbox"]
    user = [] if os.getuid() == 0 else ["--unshare-user"]
    rights = [word for right in RIGHTS for word in ("--cap-add", right)]
    return [*user, *shared, "--die-with-parent", "--new-session", "--clearenv", "--cap-drop", "ALL", *rights]


def _files() -> list[str]:
    """The file system: the interpreter, its libraries, the models; then the whole is made read-only."""
    package = Path(k8sedu.__file__).parent
    inside = Path(__file__).parent / "inside"
    words = ["--proc", "/proc", *_folders(["/dev", LESSON, *map(os.path.dirname, _system())])]
    words += [word for name in DEVICES for word in ("--dev-bind", name, name)]
    words += [word for path in _system() for word in ("--ro-bind", path, path)]
    for name in ("/lib", "/lib64"):
        if os.path.islink(name):  # noqa: PTH114  # a Path would be a longer way to say it
            words += ["--symlink", os.readlink(name), name]  # noqa: PTH115  # as above
    words += ["--ro-bind", str(_site_packages()), PACKAGES, "--ro-bind", str(package), f"{LESSON}/k8sedu"]
    for name in HIDDEN:
        if (package / name).is_dir():
            words += ["--tmpfs", f"{LESSON}/k8sedu/{name}"]
    words += ["--ro-bind", str(inside), f"{LESSON}/k8sedu/course/sandbox/inside"]
    for name in HIDDEN:
        if (package / name).is_dir():
            words += ["--remount-ro", f"{LESSON}/k8sedu/{name}"]
    for place in _other_ways_to(package):
        words += ["--tmpfs", place, "--remount-ro", place]
    return [*words, "--dir", SCRATCH, "--symlink", SCRATCH, "/tmp", "--chdir", SCRATCH, "--remount-ro", "/"]


def _other_ways_to(package: Path) -> list[str]:
    """Where the package, or a part of it, could be seen as well: among the other packages, installed by pip, or beside an editable one."""
    seen = {str(_site_packages()): PACKAGES, **{path: path for path in _system()}}
    whole = [f"{inside}/{package.relative_to(path)}" for path, inside in seen.items() if package.is_relative_to(path)]
    part = f"{PACKAGES}/{package.name}"  # the lessons, which an editable installation puts there
    return [*whole, part] if (_site_packages() / package.name).is_dir() and part not in whole else whole


def _folders(names: list[str]) -> list[str]:
    """Make folders, and those above them, that nobody may walk through too: left alone, bubblewrap makes them for its own user."""
    above = [str(each) for name in names for each in [*reversed(Path(name).parents), Path(name)] if str(each) != "/"]
    return [word for name in dict.fromkeys(above) for word in ("--perms", "0755", "--dir", name)]


def _system() -> list[str]:
    """The folders of the interpreter and of the system's shared libraries, no folder twice."""
    prefix = Path(sys.base_prefix).resolve()
    wanted = [prefix, Path("/usr/lib"), Path("/usr/lib64"), Path("/lib"), Path("/lib64"), Path("/etc/ld.so.cache")]
    if prefix == Path("/usr"):
        wanted = [Path("/usr"), Path("/etc/ld.so.cache"), Path("/lib"), Path("/lib64")]
    return list(dict.fromkeys(str(path) for path in wanted if path.exists() and not path.is_symlink()))


def _python() -> str:
    """The interpreter itself, not a link in a virtual environment."""
    return str(Path(sys.executable).resolve())


def _site_packages() -> Path:
    """Where the packages are that the models need."""
    return Path(sysconfig.get_path("purelib"))
