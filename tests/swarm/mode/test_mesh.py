"""Laws of the routing mesh: every node answers, each in turn, and the packet carries what it should at every hop."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8sedu.swarm.errors import SwarmError
from k8sedu.swarm.mode.mesh import Mesh


def mesh() -> Mesh:
    """Three nodes, a service with tasks on two of them."""
    made = Mesh(["n1", "n2", "n3"])
    made.publish("web", port=8080, target=80, tasks={"web.1": "n1", "web.2": "n2", "web.3": "n2"})
    return made


def test_each_hop_carries_its_addresses() -> None:
    """To the node, to the virtual address, to the task from the node's own sandbox, wrapped from node to node, and there."""
    route = mesh().request("n3", 8080)
    told = [(hop.place, hop.packet.text) for hop in route.hops]
    assert told == [
        ("n3", "203.0.113.7:50000 → 10.0.0.2:8080"),
        ("n3 ingress", "10.0.0.202:50000 → 10.0.0.100:80"),
        ("n1", "192.168.99.102:4789 → 192.168.99.100:4789"),
        ("web.1", "10.0.0.202:50000 → 10.0.0.100:80"),
    ]


def test_a_task_on_the_same_node_needs_no_tunnel() -> None:
    """Three hops and no VXLAN."""
    assert [hop.place for hop in mesh().request("n1", 8080).hops] == ["n1", "n1 ingress", "web.1"]


@given(st.lists(st.sampled_from(["n1", "n2", "n3"]), min_size=1, max_size=12))
def test_every_node_leads_to_every_task_in_turn(nodes: list[str]) -> None:
    """Each node has a balancer of its own, which goes round."""
    made, names = mesh(), ["web.1", "web.2", "web.3"]
    for position, node in enumerate(nodes):
        turn = nodes[:position].count(node)
        backend = made.request(node, 8080).backend
        assert backend is not None
        assert backend.name == names[turn % 3]


def test_host_mode_leads_only_to_the_nodes_own_tasks() -> None:
    """A node without one refuses."""
    made = Mesh(["n1", "n2"])
    made.publish("web", port=80, target=80, tasks={"web.1": "n1"}, mode="host")
    assert made.request("n1", 80).backend is not None
    refused = made.request("n2", 80)
    assert refused.backend is None
    assert "no task of web runs on n2" in refused.hops[-1].says.en


def test_a_lost_node_takes_its_tasks_out_of_the_balancers() -> None:
    """It answers nothing itself, and nobody is led to it."""
    made = mesh()
    made.fail("n2")
    assert {made.request("n3", 8080).backend.name for _ in range(4)} == {"web.1"}  # type: ignore[union-attr]  # there is one
    assert made.request("n2", 8080).backend is None


def test_a_port_belongs_to_one_service_and_keeps_its_address() -> None:
    """A second service is refused in Docker's words; publishing again replaces the tasks and nothing else."""
    made = mesh()
    with pytest.raises(SwarmError, match="port '8080' is already in use by service 'web' as an ingress port"):
        made.publish("db", port=8080, target=5432, tasks={})
    again = made.publish("web", port=8080, target=80, tasks={"web.1": "n1", "web.4": "n3"})
    assert (again.vip, again.backends[0].address) == ("10.0.0.2", "10.0.0.100")
    assert len({backend.address for backend in again.backends}) == 2
    with pytest.raises(SwarmError, match="there is no node 'n9'"):
        made.publish("api", port=81, target=80, tasks={"api.1": "n9"})
