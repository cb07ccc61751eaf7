"""Patches: changing part of an object without sending the whole of it.

There are three languages. A *merge patch* lays one mapping over another: null removes, lists are replaced as a whole. A *JSON patch* is a
list of steps (add, remove, replace, move, copy, test), exact and easily out of date. A *strategic merge patch* is Kubernetes' own: it
knows that containers are told apart by name and ports by number, so that one can change the image of one container; `kubectl edit` and
`kubectl set image` use it. The surprise is where it does *not* merge: tolerations and taints, for example, are replaced as a whole.

Source: RFC 7386 (merge), RFC 6902 and 6901 (JSON patch); kubernetes, staging/src/k8s.io/apimachinery/pkg/util/strategicpatch/patch.go, and
the patchStrategy and patchMergeKey tags of the types.
Left out: server-side apply and its managed fields.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from k8sedu.kube.status import BadRequestError, InvalidError

Document: TypeAlias = dict[str, Any]


def merge(document: Any, patch: Any) -> Any:
    """Lay a merge patch over a document.

    >>> merge({"a": 1, "b": {"c": [1], "d": 2}}, {"a": None, "b": {"c": [3]}})
    {'b': {'c': [3], 'd': 2}}
    """
    if not isinstance(patch, Mapping):
        return patch
    merged = dict(document) if isinstance(document, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge(merged.get(name), value)
    return merged


# -- JSON patch ---------------------------------------------------------------------------------------------------------------------------


def json_patch(document: Any, steps: Any) -> Any:
    """Take the steps of a JSON patch, all or none.

    >>> json_patch({"a": [1, 2]}, [{"op": "test", "path": "/a/0", "value": 1}, {"op": "add", "path": "/a/-", "value": 3}])
    {'a': [1, 2, 3]}

    Raises:
        InvalidError: a step that cannot be taken: its place is not there, or the test fails.
        BadRequestError: no list of steps.
    """
    if not isinstance(steps, list | tuple) or not all(isinstance(step, Mapping) for step in steps):
        raise BadRequestError("the JSON patch is no list of steps, expected [{op, path, …}, …]")
    for step in steps:
        operation = STEPS.get(step.get("op", ""))
        if operation is None:
            raise BadRequestError(f"the JSON patch has the operation {step.get('op')!r}, expected one of {', '.join(STEPS)}")
        document = operation(document, step)
    return document


def _words(pointer: object) -> list[str]:
    if not isinstance(pointer, str) or (pointer and not pointer.startswith("/")):
        raise BadRequestError(f"the JSON patch has the path {pointer!r}, expected one such as /spec/replicas")
    return [word.replace("~1", "/").replace("~0", "~") for word in pointer.split("/")[1:]]


def _missing(path: str) -> InvalidError:
    return InvalidError(f"the server rejected our request due to an error in our request: there is nothing at {path!r}")


def _at(document: Any, words: list[str]) -> Any:
    for depth, word in enumerate(words):
        place = _place(document, word, words[: depth + 1])
        document = document[place]
    return document


def _place(holder: Any, word: str, words: list[str]) -> Any:
    if isinstance(holder, Mapping) and word in holder:
        return word
    if isinstance(holder, list) and re.fullmatch(r"0|[1-9][0-9]*", word) and int(word) < len(holder):
        return int(word)
    raise _missing("/" + "/".join(words))


def _changed(document: Any, words: list[str], change: Callable[[Any, str], Any]) -> Any:
    """A document in which the holder of the last word is another one; everything beside the way is shared."""
    if len(words) == 1:
        return change(document, words[0])
    place = _place(document, words[0], words[:1])
    inner = _changed(document[place], words[1:], change)
    if isinstance(document, list):
        return [*document[:place], inner, *document[place + 1 :]]
    return {**document, place: inner}


def _add_at(document: Any, path: str, value: Any) -> Any:
    def change(holder: Any, word: str) -> Any:
        if isinstance(holder, Mapping):
            return {**holder, word: value}
        if not isinstance(holder, list) or not (word == "-" or (word.isdigit() and int(word) <= len(holder))):
            raise _missing(path)
        place = len(holder) if word == "-" else int(word)
        return [*holder[:place], value, *holder[place:]]

    words = _words(path)
    return _changed(document, words, change) if words else value


def _remove_at(document: Any, path: str) -> Any:
    def change(holder: Any, word: str) -> Any:
        place = _place(holder, word, _words(path))
        if isinstance(holder, list):
            return [*holder[:place], *holder[place + 1 :]]
        return {name: value for name, value in holder.items() if name != place}

    return _changed(document, _words(path), change)


def _replace(document: Any, step: Mapping[str, Any]) -> Any:
    def change(holder: Any, word: str) -> Any:
        place = _place(holder, word, _words(step["path"]))
        if isinstance(holder, list):
            return [*holder[:place], step.get("value"), *holder[place + 1 :]]
        return {**holder, place: step.get("value")}

    words = _words(step.get("path"))
    return _changed(document, words, change) if words else step.get("value")


def _test(document: Any, step: Mapping[str, Any]) -> Any:
    found = _at(document, _words(step.get("path")))
    if found != step.get("value") or isinstance(found, bool) != isinstance(step.get("value"), bool):
        raise InvalidError(f"the server rejected our request due to an error in our request: testing path {step['path']} failed")
    return document


def _move(document: Any, step: Mapping[str, Any]) -> Any:
    value = _at(document, _words(step.get("from")))
    return _add_at(_remove_at(document, step["from"]), step.get("path", ""), value)


STEPS: dict[str, Callable[[Any, Mapping[str, Any]], Any]] = {
    "add": lambda document, step: _add_at(document, step.get("path", ""), step.get("value")),
    "remove": lambda document, step: _remove_at(document, step.get("path", "")),
    "replace": _replace,
    "move": _move,
    "copy": lambda document, step: _add_at(document, step.get("path", ""), _at(document, _words(step.get("from")))),
    "test": _test,
}

# -- strategic merge patch ----------------------------------------------------------------------------------------------------------------

MERGE_KEYS = {
    "containers": "name", "initContainers": "name", "ephemeralContainers": "name", "volumes": "name", "env": "name",
    "volumeMounts": "mountPath", "volumeDevices": "devicePath", "imagePullSecrets": "name", "hostAliases": "ip", "secrets": "name",
    "topologySpreadConstraints": "topologyKey", "schedulingGates": "name", "resourceClaims": "name", "conditions": "type",
    "ownerReferences": "uid", "addresses": "type", "podIPs": "ip", "hostIPs": "ip",
}  # fmt: skip
"""List → the field by which its items are told apart; what is not here is replaced as a whole."""
PORTS = {"containers": "containerPort", "initContainers": "containerPort", "spec": "port"}
"""Ports are told apart by another field on a container than on a Service."""
UNIONS = {"finalizers"}
"""Lists of texts to which a patch adds."""


def strategic(document: Any, patch: Any) -> Any:
    """Lay a strategic merge patch over a document.

    >>> pod = {"spec": {"containers": [{"name": "a", "image": "a:1"}, {"name": "b", "image": "b:1"}]}}
    >>> strategic(pod, {"spec": {"containers": [{"name": "b", "image": "b:2"}]}})["spec"]["containers"]
    [{'name': 'a', 'image': 'a:1'}, {'name': 'b', 'image': 'b:2'}]

    Raises:
        BadRequestError: an item without its key, or an unknown directive.
    """
    if not isinstance(patch, Mapping):
        raise BadRequestError("the strategic merge patch is no mapping, expected one")
    return _mapping(document, patch, "")


def _mapping(document: Any, patch: Mapping[str, Any], holder: str) -> Any:
    directive = patch.get("$patch")
    if directive == "replace":
        return {name: value for name, value in patch.items() if name != "$patch"}
    if directive == "delete":
        return {}
    if directive not in {None, "merge"}:
        raise BadRequestError(f"the patch has the directive $patch: {directive}, expected replace, delete or merge")
    merged = dict(document) if isinstance(document, Mapping) else {}
    if "$retainKeys" in patch:
        merged = {name: value for name, value in merged.items() if name in patch["$retainKeys"]}
    for name, value in patch.items():
        _lay(merged, name, value, holder)
    return merged


def _lay(merged: Document, name: str, value: Any, holder: str) -> None:
    if name.startswith("$deleteFromPrimitiveList/"):
        target = name.partition("/")[2]
        merged[target] = [each for each in merged.get(target, []) if each not in value]
    elif name.startswith("$"):
        return
    elif value is None:
        merged.pop(name, None)
    elif isinstance(value, Mapping):
        merged[name] = _mapping(merged.get(name), value, name)
    elif isinstance(value, list | tuple):
        merged[name] = _list(merged.get(name) or [], list(value), name, holder)
    else:
        merged[name] = value


def _list(found: list[Any], patch: list[Any], name: str, holder: str) -> list[Any]:
    if name in UNIONS:
        return [*found, *(each for each in patch if each not in found)]
    key = PORTS.get(holder) if name == "ports" else MERGE_KEYS.get(name)
    if key is None:
        return patch
    if any(isinstance(each, Mapping) and each.get("$patch") == "replace" for each in patch):
        return [each for each in patch if "$patch" not in each]
    merged = list(found)
    for item in patch:
        if not isinstance(item, Mapping) or key not in item:
            raise BadRequestError(f"map: {item} does not contain declared merge key: {key}")
        _lay_item(merged, item, key, name)
    return merged


def _lay_item(merged: list[Any], item: Mapping[str, Any], key: str, name: str) -> None:
    place = next((number for number, each in enumerate(merged) if each.get(key) == item[key]), None)
    if item.get("$patch") == "delete":
        if place is not None:
            del merged[place]
    elif place is None:
        merged.append(_mapping({}, item, name))
    else:
        merged[place] = _mapping(merged[place], item, name)


PATCHES: dict[str, Callable[[Any, Any], Any]] = {"strategic": strategic, "merge": merge, "json": json_patch}
"""What kubectl calls `--type` → what does it."""
