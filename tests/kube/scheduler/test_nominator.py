"""Laws of promises: who was promised which node, and for whom that counts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from k8sedu.kube.scheduler.nominator import Nominator
from k8sedu.kube.scheduler.sketch import pod


def test_a_promise_counts_for_whom_it_outranks() -> None:
    """Pods of at least the same priority count, oneself never; a higher one may take the room, and takes the promises below it back."""
    nominator = Nominator()
    for name, priority in (("low", 1), ("high", 5)):
        nominator.add(pod(name, priority=priority), "n1")
    assert {node: [each.name for each in pods] for node, pods in nominator.for_pod(pod("x", priority=1)).items()} == {"n1": ["low", "high"]}
    assert [each.name for each in nominator.for_pod(pod("low", priority=1))["n1"]] == ["high"]
    assert nominator.for_pod(pod("y", priority=6)) == {}
    assert [each.name for each in nominator.below(pod("y", priority=5), "n1")] == ["low"]


def test_a_status_renews_a_promise_and_silence_keeps_it() -> None:
    """The node of the status counts; a pod that is changed before its status is written keeps what it was promised."""
    nominator, found = Nominator(), pod("p")
    nominator.add(found, "n1")
    nominator.update(found)
    assert nominator.node_of(found) == "n1"
    nominator.update(found.evolve(status=found.status.evolve(nominated_node_name="n2")))
    assert (nominator.node_of(found), nominator.on("n1"), len(nominator)) == ("n2", (), 1)
    nominator.add(found.evolve(status=found.status.evolve(nominated_node_name="")))
    assert len(nominator) == 0


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(-1, 2)), max_size=30))
def test_the_books_agree(steps: list[tuple[int, int]]) -> None:
    """Whatever is promised and taken back, each pod was promised at most one node."""
    nominator, expected = Nominator(), {}
    for number, node in steps:
        found = pod(f"p{number}")
        if node < 0:
            nominator.delete(found)
            expected.pop(found.key, None)
        else:
            nominator.add(found, f"n{node}")
            expected[found.key] = f"n{node}"
        nominator.check()
    assert {found.key: f"n{node}" for node in range(3) for found in nominator.on(f"n{node}")} == expected
