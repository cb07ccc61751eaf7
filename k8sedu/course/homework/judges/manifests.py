"""Manifests that are handed in: read as the API reads them, and compared with the one that was given out.

An answer may differ from the given manifest only where the task says so. Who changes something else has not answered the question, and is
told the first place.

Source: `k8sedu.kube.manifest`. Left out: several objects in one answer; a second one would change the cluster that the answer is judged on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from k8sedu.course.homework.checking import UNANSWERED
from k8sedu.course.homework.judging import Judge, shown
from k8sedu.errors import K8sEduError
from k8sedu.kube import manifest
from k8sedu.kube.fields import plain
from k8sedu.kube.objects.meta import ApiObject
from k8sedu.language import Words

CHARACTERS_MAX = 10_000


class Unreadable(NamedTuple):
    """An answer that is no manifest of the kind, and why."""

    reason: str


class Manifest(Judge):
    """Asks one question of a manifest, once it is one and differs from the given one only where it may.

    Args:
        given: the manifest that was given out.
        may_change: paths of what may differ, such as `spec.selector`, or `spec.ports[].targetPort` for every item of a list.
        question: what is wrong with the object, or nothing.
        draw: what it does, as a fragment of HTML.
    """

    def __init__(
        self, given: str, may_change: tuple[str, ...], question: Callable[[ApiObject], str] = lambda _: "",
        draw: Callable[[ApiObject], str] = lambda _: "",
    ) -> None:  # fmt: skip
        self.given, self.may_change, self.question, self.draw = given, may_change, question, draw

    def fault(self, value: Any) -> str:
        """Read it, compare it with the given one, then ask."""
        found = read(value, self.given, self.may_change)
        return found.reason if isinstance(found, Unreadable) else self.question(found)

    def picture(self, value: Any) -> str:
        """What the model makes of it."""
        found = read(value, self.given, self.may_change)
        return "" if isinstance(found, Unreadable) else self.draw(found)


def read(value: Any, given: str, may_change: tuple[str, ...]) -> ApiObject | Unreadable:
    """The object in a text, or why it is none that can stand for the given one."""
    if type(value) is not str:
        return Unreadable(Words(f"is {shown(value)}, expected a manifest as text", f"是 {shown(value)}，应为文本形式的清单").in_())
    if not value.strip():
        return Unreadable(UNANSWERED.in_())
    if len(value) > CHARACTERS_MAX:
        english = f"has {len(value)} characters, expected at most {CHARACTERS_MAX}"
        return Unreadable(Words(english, f"有 {len(value)} 个字符，最多 {CHARACTERS_MAX} 个").in_())
    return _read(value, given, may_change, Words("your manifest", "你的清单").in_())


@lru_cache(maxsize=256)  # several judges ask about the same manifest
def _read(text: str, given: str, may_change: tuple[str, ...], source: str) -> ApiObject | Unreadable:
    (original,) = manifest.load(given)
    try:
        objects = manifest.load(text, source, strict=True)
    except (K8sEduError, ValueError, RecursionError) as error:
        return Unreadable(Words(f"cannot be read: {error}", f"无法读取：{error}").in_())
    if len(objects) != 1 or objects[0].kind != original.kind:
        met = ", ".join(found.kind for found in objects) or "–"
        return Unreadable(Words(f"holds {met}, expected one {original.kind}", f"包含 {met}，应为一个 {original.kind}").in_())
    changed = difference(fixed(original, may_change), fixed(objects[0], may_change))
    if changed:
        free = list(dict.fromkeys(path.rpartition(".")[2] for path in may_change))
        english = f"changes {changed}, expected nothing else than {', '.join(free)} to differ"
        return Unreadable(Words(english, f"改动了 {changed}，只允许改动 {'、'.join(free)}").in_())
    return objects[0]


def fixed(found: ApiObject, may_change: tuple[str, ...]) -> dict[str, Any]:
    """An object's document without what may differ."""
    document: dict[str, Any] = plain(found)
    for path in may_change:
        _drop(document, path.split("."))
    return document


def _drop(value: Any, path: list[str]) -> None:
    head, *rest = path
    name = head.removesuffix("[]")
    if not isinstance(value, dict) or name not in value:
        return
    if not rest:
        del value[name]
    elif head.endswith("[]"):
        for item in value[name] if isinstance(value[name], list) else ():
            _drop(item, rest)
    else:
        _drop(value[name], rest)


def difference(one: Any, other: Any, path: str = "") -> str:
    """The path of the first difference; empty where there is none.

    >>> difference({"a": [1, {"b": 2}]}, {"a": [1, {"b": 3}]})
    'a[1].b'
    """
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        found = (difference(one.get(key), other.get(key), f"{path}.{key}".lstrip(".")) for key in dict.fromkeys((*one, *other)))
        return next(filter(None, found), "")
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        parts = enumerate(zip(one, other, strict=True))
        return next(filter(None, (difference(*pair, f"{path}[{number}]") for number, pair in parts)), "")
    return "" if type(one) is type(other) and one == other else path or "everything"
