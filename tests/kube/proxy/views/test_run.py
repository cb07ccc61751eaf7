"""Laws of the film of a run: a picture per step, places that stay, and who is stale is seen."""

from __future__ import annotations

import pytest

from k8sedu.kube.proxy import simulate
from k8sedu.kube.proxy.views import WalkError, film, play, table
from k8sedu.trace import Trace


def test_a_picture_per_step(traces: dict[str, Trace]) -> None:
    """Each is sound and says something in both languages."""
    trace = traces["iptables"]
    shown = film(trace)
    assert [frame.kind for frame in shown.frames] == [step.kind for step in trace]
    for frame in shown.frames:
        frame.scene.check()
        assert frame.scene.caption.en.startswith("**")  # type: ignore[union-attr]  # captions have two languages
        assert frame.scene.caption.zh.startswith("**")  # type: ignore[union-attr]


def test_a_dead_endpoint_is_red_until_it_is_forgotten(traces: dict[str, Trace]) -> None:
    """Right after the kill every node has a red chip for it, and at the end none."""
    trace = traces["nftables"]
    shown, at = film(trace), trace.where("kill")[0].index
    ip = trace.where("kill")[0].detail.ip
    assert shown.frames[at].scene.find(f"chip/node-1/{ip}:8080").stroke == "vermillion"
    assert not [shape for shape in shown.frames[-1].scene.shapes if shape.id.startswith("chip/") and shape.stroke == "vermillion"]
    assert shown.bands


def test_a_pod_keeps_its_place(traces: dict[str, Trace]) -> None:
    """From the first picture to the last."""
    shown = film(traces["iptables"])
    places = {(frame.scene.find("pod/web-2").x, frame.scene.find("pod/web-2").y) for frame in shown.frames}  # type: ignore[attr-defined]  # a box
    assert len(places) == 1


def test_a_table_has_a_row_per_step(traces: dict[str, Trace]) -> None:
    """With the pod's name, not its address."""
    found = table(traces["iptables"])
    assert len(found) == len(traces["iptables"])
    assert set(found.endpoint[found.outcome == "answered"]) <= {"web-1", "web-2", "web-3"}


def test_a_run_without_frames_is_refused() -> None:
    """There is nothing to draw."""
    with pytest.raises(WalkError, match="with frames"):
        play(simulate((), duration_ms=10, frames=False))
