"""Manifests: what people write for kubectl, and what kubectl prints, read with the line of every mistake.

A file may hold several documents between `---`, lists of kind `List`, YAML or JSON; a dump of a real cluster is all of that. Reading gives
objects. What a class does not know is kept and written back, unless `strict=True` asks for an error, as `kubectl --validate=strict` does:
most unknown fields are misspelt ones.

    web.yaml, line 12: spec.containers[0].ports[0].containerPort is "80", expected a whole number

Written is what kubectl prints: keys in alphabetical order, quantities in canonical form.

Source: `kubectl get -o yaml`, `kubectl apply`; kubernetes, staging/src/k8s.io/apimachinery/pkg/util/yaml/decoder.go.
Left out: opening files; whoever does that hands over the text, and the name for the errors.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from k8sedu.errors import K8sEduError
from k8sedu.kube import kinds
from k8sedu.kube.fields import FieldError, UnknownFieldError, Value, fields_of, nearest, plain
from k8sedu.kube.objects.meta import ApiObject
from k8sedu.kube.yaml_form import YamlError, documents, line_of, to_text

_BLANK = re.compile(r"[ \t\r\n]*")


class ManifestError(K8sEduError, ValueError):
    """Something in a manifest that the API cannot take: the file, the line, the path, and what was expected."""

    def __init__(self, source: str, line: int, problem: str, *, path: str = "") -> None:
        self.source, self.line, self.problem, self.path = source, line, problem, path
        super().__init__(f"{source}, line {line}: {problem}")

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (self.source, self.line, self.problem, self.path)


def _again(source: str, line: int, problem: str, path: str) -> ManifestError:
    return ManifestError(source, line, problem, path=path)


class _Part(NamedTuple):
    """A piece of a text that is one object: its value, where it stands in its document, and what can tell its line."""

    value: Any
    path: str
    node: Any


def load(text: str, source: str = "the manifest", *, strict: bool = False) -> tuple[ApiObject, ...]:
    r"""Read all objects of a text in YAML or JSON, in their order; lists are unpacked.

    Args:
        text: the text.
        source: what to call it in an error: the file's name.
        strict: refuse fields that are not known.

    >>> load("apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n")[0].name
    'shop'
    >>> load("apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: 1\n", "web.yaml")
    Traceback (most recent call last):
        ...
    k8sedu.kube.manifest.ManifestError: web.yaml, line 5: spec.containers[0].name is 1, expected a text (put it in quotes)

    Raises:
        ManifestError: no YAML or JSON, or a value that the API does not take.
    """
    try:
        return tuple(_read(part, text, source, strict=strict) for part in _parts(text, source))
    except YamlError as error:
        raise ManifestError(source, error.line, error.problem) from None


def _parts(text: str, source: str) -> Iterator[_Part]:
    if text.lstrip("\ufeff \t\r\n").startswith("{"):
        values = _json_values(text.lstrip("\ufeff"), source)
        pairs: Iterable[tuple[Any, Any]] = ((value, number) for number, value in enumerate(values))
    else:
        pairs = ((found.value, found.node) for found in documents(text.lstrip("\ufeff")))
    for value, node in pairs:
        yield from _unpacked(_Part(value, "", node))


def _unpacked(part: _Part) -> Iterator[_Part]:
    """The objects of a list, or the object itself."""
    value = part.value
    if isinstance(value, list):
        for place, item in enumerate(value):
            yield from _unpacked(_Part(item, f"[{place}]", part.node))
    elif isinstance(value, Mapping) and str(value.get("kind", "")).endswith("List") and isinstance(value.get("items"), list):
        for place, item in enumerate(value["items"]):
            yield from _unpacked(_Part(_with_kind(item, value), f"{part.path}.items[{place}]".lstrip("."), part.node))
    else:
        yield part


def _with_kind(item: Any, holder: Mapping[str, Any]) -> Any:
    """An item of a PodList does not say that it is a Pod: the list does."""
    if not isinstance(item, Mapping) or "kind" in item or holder["kind"] == "List":
        return item
    return {"apiVersion": holder.get("apiVersion"), "kind": holder["kind"].removesuffix("List"), **item}


def _json_values(text: str, source: str) -> list[Any]:
    """One or several JSON values, one after the other."""
    decoder, found, place = json.JSONDecoder(), [], 0
    try:
        while (start := _BLANK.match(text, place).end()) < len(text):  # type: ignore[union-attr]  # it matches nothing as well
            value, place = decoder.raw_decode(text, start)
            found.append(value)
    except json.JSONDecodeError as error:
        raise ManifestError(source, error.lineno, f"no JSON: {error.msg}") from None
    except RecursionError:
        raise ManifestError(source, 1, "no manifest: it is nested without end") from None
    return found


def _read(part: _Part, text: str, source: str, *, strict: bool) -> ApiObject:
    try:
        found = kinds.read(part.value)
        if strict:
            refuse_unknown(found)
    except FieldError as error:
        raise ManifestError(source, _line(part, error.path, text), str(error), path=error.path) from None
    return found


def _line(part: _Part, path: str, text: str) -> int:
    """The line of a part of an object. JSON is read as YAML for that, which it nearly is, once there is something to tell."""
    whole = f"{part.path}.{path}".strip(".") if not path.startswith("[") else part.path + path
    if not isinstance(part.node, int):
        return line_of(part.node, whole)
    try:
        nodes = list(documents(text.lstrip("\ufeff").replace("\t", " ")))
        return line_of(nodes[part.node].node, whole)
    except (YamlError, IndexError):
        return 1


def refuse_unknown(found: Value, path: str = "") -> None:
    """Raise for the first field that a class does not know, in the object or anywhere inside."""
    if isinstance(found, ApiObject) and not found.KIND:
        raise FieldError("kind", found.kind, f"a kind of {found.api_version} that is known here")
    known = fields_of(type(found))
    strange = [name for name in found.extra if name not in found.ALSO]
    if strange:
        where = f"{path}.{strange[0]}" if path else strange[0]
        names = [wire for wire in (*known.values(), *found.ALSO) if wire]
        raise UnknownFieldError(where, type(found).__name__, nearest(strange[0], names))
    for name, wire in known.items():
        for where, inner in _inside(getattr(found, name), f"{path}.{wire}" if path else wire):
            refuse_unknown(inner, where)


def _inside(value: Any, path: str) -> Iterator[tuple[str, Value]]:
    if isinstance(value, Value):
        yield path, value
    elif isinstance(value, tuple):
        yield from ((f"{path}[{place}]", each) for place, each in enumerate(value) if isinstance(each, Value))


# -- writing ------------------------------------------------------------------------------------------------------------------------------


def to_yaml(*found: ApiObject) -> str:
    """The objects as `kubectl get -o yaml` prints them; several as documents between `---`.

    >>> print(to_yaml(*load('{"kind": "Namespace", "apiVersion": "v1", "metadata": {"name": "shop"}}')))
    apiVersion: v1
    kind: Namespace
    metadata:
      name: shop
    <BLANKLINE>
    """
    return "---\n".join(to_text(plain(each)) for each in found)


def to_json(*found: ApiObject) -> str:
    """The objects as `kubectl get -o json` prints them; several as a `List`."""
    shown = plain(found[0]) if len(found) == 1 else {"apiVersion": "v1", "items": plain(found), "kind": "List"}
    return json.dumps(shown, indent=4, sort_keys=True, ensure_ascii=False) + "\n"
