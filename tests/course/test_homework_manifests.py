"""Laws of manifests that are handed in: what may differ, and how everything else is told."""

from __future__ import annotations

from typing import Any

import pytest

from k8sedu.course.homework.judges.manifests import CHARACTERS_MAX, Manifest, difference
from k8sedu.language import speaking

GIVEN = """\
apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  selector:
    app: web
  ports:
  - port: 80
    targetPort: http
  - port: 81
    targetPort: admin
"""
MAY_CHANGE = ("spec.selector", "spec.ports[].targetPort")


def test_what_may_differ_may_differ() -> None:
    """A path may lead through every item of a list; what is left out there counts as changed there."""
    judge = Manifest(GIVEN, MAY_CHANGE)
    assert judge.fault(GIVEN.replace("app: web", "app: shop").replace("admin", "9090")) == ""
    assert judge.fault(GIVEN.replace("    targetPort: admin\n", "")) == ""


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("", "is not answered yet"),
        (" \n", "is not answered yet"),
        (7, "is 7, expected a manifest as text"),
        (["kind: Service"], "expected a manifest as text"),
        ("#" * (CHARACTERS_MAX + 1), f"has {CHARACTERS_MAX + 1} characters, expected at most {CHARACTERS_MAX}"),
        ("a: [", "cannot be read: your manifest, line"),
        ("kind: Wheel\napiVersion: v1\n", "cannot be read"),
        (f"{GIVEN}---\n{GIVEN}", "holds Service, Service, expected one Service"),
        (GIVEN.replace("port: 81", "port: 82"), "changes spec.ports[1].port, expected nothing else than selector, targetPort to differ"),
        (GIVEN.replace("name: web", "name: wed"), "changes metadata.name"),
        (GIVEN.replace("spec:\n", "spec:\n  type: NodePort\n"), "changes spec.type"),
        (GIVEN.replace("  - port: 81\n    targetPort: admin\n", ""), "changes spec.ports"),
        (GIVEN.replace("targetPort: http", "targetprt: http"), "targetprt"),
    ],
)
def test_everything_else_is_told(value: Any, reason: str) -> None:
    """What was met, and what was expected; the model is not asked."""
    asked: list[Any] = []
    judge = Manifest(GIVEN, MAY_CHANGE, lambda found: str(asked.append(found)))  # type: ignore[func-returns-value]  # only to see it
    assert reason in judge.fault(value)
    assert asked == []
    assert judge.picture(value) == ""


def test_each_reader_is_told_in_their_language() -> None:
    """What was read once in one language is told again in the other."""
    judge, value = Manifest(GIVEN, MAY_CHANGE), GIVEN.replace("port: 80", "port: 8080")
    with speaking("en"):
        english = judge.fault(value)
    with speaking("zh"):
        chinese = judge.fault(value)
    assert english.startswith("changes spec.ports[0].port, expected")
    assert chinese == "改动了 spec.ports[0].port，只允许改动 selector、targetPort"


@pytest.mark.parametrize(
    ("one", "other", "path"),
    [({"a": 1}, {"a": True}, "a"), ({"a": 1}, {}, "a"), ([1], [1, 2], "everything"), ({"a": [{"b": 1}]}, {"a": [{"b": 1}]}, "")],
)
def test_a_difference_is_named_by_its_path(one: Any, other: Any, path: str) -> None:
    """The first one in order, types compared exactly."""
    assert difference(one, other) == path
