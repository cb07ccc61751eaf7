from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8sedu.kube.patches import json_patch, merge, strategic
from k8sedu.kube.status import BadRequestError, InvalidError

RFC_7386: list[tuple[Any, Any, Any]] = [
    ({"a": "b"}, {"a": "c"}, {"a": "c"}), ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}), ({"a": "b"}, {"a": None}, {}),
    ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}), ({"a": ["b"]}, {"a": "c"}, {"a": "c"}), ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
    ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}), ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
    (["a", "b"], ["c", "d"], ["c", "d"]), ({"a": "b"}, ["c"], ["c"]), ({"a": "foo"}, None, None), ({"a": "foo"}, "bar", "bar"),
    (
        {"e": None}, {"a": 1}, {"e": None, "a": 1}), ([1, 2], {"a": "b", "c": None},
        {"a": "b"}), ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("document", "patch", "expected"), RFC_7386)
def test_merge_patch(document: Any, patch: Any, expected: Any) -> None:
    """RFC 7386, appendix A, every line."""
    assert merge(document, patch) == expected


RFC_6902: list[tuple[str, Any, list[dict[str, Any]], Any]] = [
    ("A.1", {"foo": "bar"}, [{"op": "add", "path": "/baz", "value": "qux"}], {"baz": "qux", "foo": "bar"}),
    ("A.2", {"foo": ["bar", "baz"]}, [{"op": "add", "path": "/foo/1", "value": "qux"}], {"foo": ["bar", "qux", "baz"]}),
    ("A.3", {"baz": "qux", "foo": "bar"}, [{"op": "remove", "path": "/baz"}], {"foo": "bar"}),
    ("A.4", {"foo": ["bar", "qux", "baz"]}, [{"op": "remove", "path": "/foo/1"}], {"foo": ["bar", "baz"]}),
    ("A.5", {"baz": "qux", "foo": "bar"}, [{"op": "replace", "path": "/baz", "value": "boo"}], {"baz": "boo", "foo": "bar"}),
    (
        "A.6", {"foo": {"bar": "baz", "waldo": "fred"}, "qux": {"corge": "grault"}},
        [{"op": "move", "from": "/foo/waldo", "path": "/qux/thud"}], {"foo": {"bar": "baz"}, "qux": {"corge": "grault", "thud": "fred"}},
    ),
    (
        "A.7", {"foo": ["all", "grass", "cows", "eat"]},
        [{"op": "move", "from": "/foo/1", "path": "/foo/3"}], {"foo": ["all", "cows", "eat", "grass"]},
    ),
    ("A.8", {"baz": "qux"}, [{"op": "test", "path": "/baz", "value": "qux"}], {"baz": "qux"}),
    ("A.9", {"baz": "qux"}, [{"op": "test", "path": "/baz", "value": "bar"}], InvalidError),
    ("A.10", {"foo": "bar"}, [{"op": "add", "path": "/child", "value": {"grandchild": {}}}], {"foo": "bar", "child": {"grandchild": {}}}),
    ("A.11", {"foo": "bar"}, [{"op": "add", "path": "/baz", "value": "qux", "xyz": 123}], {"foo": "bar", "baz": "qux"}),
    ("A.12", {"foo": "bar"}, [{"op": "add", "path": "/baz/bat", "value": "qux"}], InvalidError),
    ("A.14", {"/": 9, "~1": 10}, [{"op": "test", "path": "/~01", "value": 10}], {"/": 9, "~1": 10}),
    ("A.15", {"/": 9, "~1": 10}, [{"op": "test", "path": "/~01", "value": "10"}], InvalidError),
    ("A.16", {"foo": ["bar"]}, [{"op": "add", "path": "/foo/-", "value": ["abc", "def"]}], {"foo": ["bar", ["abc", "def"]]}),
    ("whole", {"a": 1}, [{"op": "replace", "path": "", "value": 2}, {"op": "add", "path": "", "value": [3]}], [3]),
    ("copy", {"a": [1]}, [{"op": "copy", "from": "/a", "path": "/b"}, {"op": "replace", "path": "/a/0", "value": 2}], {"a": [2], "b": [1]}),
    ("out of range", {"a": [1]}, [{"op": "add", "path": "/a/2", "value": 2}], InvalidError),
    ("leading zero", {"a": [1, 2]}, [{"op": "remove", "path": "/a/01"}], InvalidError),
    ("nothing there", {"a": 1}, [{"op": "replace", "path": "/b", "value": 2}], InvalidError),
    ("true is not 1", {"a": True}, [{"op": "test", "path": "/a", "value": 1}], InvalidError),
    ("no operation", {}, [{"op": "jump", "path": "/a"}], BadRequestError),
    ("no path", {}, [{"op": "test", "path": "a"}], BadRequestError),
]  # fmt: skip


@pytest.mark.parametrize(("document", "steps", "expected"), [case[1:] for case in RFC_6902], ids=[case[0] for case in RFC_6902])
def test_json_patch(document: Any, steps: list[dict[str, Any]], expected: Any) -> None:
    """RFC 6902, appendix A, and what it leaves to the reader; the document itself stays as it was."""
    before = copy.deepcopy(document)
    if isinstance(expected, type):
        with pytest.raises(expected):
            json_patch(document, steps)
    else:
        assert json_patch(document, steps) == expected
    assert document == before


POD = {
    "metadata": {"labels": {"a": "1", "b": "2"}, "finalizers": ["x/y"]},
    "spec": {
        "containers": [
            {"name": "web", "image": "w:1", "ports": [{"containerPort": 80, "name": "http"}, {"containerPort": 443}], "args": ["-a"]},
            {"name": "log", "image": "l:1"},
        ],
        "tolerations": [{"key": "k", "operator": "Exists"}],
        "volumes": [{"name": "v", "emptyDir": {}}],
    },
    "status": {"conditions": [{"type": "Ready", "status": "False"}]},
}
STRATEGIC: dict[str, tuple[Any, str, Any]] = {
    "a container by its name": (
        {"spec": {"containers": [{"name": "log", "image": "l:2"}]}}, "spec.containers.1", {"name": "log", "image": "l:2"},
    ),
    "the others stay": ({"spec": {"containers": [{"name": "log", "image": "l:2"}]}}, "spec.containers.0", POD["spec"]["containers"][0]),  # type: ignore[index]  # it is there
    "a new one comes last": ({"spec": {"containers": [{"name": "new", "image": None}]}}, "spec.containers.2", {"name": "new"}),
    "one goes": ({"spec": {"containers": [{"name": "web", "$patch": "delete"}]}}, "spec.containers", [{"name": "log", "image": "l:1"}]),
    "a port by its number": (
        {"spec": {"containers": [{"name": "web", "ports": [{"containerPort": 443, "name": "https"}]}]}}, "spec.containers.0.ports",
        [{"containerPort": 80, "name": "http"}, {"containerPort": 443, "name": "https"}],
    ),
    "plain lists are replaced": ({"spec": {"containers": [{"name": "web", "args": ["-b"]}]}}, "spec.containers.0.args", ["-b"]),
    "tolerations are replaced": ({"spec": {"tolerations": [{"key": "j"}]}}, "spec.tolerations", [{"key": "j"}]),
    "conditions by type": (
        {"status": {"conditions": [{"type": "Ready", "status": "True"}]}}, "status.conditions", [{"type": "Ready", "status": "True"}],
    ),
    "finalizers are added": ({"metadata": {"finalizers": ["z/z"]}}, "metadata.finalizers", ["x/y", "z/z"]),
    "and taken away by name": ({"metadata": {"$deleteFromPrimitiveList/finalizers": ["x/y"]}}, "metadata.finalizers", []),
    "null removes": ({"metadata": {"labels": {"a": None, "c": "3"}}}, "metadata.labels", {"b": "2", "c": "3"}),
    "a mapping is replaced when asked": ({"metadata": {"labels": {"$patch": "replace", "c": "3"}}}, "metadata.labels", {"c": "3"}),
    "a list too": ({"spec": {"containers": [{"$patch": "replace"}, {"name": "only"}]}}, "spec.containers", [{"name": "only"}]),
    "or emptied": ({"metadata": {"labels": {"$patch": "delete"}}}, "metadata.labels", {}),
    "some keys are retained": (
        {"spec": {"volumes": [{"name": "v", "$retainKeys": ["name", "hostPath"], "hostPath": {"path": "/"}}]}}, "spec.volumes.0",
        {"name": "v", "hostPath": {"path": "/"}},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("patch", "path", "expected"), STRATEGIC.values(), ids=STRATEGIC)
def test_strategic_merge_patch(patch: Any, path: str, expected: Any) -> None:
    """Lists merge by the key that their type names, and only those."""
    before = copy.deepcopy(POD)
    found: Any = strategic(POD, patch)
    for step in path.split("."):
        found = found[int(step)] if step.isdigit() else found[step]
    assert found == expected
    assert before == POD


def test_ports_of_a_service() -> None:
    """Ports of a Service are told apart by the port, those of a container by the container's port."""
    assert strategic({"spec": {"ports": [{"port": 80, "name": "a"}]}}, {"spec": {"ports": [{"port": 80, "nodePort": 30_080}]}}) == {
        "spec": {"ports": [{"port": 80, "name": "a", "nodePort": 30_080}]}
    }


@pytest.mark.parametrize("patch", [{"spec": {"containers": [{"image": "x"}]}}, {"metadata": {"$patch": "explode"}}, []])
def test_what_cannot_be_laid_over(patch: Any) -> None:
    """An item without its key, an unknown directive or no mapping is told."""
    with pytest.raises(BadRequestError):
        strategic(POD, patch)


documents = st.recursive(
    st.integers(0, 2) | st.booleans(), lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3), max_leaves=8
).filter(lambda found: isinstance(found, dict))


def difference(old: Any, new: Any) -> Any:
    """The merge patch that leads from one to the other."""
    if not isinstance(old, dict) or not isinstance(new, dict):
        return new
    changed = {name: difference(old.get(name), value) for name, value in new.items() if old.get(name, ...) != value}
    return changed | {name: None for name in old if name not in new}


@given(documents, documents)
def test_the_difference_leads_there(old: Any, new: Any) -> None:
    """The patch of what differs turns one document into the other, in both languages, and twice does no harm."""
    patch = difference(old, new)
    assert merge(old, patch) == strategic(old, patch) == new
    assert merge(new, patch) == new
