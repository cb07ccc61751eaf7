from __future__ import annotations

import pytest

from k8sedu.kube import kinds
from k8sedu.kube.apiserver.selection import SELECTABLE, field_text, select
from k8sedu.kube.objects import Pod

WEB = Pod.of({
    "metadata": {"name": "web", "namespace": "shop", "labels": {"app": "web"}},
    "spec": {"nodeName": "n1", "hostNetwork": True}, "status": {"phase": "Running", "podIP": "10.0.0.7"},
})  # fmt: skip


@pytest.mark.parametrize(
    ("labels", "fields", "meant"),
    [
        ("", "", True), ("app=web", "spec.nodeName=n1", True), ("app!=web", "", False), ("", "spec.nodeName!=n1", False),
        ("", "status.phase!=Failed,status.podIP=10.0.0.7", True), ("", "spec.hostNetwork=true", True),
        ("", "metadata.namespace=default", False),
        ("", "status.nominatedNodeName=", True),
    ],
)  # fmt: skip
def test_selection(labels: str, fields: str, meant: bool) -> None:
    """All conditions must hold, on labels and on fields; a field that is not there is empty."""
    assert select(Pod, label_selector=labels, field_selector=fields).matches(WEB) == meant


def test_every_selectable_field_can_be_read() -> None:
    """What the table promises is a field of the kind, even of an empty object."""
    for kind, paths in SELECTABLE.items():
        assert all(isinstance(field_text(kinds.resource(kind)(), path), str) for path in paths)
