from __future__ import annotations

import base64
from random import Random
from typing import Any

import pytest

from k8sedu.kube.apiserver import ApiServer
from k8sedu.kube.apiserver.listing import Token
from k8sedu.kube.status import BadRequestError, ExpiredError

ZONES = ["a", "b", "c", "d", "e", "f"]


@pytest.fixture
def server() -> ApiServer:
    made = ApiServer(Random(1))
    for name in ZONES:
        labels = {"half": "first" if name < "d" else "second"}
        made.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "labels": labels}}, now_ms=0)
    return made


def names(page: Any) -> list[str]:
    return [found.name for found in page.items]


def test_pages(server: ApiServer) -> None:
    """A page says how to go on and how much is left; the last one says neither, and all are of one moment."""
    first = server.list("configmaps", limit=4)
    server.delete("configmaps", "f", now_ms=0)
    server.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "e2"}}, now_ms=0)
    second = server.list("configmaps", limit=4, continue_=first.continue_)
    assert (names(first), names(second)) == (ZONES[:4], ZONES[4:])
    assert (first.remaining_item_count, second.remaining_item_count) == (2, None)
    assert first.resource_version == second.resource_version
    assert (bool(first.continue_), second.continue_) == (True, "")


def test_pages_of_a_selection(server: ApiServer) -> None:
    """With a selector nobody knows how much is left; a page is as full as it can be, and no page is empty for nothing."""
    first = server.list("configmaps", limit=2, label_selector="half=second")
    second = server.list("configmaps", limit=2, label_selector="half=second", continue_=first.continue_)
    assert (names(first), names(second), first.remaining_item_count) == (["d", "e"], ["f"], None)
    assert names(server.list("configmaps", limit=9, label_selector="half in (first), half!=second")) == ZONES[:3]
    assert names(server.list("configmaps", field_selector="metadata.name!=a,metadata.namespace=default")) == ZONES[1:]


def test_a_token_that_is_too_old(server: ApiServer) -> None:
    """After a compaction the token is refused, with another one that goes on in the present."""
    first = server.list("configmaps", limit=4)
    server.delete("configmaps", "f", now_ms=0)
    server.compact()
    with pytest.raises(ExpiredError, match="continue parameter is too old") as error:
        server.list("configmaps", limit=4, continue_=first.continue_)
    assert error.value.status()["code"] == 410
    rest = server.list("configmaps", limit=4, continue_=error.value.continue_)
    assert names(rest) == ["e"]
    assert rest.resource_version == server.resource_version


FOREIGN = [b"[1]", b'{"v":"x","rv":1,"start":"a"}', b'{"v":"meta.k8s.io/v1","rv":"1","start":"a"}']


@pytest.mark.parametrize("token", ["x", "!!", Token(3, "").encoded(), *(base64.b64encode(text).decode() for text in FOREIGN)])
def test_tokens_of_others(server: ApiServer, token: str) -> None:
    """A token that this server has not given out is refused."""
    with pytest.raises(BadRequestError, match="continue key is not valid"):
        server.list("configmaps", continue_=token)
    with pytest.raises(BadRequestError, match="not allowed when using continue"):
        server.list("configmaps", continue_=Token(1, "a").encoded(), resource_version="3")


def test_a_token_survives_its_text() -> None:
    """A token is a revision and a key, whatever characters are in it."""
    for token in (Token(1, "default/web\0"), Token(-1, "图/é\0")):
        assert Token.decoded(token.encoded()) == token


def test_of_which_moment(server: ApiServer) -> None:
    """Exact reads the past, NotOlderThan the present, and a forgotten moment is refused."""
    past = server.resource_version
    server.delete("configmaps", "a", now_ms=0)
    ask = {"resource_version": past}
    assert names(server.list("configmaps", **ask)) == names(server.list("configmaps")) == ZONES[1:]
    assert names(server.list("configmaps", resource_version_match="Exact", **ask)) == ZONES
    assert names(server.list("configmaps", limit=2, **ask)) == ZONES[:2]
    assert names(server.list("configmaps", limit=2, resource_version_match="NotOlderThan", **ask)) == ZONES[1:3]
    server.compact()
    with pytest.raises(ExpiredError, match="list is too old"):
        server.list("configmaps", resource_version_match="Exact", **ask)


@pytest.mark.parametrize(
    ("kind", "fields", "sentence"),
    [
        ("pods", "spec.color=red", "field label not supported: spec.color"),
        ("cm", "data=x", '"data" is not a known field selector'),
        ("po", "x", "expected field=value"),
    ],
)
def test_selectors_that_cannot_be(server: ApiServer, kind: str, fields: str, sentence: str) -> None:
    """Only the fields that the real server knows can be selected."""
    with pytest.raises(BadRequestError, match=sentence):
        server.list(kind, field_selector=fields)
    with pytest.raises(BadRequestError, match="expected"):
        server.watch(kind, label_selector="a in b")
