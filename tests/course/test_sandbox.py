"""Laws of the sandbox's trusted side: whatever comes out is read as if an enemy had written it, and there is always an outcome."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import k8sedu
from k8sedu.course import sandbox
from k8sedu.course.sandbox import Cage, Call, Cell, Job, Limits, Refusal, SandboxError, Value
from k8sedu.course.sandbox.inside import seccomp, worker
from k8sedu.course.sandbox.reply import read

WALLS = pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not installed, so there is no sandbox to try")
JOB = Job((Cell("a", ""), Cell("b", "")), (Call("f", ()), Call("g")))
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def line(**found: object) -> bytes:
    """A line as the honest writer writes it, unless told otherwise."""
    return (json.dumps({"word": "w", **found}) + "\n").encode()


@pytest.fixture(scope="module")
def cage() -> Iterator[Cage]:
    """A cage that imports nothing in advance, so that it starts at once."""
    made = Cage(preload=("json",))
    yield made
    made.close()


@given(st.binary(max_size=400))
def test_no_bytes_make_the_reader_fail(text: bytes) -> None:
    """Whatever stands in the channel, it is read, and without the word nothing of it is believed."""
    reply = read(text, JOB, "w")
    assert (reply.answers, reply.cells, reply.is_whole) == ({}, {}, False)


@given(PLAIN)
def test_a_plain_value_comes_through_as_it_is(value: object) -> None:
    """What the worker writes is what the reader gives, of the same type."""
    text = line(kind="call", index=1, value=worker.plain(value))
    assert read(text, JOB, "w").answers == {1: Value(value)}


@pytest.mark.parametrize(
    "text",
    [
        line(kind="call", index=2, value=1),
        line(kind="call", index=True, value=1),
        line(kind="call", index=0),
        line(kind="call", index=0, reason="because"),
        line(kind="call", index=0, reason="error", says=1),
        line(kind="cell", index=0, status="great"),
        line(kind="grade", index=0, value=100),
        line(word="other", kind="call", index=0, value=42),
        b'{"word": "w", "kind": "call", "index": 0, "value": NaN}\n',
        b'{"word": "w", "kind": "call", "index": 0, "value": 1, "value": 42}\n',
        b"[" * 100_000 + b"\n",
        line(kind="call", index=0, value=json.loads("[" * 150 + "]" * 150)),
        b"\xff\xfe\n",
    ],
)
def test_a_line_that_no_honest_writer_writes_is_told_and_not_believed(text: bytes) -> None:
    """The note says that something was forged, and the honest line after it counts."""
    reply = read(text + line(kind="call", index=1, value=7), JOB, "w")
    assert reply.notes == ("forged result",)
    assert reply.answers == {1: Value(7)}


def test_two_answers_to_one_call_are_none() -> None:
    """Who answers twice has forged at least one of them."""
    reply = read(line(kind="call", index=0, value=41) + line(kind="call", index=0, value=42), JOB, "w")
    assert isinstance(reply.answers[0], Refusal)
    assert reply.answers[0].reason == "forged"


@pytest.mark.parametrize(
    "value", [object(), {1: 2}, float("nan"), float("inf"), b"x", {1}, type("I", (int,), {})(3), [[object()]], Path("x")]
)
def test_what_is_no_plain_value_is_refused_in_the_worker(value: object) -> None:
    """Exact types only, all the way down."""
    with pytest.raises(worker.PlainValueError):
        worker.plain(value)


def test_tuples_come_out_as_lists() -> None:
    """JSON knows no tuples, and nobody should lose points by that."""
    assert worker.plain((1, (2, "x"))) == [1, [2, "x"]]


def test_a_job_that_json_cannot_carry_is_the_instructors_fault() -> None:
    """It is said before anything runs."""
    with pytest.raises(SandboxError, match="JSON cannot carry"):
        sandbox.run(Job((), (), {"x": object()}), unsandboxed=True)


def test_without_bubblewrap_it_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    """One sentence says what is missing, how to get it, and what the other way costs."""
    monkeypatch.setattr(shutil, "which", lambda _: None)
    sandbox.close()
    with pytest.raises(SandboxError, match=r"bwrap.*not installed.*--unsandboxed, which marks every result"):
        sandbox.run(JOB)


@pytest.mark.parametrize("machine", seccomp.ARCHITECTURES)
def test_the_filter_refuses_each_request_of_its_list_once(machine: str) -> None:
    """Its instructions are whole, its numbers differ, and the last word is: allow."""
    code = seccomp.program(machine)
    assert code is not None
    column = seccomp.ARCHITECTURES[machine][0]
    numbers = [found[column] for found in seccomp.REFUSED.values() if found[column] is not None]
    assert len(set(numbers)) == len(numbers)
    assert len(code) // 8 == 6 + 2 * len(numbers) + 1
    assert int.from_bytes(code[-4:], "little") == seccomp.ALLOW


SUBMISSION = Job(
    (Cell("q1", "print('hello', start)\ndef twice(n): return 2 * n\n"), Cell("q2", "def broken(): return 1 / 0\nx = broken()\n")),
    (Call("twice", (4,)), Call("broken", ()), Call("start"), Call("gone"), Call("start", ())),
    {"start": [1, 2]},
)


@pytest.mark.parametrize("unsandboxed", [pytest.param(False, marks=WALLS), True])
def test_cells_and_calls_with_and_without_walls(cage: Cage, unsandboxed: bool) -> None:
    """The same job gives the same answers; only the mark differs, and the time."""
    outcome = sandbox.run(SUBMISSION, unsandboxed=True) if unsandboxed else cage.run(SUBMISSION, Limits())
    assert [each.value if isinstance(each, Value) else each.reason for each in outcome.answers] == [
        8, "error", [1, 2], "no name", "no function"]  # fmt: skip
    assert [(cell.id, cell.status) for cell in outcome.cells] == [("q1", "ok"), ("q2", "error")]
    assert "ZeroDivisionError: division by zero (q2, line 2 → q2, line 1)" in outcome.cells[1].says
    assert (outcome.output, outcome.ended, outcome.sandboxed) == ("hello [1, 2]\n", "finished", not unsandboxed)


@pytest.mark.parametrize(
    ("source", "ended"),
    [
        ("while True:\n    try:\n        while True: pass\n    except BaseException: pass\n", "time"),
        ("import os\nos._exit(0)\n", "exited"),
        ("import os\nos.kill(os.getpid(), 9)\n", "killed"),
        ("print('x' * 1000)\n" * 40, "output"),
    ],
)
def test_limits_hold_without_walls_too(source: str, ended: str) -> None:
    """A teacher's own endless loop ends as well."""
    limits = Limits(cpu_s=1, wall_s=3, cell_s=1, output_bytes=10_000)
    outcome = sandbox.run(Job((Cell("q", source),)), limits=limits, unsandboxed=True)
    assert ended in {outcome.ended, outcome.cells[0].status}


@WALLS
def test_a_cage_whose_zygote_dies_is_built_anew(cage: Cage) -> None:
    """Whoever kills the sandbox from outside loses no submission."""
    assert cage._process is not None
    os.kill(cage._process.pid, signal.SIGKILL)
    cage._process.wait()
    assert cage.run(SUBMISSION, Limits()).answers[0] == Value(8)


@WALLS
def test_a_model_runs_inside() -> None:
    """Students may import the models, with their simulations."""
    source = "from k8sedu import raft\ndef leaders(n): return len(raft.simulate(size=3, seed=n, duration_ms=600).where('become_leader'))\n"
    outcome = sandbox.run(Job((Cell("q", source),), (Call("leaders", (7,)),)))
    assert outcome.answers == (Value(1),)
    sandbox.close()


INSTALLED = """
import sys
from pathlib import Path
sys.path[:0] = [{packages!r}]
from k8sedu.course.sandbox import Call, Cell, Cage, Job, Limits, bubblewrap
bubblewrap._site_packages = lambda: Path({packages!r})
LOOK = '''
import os, k8sedu.raft
walks = [*os.walk("/lesson"), *os.walk("/packages")]
found = [name for _, _, names in walks for name in names if "ipynb" in name or "judging" in name] + [k8sedu.raft.__name__]
'''
cage = Cage(preload=())
print(*cage.run(Job((Cell("q", LOOK),), (Call("found"),)), Limits()).answers)
cage.close()
"""


@WALLS
def test_an_installed_package_shows_no_answers(tmp_path: Path) -> None:
    """Installed by pip, the package lies among the others, notebooks and judges with it: there, too, nothing of them is seen inside."""
    packages = tmp_path / "site-packages"
    package = Path(k8sedu.__file__).parent
    shutil.copytree(package, packages / "k8sedu", ignore=shutil.ignore_patterns("__pycache__", "specimens"))
    shutil.copytree(package.parent / "notebooks", packages / "k8sedu" / "notebooks")
    text = INSTALLED.format(packages=str(packages))
    done = subprocess.run([sys.executable, "-c", text], cwd=tmp_path, capture_output=True, text=True, timeout=100, check=False)
    assert done.stdout.strip() == "Value(value=['k8sedu.raft'])", done.stderr


@WALLS
@pytest.mark.skipif(os.getuid() != 0 or shutil.which("setpriv") is None, reason="only root can try it as somebody else")
def test_an_ordinary_user_can_use_it() -> None:
    """Somebody without rights gets the same walls, through a namespace of users; an endless loop is ended there, too."""
    python = "/usr/bin/python3"
    root = Path(k8sedu.__file__).parent.parent
    become = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
    start = f"import sys; sys.version_info < (3, 11) and sys.exit(3); sys.path.insert(0, {str(root)!r}); import k8sedu"
    if not Path(python).exists() or subprocess.run([*become, python, "-c", start], check=False, capture_output=True).returncode:
        pytest.skip("no Python here that an ordinary user may read")
    text = f"""{start}
from k8sedu.course.sandbox import Cage, Call, Cell, Job, Limits
cage = Cage(preload=("json",))
loop = "while True:\\n    try:\\n        while True: pass\\n    except BaseException: pass\\n"
ended = cage.run(Job((Cell("a", loop),)), Limits(wall_s=1)).ended
import_os = "import os\\nx = [os.path.exists('/etc/passwd'), os.getpid(), len(os.listdir('/scratch'))]"
print(ended, cage.run(Job((Cell("a", import_os),), (Call("x"),)), Limits()).answers[0])
cage.close()
"""
    done = subprocess.run([*become, python, "-c", text], check=False, capture_output=True, text=True, cwd="/", timeout=60)
    if "cannot lock code in" in done.stderr:
        pytest.skip("this kernel gives ordinary users no namespaces")
    assert done.stdout == "time Value(value=[False, 1, 0])\n", done.stderr
    assert sys.platform == "linux"
