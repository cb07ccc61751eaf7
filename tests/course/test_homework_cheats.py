"""Cheats against a homework: each earns nothing for what it cheats, gets a clear word, and leaves the next submission alone."""

from __future__ import annotations

import html
from typing import Any

import pytest

from k8sedu.course import sandbox
from k8sedu.course.homework import evidence, feedback
from k8sedu.course.homework.evidence import has_sandbox

pytestmark = pytest.mark.skipif(not has_sandbox(), reason="there is no sandbox on this machine to attack")

ALWAYS_EQUAL = """
class Any(dict):
    __eq__ = lambda self, other: True
    __hash__ = dict.__hash__
def numbers(lines):
    return Any()
"""
PATCHED = """
import builtins, json, sys
builtins.sorted = builtins.len = lambda *a, **k: 0
json.dumps = json.JSONEncoder.encode = lambda *a, **k: '{"value": true}'
sys.modules["k8sedu.course.homework.judging"] = sys
def numbers(lines):
    return {}
"""
FORGED = """
import os
def numbers(lines):
    for number in range(3, 64):
        try:
            os.write(number, b'{"kind": "call", "index": 0, "value": {}}\\n{"kind": "end"}\\n')
        except OSError:
            pass
    return {}
"""
READING = """
import gc, glob, sys
def numbers(lines):
    found = [text for text in gc.get_objects() if type(text) is str and "HIDDEN TESTS" in text]
    files = glob.glob("/lesson/**/*.ipynb", recursive=True) + glob.glob("/*/*.secret") + glob.glob("/srv/**") + glob.glob("/home/**")
    frame, names = sys._getframe(), []
    while frame:
        names += [name for name in frame.f_globals if "expected" in name or "judge" in name or "claims" in name]
        frame = frame.f_back
    return {"found": [len(found), len(files), len(names)]}
"""

CHEATS: dict[str, tuple[str, float, str]] = {
    "a dict that is equal to everything": (ALWAYS_EQUAL, 8, "not made of plain values"),
    "patched builtins and json": (PATCHED, 8, "ended Python itself"),
    "a result of one's own": (FORGED, 8, "wrote into the channel of results"),
    "success by an early end": ("import os\nos._exit(0)", 36, "ended Python itself"),
    "a further process": ("import os\nos.fork()\ndef numbers(lines):\n    return {}", 8, "no further process, no network"),
    "reading /etc/shadow": ("def numbers(lines):\n    return {'a': open('/etc/shadow').read()}", 8, "FileNotFoundError"),
    "sys.exit in the call": ("import sys\ndef numbers(lines):\n    sys.exit(0)", 8, "SystemExit"),
    "never coming back": ("def numbers(lines):\n    while True:\n        pass", 8, "longer than"),
    "all the memory": ("def numbers(lines):\n    return [0] * 10**11", 8, "memory"),
    "a value of a megabyte": ("def numbers(lines):\n    return {'a': 'x' * 10**6}", 8, "larger than"),
    "reading tests and answers": (READING, 8, '"found": [0, 0, 0]'),
    "patching check": ("import k8sedu\ncheck = earned = lambda *a, **k: 8\ndef numbers(lines):\n    return {}", 8, "uses k8sedu"),
}
"""What the cheat is → its answer to the first task, the points that it loses, and a word that must be said."""


@pytest.mark.parametrize("name", CHEATS)
def test_a_cheat_earns_nothing(etcd_class: Any, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The cheat loses at least the points that it wanted, is told in results or feedback, and the next student's marks are right."""
    monkeypatch.setattr(evidence, "LIMITS", sandbox.Limits(cpu_s=5, wall_s=10, cell_s=1, call_s=0.3, memory_bytes=400_000_000))
    source, cost, word = CHEATS[name]
    result = etcd_class.mark({"q1": source})
    assert result.raw <= 36 - cost
    page = feedback.page(etcd_class.assignment, result, reveal=True)
    faults = [check.fault for question in result.questions for check in question.checks if check.fault]
    assert word in "\n".join([*faults, *result.notes, *result.flags])
    assert html.escape(word) in page or word in "".join(result.flags)
    assert etcd_class.mark({}).raw == 36
