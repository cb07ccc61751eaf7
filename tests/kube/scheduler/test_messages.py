"""Laws of messages: word for word what the real scheduler tells."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8sedu.kube.objects import Pod
from k8sedu.kube.scheduler import messages
from k8sedu.kube.scheduler.messages import cut, fit_error


@pytest.mark.conformance("k8s/fit_error_message.json")
def test_why_a_pod_fits_nowhere(conformance_path: Path) -> None:
    """The same nodes with the same reasons make the same sentence."""
    for case in json.loads(conformance_path.read_text())["cases"]:
        reasons, extra = case["node_reasons"], {"pre_filter": case["pre_filter_msg"], "post_filter": case["post_filter_msg"]}
        assert fit_error(case["num_all_nodes"], reasons, **extra) == case["expected"], case["name"]


def test_who_is_rejected_at_once_hears_of_no_node() -> None:
    """When PreFilter has rejected the pod, its message stands in the place of the nodes' reasons."""
    told = fit_error(3, {"n1": ["Insufficient cpu"]}, pre_filter="node(s) didn't satisfy plugin(s) [NodeAffinity]")
    assert told == "0/3 nodes are available: node(s) didn't satisfy plugin(s) [NodeAffinity]."


def test_some_releases_doubled_the_full_stop() -> None:
    """Between 1.25 and 1.29 the sentence of preemption ended with two full stops."""
    said = "preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod."
    told = {release: fit_error(1, {"n": ["Insufficient cpu"]}, post_filter=said, release=release) for release in ("1.24", "1.26", "1.35")}
    assert [text.endswith("pod..") for text in told.values()] == [False, True, False]
    assert told["1.35"] == f"0/1 nodes are available: 1 Insufficient cpu. {said}"


@given(st.text(max_size=2_000))
def test_notes_are_cut(note: str) -> None:
    """A note fits into 1,024 bytes, is cut between two characters, and says where something is missing."""
    kept = cut(note)
    assert len(kept.encode()) <= 1_024
    assert kept == note or (kept.endswith(" ...") and note.startswith(kept[:-4]) and len(kept.encode()) > 1_015)


def test_the_three_events() -> None:
    """What becomes of a pod is told with the type, reason and action of the real events."""
    pod = Pod.of({"metadata": {"name": "web", "namespace": "shop", "uid": "u7"}})
    assert messages.scheduled(pod, "n1") == ("Normal", "Scheduled", "Binding", "Successfully assigned shop/web to n1")
    assert messages.preempted(pod, "n1") == ("Normal", "Preempted", "Preempting", "Preempted by pod u7 on node n1")
    assert messages.failed_scheduling("0/1 …")[:3] == ("Warning", "FailedScheduling", "Scheduling")
