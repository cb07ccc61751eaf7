"""Laws of the notes' two pictures: who belongs to a Service, who is asked, and that both doors lead to the same pods."""

from __future__ import annotations

import pytest

from k8sedu.course.figures import services
from k8sedu.kube.proxy import Walk
from k8sedu.kube.proxy.views import WalkError, balancing_scene, service_scene


def test_who_is_not_ready_is_written_down_and_not_asked() -> None:
    """A dashed endpoint, counted in the caption."""
    scene = service_scene(services.cluster(), "web")
    scene.check()
    assert scene.find("endpoint/10.244.1.9").dashed
    assert not scene.find("endpoint/10.244.1.3").dashed
    assert "3 of 4 endpoints" in scene.caption.en  # type: ignore[union-attr]  # captions have two languages


def test_a_pod_that_is_not_picked_has_no_line() -> None:
    """It stands there all the same."""
    ids = {shape.id for shape in service_scene(services.cluster(), "web").shapes}
    assert "pod/client" in ids
    assert "pod/client/way" not in ids
    assert "pod/web-1/way" in ids


def test_an_unknown_service_is_refused() -> None:
    """With those that there are."""
    with pytest.raises(WalkError, match="default/shop is not in the cluster, expected one of: db, web"):
        service_scene(services.cluster(), "shop")


def test_requests_of_both_doors_are_counted(walks: dict[str, Walk]) -> None:
    """All of them, at the pods that answered."""
    found = services.cluster()
    node = found.node("node-1")
    inside = services._asked(node, "10.244.1.2", ("10.96.12.7", 80), 20, seed=1)
    outside = services._asked(node, "203.0.113.9", (node.settings.node_ip, 30080), 10, seed=2)
    scene = balancing_scene(inside, outside, node)
    scene.check()
    served = [shape.text.en for shape in scene.shapes if shape.id.endswith("/served")]  # type: ignore[attr-defined]  # labels
    assert sum(int(text.split()[1]) for text in served) == 30
    with pytest.raises(WalkError, match="0 from outside"):
        balancing_scene([walks["iptables"]], [], node)
