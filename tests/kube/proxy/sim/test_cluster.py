from __future__ import annotations

from k8sedu.kube.proxy.sim.cluster import SimPod, slice_of


def test_conditions() -> None:
    """A pod that starts is not ready, one that terminates serves but is not ready, and a dead one is not written down."""
    pods = [
        SimPod("web-1", "10.244.1.10", "node-1"), SimPod("web-2", "10.244.2.10", "node-2", "terminating"),
        SimPod("web-3", "10.244.3.10", "node-3", "starting", is_ready=False), SimPod("web-4", "10.244.1.11", "node-1", "dead"),
    ]  # fmt: skip
    found = [(each.conditions.ready, each.conditions.serving, each.conditions.terminating) for each in slice_of(pods).endpoints]
    assert found == [(True, True, False), (False, True, True), (False, False, False)]
