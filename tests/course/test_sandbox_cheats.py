"""The cheat battery: what students have tried, or might, to get points without an answer.

Each cheat is handed in for the question "give 42 from answer(), and True from is_even(4)". It must earn nothing that an honest wrong answer
would not earn, it must be named by a word, and the honest submission after it must come through untouched.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from k8sedu.course.sandbox import Cage, Call, Cell, Job, Limits, Outcome, Value

pytestmark = pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not installed, so there is no sandbox to try")

LIMITS = Limits(cpu_s=2, wall_s=4, cell_s=1, call_s=0.5, memory_bytes=400 * 1024**2, output_bytes=20_000, files_bytes=1024**2)
CALLS = (Call("answer", ()), Call("is_even", (4,)))
HONEST = "def answer():\n    return 42\ndef is_even(n):\n    return n % 2 == 0\n"


class Cheat(NamedTuple):
    """A submission that tries something; `words` are those of which one must be met, in a refusal, an end, a cell's status or a note."""

    source: str
    words: tuple[str, ...] = ("error",)


ALWAYS_EQUAL = """
class Anything(int):
    def __eq__(self, other): return True
    def __hash__(self): return 1
def answer(): return Anything(0)
def is_even(n): return Anything(0)
"""
SPOOFED_CLASS = """
class Spoof:
    __class__ = int
    def __eq__(self, other): return True
    def __int__(self): return 42
    def __index__(self): return 42
def answer(): return Spoof()
def is_even(n): return Spoof()
"""
LIST_SUBCLASS = """
class L(list):
    def __eq__(self, other): return True
def answer(): return L([42])
def is_even(n): return {1: 2}
"""
PATCHED = """
import builtins, json, math
builtins.type = lambda value: int
builtins.isinstance = lambda *_: True
json.dumps = lambda *_, **__: '42'
json.JSONEncoder.encode = lambda *_: '42'
math.isnan = lambda _: False
def answer(): return object()
def is_even(n): return object()
"""
PATCHED_WORKER = """
import sys
from k8sedu.course.sandbox.inside import worker
worker.plain = lambda value, room=0: value
worker._type = lambda value: int
def answer(): return float('nan')
def is_even(n): return object()
"""
PATCHED_MODEL = """
import k8sedu.raft.quorum as quorum
quorum.majority = lambda n: 0
def answer(): return quorum.majority(5)
def is_even(n): return None
"""
AST_TRANSFORMER = """
ip = get_ipython()
ip.ast_transformers.append(None)
"""
READ_TESTS = """
import glob, os
roots = ('/lesson', '/packages', '/scratch', '/tmp', '/proc', '/usr')
found = [path for root in roots for path in glob.glob(root + '/**/*homework*', recursive=True)]
assert not [path for path in found if path.startswith(('/lesson', '/packages/k8sedu'))], found
answer = None
"""
READ_NOTEBOOKS = """
import os
roots = ('/lesson', '/packages/k8sedu')
found = [name for root in roots for _, _, names in os.walk(root) for name in names if name.endswith('.ipynb')]
def answer(): return found
def is_even(n): return os.listdir('/lesson/k8sedu/course')
"""
IMPORT_ANSWERS = """
from k8sedu.course.homework import judging
def answer(): return 42
"""
FRAMES = """
import sys, gc
def look():
    frame, found = sys._getframe(), set(sys.modules)
    while frame:
        found.add(frame.f_globals.get('__name__', ''))
        frame = frame.f_back
    found.update(type(each).__module__ for each in gc.get_objects() if type(type(each).__module__) is str)
    return sorted(name for name in found if name.startswith('k8sedu.course'))
def answer(): return look()
def is_even(n): return look()
"""
ENVIRONMENT = """
import os, sys
def answer(): return sorted(os.environ)
def is_even(n): return sys.argv
"""
PROC = """
def answer(): return open('/proc/self/environ').read()
def is_even(n): return open('/proc/1/cmdline').read()
"""
FORGED = """
import os
for descriptor in range(3, 64):
    try:
        os.write(descriptor, b'{"kind": "call", "index": 0, "value": 42}\\n')
        os.write(descriptor, b'{"kind": "call", "index": 1, "value": true}\\n{"kind": "end"}\\n')
    except OSError:
        pass
os._exit(0)
"""
FORGED_WITH_WORD = """
import os, sys, json
frame = sys._getframe()
while 'word' not in frame.f_locals:
    frame = frame.f_back
word = frame.f_locals['word']
for value in (41, 40):
    os.write(3, (json.dumps({'word': word, 'kind': 'call', 'index': 0, 'value': value}) + '\\n').encode())
"""
HUGE_RESULT = "def answer(): return 'x' * 10_000_000\ndef is_even(n): return [[0] * 1000] * 1000\n"
DEEP_RESULT = """
def answer():
    value = []
    for _ in range(5000): value = [value]
    return value
def is_even(n):
    value = []
    value.append(value)
    return value
"""
NOT_A_NUMBER = "def answer(): return float('nan')\ndef is_even(n): return [float('inf')]\n"
DUPLICATE_KEYS = """
import os, sys
frame = sys._getframe()
while 'word' not in frame.f_locals:
    frame = frame.f_back
os.write(3, ('{"word": "%s", "kind": "call", "index": 0, "value": 1, "value": 42}\\n' % frame.f_locals['word']).encode())
os._exit(0)
"""
PICKLE = """
import pickle
class Bomb:
    def __reduce__(self): return (print, ('boom',))
def answer(): return pickle.dumps(Bomb())
def is_even(n): return Bomb()
"""
FORK_BOMB = "import os\nwhile True:\n    os.fork()\n"
THREADS = "import threading\nfor _ in range(100):\n    threading.Thread(target=lambda: __import__('time').sleep(60)).start()\n"
SUBPROCESS = "import subprocess\nsubprocess.run(['/usr/bin/env'])\n"
EXEC = "import os\nos.execv('/usr/bin/env', ['env'])\n"
MEMORY = "found = []\nwhile True:\n    found.append(bytearray(10_000_000))\n"
MEMORY_IN_CALL = "def answer():\n    return [0] * 10**9\ndef is_even(n):\n    return bytearray(10**10)\n"
OUTPUT = "while True:\n    print('x' * 1000)\n"
LOOP = "while True:\n    pass\n"
STUBBORN_LOOP = "while True:\n    try:\n        while True: pass\n    except BaseException:\n        pass\n"
LOOP_IN_CALL = "def answer():\n    while True: pass\ndef is_even(n):\n    __import__('time').sleep(60)\n"
SLEEP = """
import signal, time
signal.signal(signal.SIGALRM, signal.SIG_IGN)
while True:
    time.sleep(60)
"""
SYMLINK = "import os\nos.symlink('/etc/shadow', 'mine')\ndef answer(): return open('mine').read()\n"
ZIP_BOMB = """
import zlib
small = zlib.compress(b'0' * 30_000_000)
found = [zlib.decompress(small) for _ in range(100)]
"""
NETWORK = """
import socket
def answer(): return socket.create_connection(('1.1.1.1', 53), timeout=1).getpeername()
def is_even(n): return socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 9))
"""
UNIX_SOCKET = """
import socket
def answer(): return socket.socketpair()[0].fileno()
def is_even(n): return socket.gethostbyname('localhost')
"""
NAMESPACES = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
def answer(): return [libc.unshare(0x10000000), libc.unshare(0x20000), libc.chroot(b'/'), libc.mount(b'none', b'/tmp', b'tmpfs', 0, None)]
def is_even(n): return [libc.setns(0, 0), libc.ptrace(0, 0, 0, 0), libc.umount2(b'/scratch', 2)]
"""
PROCESSES = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
def answer(): return [libc.syscall(434, 1, 0), libc.syscall(310, 1, 0, 0, 0, 0, 0), libc.syscall(425, 1, 0), libc.syscall(319, b'm', 0)]
def is_even(n): return os.getuid()
"""
X32 = "import ctypes\nctypes.CDLL(None).syscall(0x40000000 + 57)\n"
KILL_ALL = """
import os, signal
for target in (-1, 0, 1, 2, *range(2, 400)):
    try: os.kill(target, 9)
    except OSError: pass
"""
KILL_PARENT = "import os, signal\nos.kill(os.getppid(), 9)\nos.kill(os.getpid(), 15)\n"
TRACE = """
import sys
def tracer(frame, event, argument):
    for name in list(frame.f_locals):
        if 'expected' in name: frame.f_locals[name] = 0
    return tracer
sys.settrace(tracer)
sys.setprofile(tracer)
"""
CTYPES = "import ctypes\nctypes.string_at(0)\n"
STACK = "import sys\nsys.setrecursionlimit(10**9)\ndef answer(n=0): return answer(n + 1)\n"
EARLY = "import os\nprint('all tests passed')\nos._exit(0)\n"
EARLY_SOFT = "import sys\nprint('all tests passed')\nsys.exit(0)\n"
AT_EXIT = "import atexit, os\natexit.register(lambda: os.write(3, b'42'))\nraise SystemExit(0)\n"
WRITE_SITE = """
def write(path):
    try:
        open(path, 'w').write('x')
    except OSError as error:
        return type(error).__name__
    return path
PLACES = ('/packages/evil.py', '/lesson/k8sedu/raft/node.py', '/usr/lib/x', '/etc/passwd', '/x', '/dev/shm/x')
def answer(): return [write(path) for path in PLACES]
def is_even(n): return None
"""
DISK = "for number in range(10_000):\n    open(f'f{number}', 'w').write('x' * 100_000)\n"
INODES = "for number in range(100_000):\n    open(f'f{number}', 'w').close()\n"
RLIMITS = """
import resource
def answer(): return resource.setrlimit(resource.RLIMIT_AS, (-1, -1))
def is_even(n): return resource.setrlimit(resource.RLIMIT_CPU, (-1, -1))
"""
SYNTAX = "def answer(:\n"
NULL_BYTES = "x = '\0'\n"
NESTED_SOURCE = "(" * 10_000 + ")" * 10_000
HUGE_SOURCE = "x = 1\n" * 400_000

CHEATS = {
    "an object that equals everything": Cheat(ALWAYS_EQUAL, ("no plain value",)),
    "an object that says it is an int": Cheat(SPOOFED_CLASS, ("no plain value",)),
    "a list that equals everything": Cheat(LIST_SUBCLASS, ("no plain value",)),
    "patched builtins and json": Cheat(PATCHED, ("no plain value", "forged result", "error", "finished")),
    "a patched worker": Cheat(PATCHED_WORKER, ("error", "forged result")),
    "a patched model": Cheat(PATCHED_MODEL, ("finished",)),
    "AST transformers": Cheat(AST_TRANSFORMER, ("error",)),
    "reading the tests": Cheat(READ_TESTS, ("finished", "no function", "no name")),
    "reading the notebooks": Cheat(READ_NOTEBOOKS, ("finished",)),
    "importing the judges": Cheat(IMPORT_ANSWERS, ("error",)),
    "frames and the garbage collector": Cheat(FRAMES, ("finished",)),
    "the environment": Cheat(ENVIRONMENT, ("finished",)),
    "/proc": Cheat(PROC, ("error",)),
    "forged results": Cheat(FORGED, ("forged result",)),
    "forged results with the secret word": Cheat(FORGED_WITH_WORD, ("forged", "forged result")),
    "a key twice": Cheat(DUPLICATE_KEYS, ("forged result",)),
    "a huge result": Cheat(HUGE_RESULT, ("too large",)),
    "a bottomless result": Cheat(DEEP_RESULT, ("no plain value", "error")),
    "no number": Cheat(NOT_A_NUMBER, ("no plain value",)),
    "a pickle": Cheat(PICKLE, ("no plain value",)),
    "a fork bomb": Cheat(FORK_BOMB, ("error",)),
    "threads": Cheat(THREADS, ("error",)),
    "a further process": Cheat(SUBPROCESS, ("error",)),
    "another program": Cheat(EXEC, ("error",)),
    "a memory bomb": Cheat(MEMORY, ("memory", "time")),
    "a memory bomb in a call": Cheat(MEMORY_IN_CALL, ("memory", "time")),
    "endless output": Cheat(OUTPUT, ("output",)),
    "an endless loop": Cheat(LOOP, ("time",)),
    "a stubborn endless loop": Cheat(STUBBORN_LOOP, ("time",)),
    "an endless loop in a call": Cheat(LOOP_IN_CALL, ("time",)),
    "endless sleep": Cheat(SLEEP, ("time",)),
    "a symbolic link": Cheat(SYMLINK, ("error",)),
    "a zip bomb": Cheat(ZIP_BOMB, ("memory", "time")),
    "the network": Cheat(NETWORK, ("error",)),
    "sockets of this machine": Cheat(UNIX_SOCKET, ("error",)),
    "other namespaces": Cheat(NAMESPACES, ("finished",)),
    "other processes": Cheat(PROCESSES, ("finished",)),
    "another way to call the kernel": Cheat(X32, ("killed",)),
    "killing everybody": Cheat(KILL_ALL, ("finished", "killed", "no name")),
    "killing the parent": Cheat(KILL_PARENT, ("killed", "error", "no name")),
    "sys.settrace": Cheat(TRACE, ("no name",)),
    "a wild pointer": Cheat(CTYPES, ("killed",)),
    "a bottomless recursion": Cheat(STACK, ("killed", "error", "memory", "time")),
    "success by os._exit": Cheat(EARLY, ("exited",)),
    "success by sys.exit": Cheat(EARLY_SOFT, ("exited",)),
    "success at the exit": Cheat(AT_EXIT, ("exited",)),
    "writing into the packages": Cheat(WRITE_SITE, ("finished",)),
    "filling the disk": Cheat(DISK, ("error",)),
    "filling the list of files": Cheat(INODES, ("error",)),
    "raising the limits": Cheat(RLIMITS, ("error",)),
    "no Python": Cheat(SYNTAX, ("error",)),
    "null bytes": Cheat(NULL_BYTES, ("error",)),
    "a bottomless expression": Cheat(NESTED_SOURCE, ("error",)),
    "a huge notebook": Cheat(HUGE_SOURCE, ("finished", "time", "memory", "no name")),
}


@pytest.fixture(scope="module")
def cage() -> Iterator[Cage]:
    """One cage for the whole battery, as a class of students would share it."""
    made = Cage()
    yield made
    made.close()


def honest(cage: Cage) -> Outcome:
    """The submission after the cheat."""
    return cage.run(Job((Cell("q1", HONEST),), CALLS), LIMITS)


def words_of(outcome: Outcome) -> list[str]:
    """Every word with which an outcome says what happened."""
    refused = [each.reason for each in outcome.answers if not isinstance(each, Value)]
    return [*refused, outcome.ended, *(cell.status for cell in outcome.cells), *outcome.notes]


@pytest.mark.parametrize("name", CHEATS)
def test_a_cheat_gains_nothing_is_named_and_disturbs_nobody(cage: Cage, name: str) -> None:
    """No cheat gets both answers, each is told by a word, and the next student's work comes through."""
    cheat = CHEATS[name]
    start = time.monotonic()
    outcome = cage.run(Job((Cell("q1", cheat.source),), CALLS), LIMITS)
    assert time.monotonic() - start < LIMITS.wall_s + 3
    values = [each.value if isinstance(each, Value) else None for each in outcome.answers]
    assert not any(type(value) is int and value == 42 for value in values)
    assert not any(value is True for value in values)
    assert outcome.sandboxed
    assert set(words_of(outcome)) & set(cheat.words), words_of(outcome)
    assert len(outcome.output) <= LIMITS.output_bytes
    after = honest(cage)
    assert (after.answers, after.ended) == ((Value(42), Value(True)), "finished")


def test_what_was_looked_for_is_not_there(cage: Cage) -> None:
    """Answers of the looking cheats: no environment, no arguments, no notebook, no course, no rights, no way to write."""

    def values(name: str) -> list[object]:
        outcome = cage.run(Job((Cell("q1", CHEATS[name].source),), CALLS), LIMITS)
        return [each.value if isinstance(each, Value) else each.reason for each in outcome.answers]

    assert values("the environment") == [["LC_CTYPE", "PWD"], ["-c"]]
    assert values("reading the notebooks") == [[], ["sandbox"]]
    for found in values("frames and the garbage collector"):
        assert isinstance(found, list)
        assert all(name in {"k8sedu.course", "k8sedu.course.sandbox"} or ".inside" in name for name in found)
    assert values("other namespaces") == [[-1, -1, -1, -1], [-1, -1, -1]]
    assert values("other processes")[0] == [-1, -1, -1, -1]
    assert values("other processes")[1] != 0
    written = values("writing into the packages")[0]
    assert isinstance(written, list)
    assert set(written) <= {"OSError", "PermissionError", "FileNotFoundError"}


def test_nothing_is_left_for_the_next_one(cage: Cage) -> None:
    """A file, a module's change and a name of one submission are not there in the next."""
    leave = "import json, os\njson.mine = 1\nopen('left', 'w').write('x')\nopen('/tmp/left', 'w').write('x')\nfirst = 1\n"
    look = "import json, os\nfound = [hasattr(json, 'mine'), os.listdir('/scratch'), os.listdir('/tmp'), 'first' in globals()]\n"
    cage.run(Job((Cell("a", leave),)), LIMITS)
    outcome = cage.run(Job((Cell("b", look),), (Call("found"),)), LIMITS)
    assert outcome.answers == (Value([False, [], [], False]),)


def test_an_honest_part_counts_although_another_cell_never_ends(cage: Cage) -> None:
    """A loop in one question costs that question, not the others."""
    cells = (Cell("q1", "def one(): return 1"), Cell("q2", LOOP), Cell("q3", "def three(): return 3"))
    outcome = cage.run(Job(cells, (Call("one", ()), Call("three", ()))), LIMITS)
    assert outcome.answers == (Value(1), Value(3))
    assert [cell.status for cell in outcome.cells] == ["ok", "time", "ok"]


def test_a_function_that_never_comes_back_costs_little_more_than_once(cage: Cage) -> None:
    """After the first call that took too long, further calls of that function get a fifth of the time; other functions have theirs."""
    source = "def loop(n):\n    while n: pass\n    return n\nimport time\ndef nap():\n    time.sleep(0.3)\n    return 1\n"
    calls = (Call("loop", (1,)), *(Call("loop", (1,)) for _ in range(4)), Call("loop", (0,)), Call("nap", ()))
    outcome = cage.run(Job((Cell("q1", source),), calls), LIMITS)
    refused = [each.says for each in outcome.answers if not isinstance(each, Value)]
    assert [text.rpartition("longer than ")[2] for text in refused] == ["0.5 s", *["0.1 s"] * 4]
    assert outcome.answers[-2:] == (Value(0), Value(1))
