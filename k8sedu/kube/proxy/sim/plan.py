"""What happens to the pods of a run, as lines of text with a time in milliseconds.

at 1000 kill web-1       it is dead at once
at 1000 delete web-1     it terminates: it still serves for a while, and then it is gone
at 1000 start web-4      a new pod, or one that returns; it gets a new address and is ready after a while
at 1000 unready web-1    its readiness probe fails; it still answers whoever asks
at 1000 ready web-1      the probe succeeds again
at 1000 scale 5          pods are started, or those with the highest numbers deleted
at 1000 rollout          every pod is replaced, one after the other: a new one is ready before an old one is deleted
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from k8sedu.errors import K8sEduError

NEEDS_POD = ("kill", "delete", "start", "unready", "ready")
FORMS = "at MS kill|delete|start|unready|ready POD, at MS scale N, or at MS rollout"


class PlanError(K8sEduError, ValueError):
    """A line that no run can follow."""


class Happening(NamedTuple):
    """One line of a plan."""

    at_us: int
    kind: str
    pod: str = ""
    size: int = 0

    def __str__(self) -> str:
        what = self.pod or (str(self.size) if self.kind == "scale" else "")
        return f"at {self.at_us // 1_000} {self.kind} {what}".rstrip()


def read_plan(lines: Iterable[str]) -> tuple[Happening, ...]:
    """Read a plan; in the order of time.

    >>> [str(found) for found in read_plan(["at 2000 rollout", "at 500 kill web-1", "# nothing"])]
    ['at 500 kill web-1', 'at 2000 rollout']

    Raises:
        PlanError: a line of another form, with its number.
    """
    stripped = ((number, line.partition("#")[0].split()) for number, line in enumerate(lines, 1))
    return tuple(sorted((_read(words, number) for number, words in stripped if words), key=lambda found: found.at_us))


def _read(words: list[str], number: int) -> Happening:
    if len(words) >= 3 and words[0] == "at" and words[1].isdigit():
        at_us, kind, rest = 1_000 * int(words[1]), words[2], words[3:]
        if kind in NEEDS_POD and len(rest) == 1:
            return Happening(at_us, kind, rest[0])
        if kind == "scale" and len(rest) == 1 and rest[0].isdigit():
            return Happening(at_us, kind, size=int(rest[0]))
        if kind == "rollout" and not rest:
            return Happening(at_us, kind)
    raise PlanError(f"line {number} of the plan is {' '.join(words)!r}, expected {FORMS}")
