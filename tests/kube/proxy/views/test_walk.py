"""Laws of the film of one request: every rule that matched is a picture, and the pictures say what the walk says."""

from __future__ import annotations

import pytest

from k8sedu.kube.proxy import Packet, ProxyNode, Walk
from k8sedu.kube.proxy.views import WalkError, packet_scene, packet_walk, packet_walk_film, walk_table


@pytest.mark.parametrize("mode", ["iptables", "ipvs", "nftables", "userspace"])
def test_every_match_is_a_picture(walks: dict[str, Walk], node: ProxyNode, mode: str) -> None:
    """There and back, with client, pod and end around them; every picture is sound."""
    walk = walks[mode]
    film = packet_walk_film(walk, node)
    matched = sum(step.is_match for step in (*walk.steps, *walk.back))
    assert [frame.kind for frame in film.frames].count("step") + [frame.kind for frame in film.frames].count("answer") >= matched
    assert (film.frames[0].kind, film.frames[-1].kind) == ("ask", "end")
    for frame in film.frames:
        frame.scene.check()


def test_the_rewriting_shows_both_addresses(walks: dict[str, Walk], node: ProxyNode) -> None:
    """What the client wrote, and what it was made."""
    scene = packet_scene(walks["iptables"], node)
    assert scene.find("table/to/was").text == "10.96.12.7:80"  # type: ignore[attr-defined]  # a label
    assert scene.find("table/to/now").text == walks["iptables"].endpoint  # type: ignore[attr-defined]
    assert scene.find(f"pod/{walks['iptables'].endpoint}").fill == "tint:green"


def test_a_losing_rule_is_dimmed_and_crossed(walks: dict[str, Walk], node: ProxyNode) -> None:
    """And the one that matched is filled."""
    walk = walks["iptables"]
    scene = packet_scene(walk, node)
    missed = next(number for number, step in enumerate(walk.steps) if not step.is_match)
    assert scene.find(f"row/there/{missed}").opacity == 0.75
    assert scene.find(f"row/there/{missed}/miss") is not None
    rewriting = next(number for number, step in enumerate(walk.steps) if step.verdict.startswith("DNAT"))
    assert scene.find(f"row/there/{rewriting}").fill == "orange"


def test_the_chosen_pod_is_not_given_away(walks: dict[str, Walk], node: ProxyNode) -> None:
    """Before the coin falls nobody sees the chain of the pod, nor which of the rules will match."""
    film = packet_walk_film(walks["iptables"], node)
    titles = [shape.id for shape in film.frames[2].scene.shapes if shape.id.startswith("chain/")]
    assert any("KUBE-SVC-" in title for title in titles)
    assert not any("KUBE-SEP-" in title for title in titles)


def test_a_rejected_packet_ends_with_its_reason(rejected: Walk, node: ProxyNode) -> None:
    """No pod, no answer, and a sentence that says why."""
    film = packet_walk_film(rejected, node)
    caption = film.frames[-1].scene.caption
    assert "no endpoints" in caption.en  # type: ignore[union-attr]  # captions have two languages
    assert "拒绝" in caption.zh  # type: ignore[union-attr]
    assert film.frames[-1].scene.find("packet").stroke == "vermillion"


def test_a_walk_without_a_node_is_drawn_too(walks: dict[str, Walk]) -> None:
    """What only the node knows is left out."""
    for frame in packet_walk_film(walks["nftables"]).frames:
        frame.scene.check()


def test_a_walk_without_steps_is_refused() -> None:
    """In one sentence."""
    with pytest.raises(WalkError, match="without steps, expected a Walk"):
        packet_walk(Walk("iptables", Packet("10.0.0.1", 1, "10.0.0.2", 2), "unserved", ()))


def test_the_table_has_a_row_per_step(walks: dict[str, Walk]) -> None:
    """There and back."""
    walk = walks["ipvs"]
    table = walk_table(walk)
    assert list(table.way) == ["there"] * len(walk.steps) + ["back"] * len(walk.back)
    assert table.chain[table.verdict.str.startswith("DNAT")].tolist() == ["TCP 10.96.12.7:80"]
