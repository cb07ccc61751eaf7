"""Laws of swarm mode's scheduler: even over zones first, then over nodes; what failed often comes last; and a service is spread evenly."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from k8sedu.swarm.mode.scheduler import Failures, Round
from k8sedu.swarm.mode.service import Spec
from k8sedu.swarm.mode.store import Node, Store
from k8sedu.swarm.mode.task import Task


def cluster(*zones: str, cpu: int = 9_000) -> Store:
    """Nodes a, b, c, … in these zones."""
    store = Store()
    for number, zone in enumerate(zones):
        store.put(Node("abcdefghi"[number], cpu, 9_000, labels=(("zone", zone),)))
    return store


def ask(store: Store, count: int, service: str = "web", **spec: object) -> None:
    """So many tasks that wait."""
    for slot in range(1, count + 1):
        store.put(Task(f"{service}{slot}", service, 1, Spec("x", **spec), slot=slot, state="pending"))  # type: ignore[arg-type]  # any field


def placed(store: Store, failures: Failures | None = None) -> str:
    """Where the tasks of `web` go, in the order of their slots."""
    decided = Round(store, now_ms=0, failures=failures).decide()
    return "".join(each.task.node or "-" for each in sorted(decided, key=lambda each: each.task.slot) if each.task.service == "web")


def occupied(store: Store, node: str, count: int, service: str) -> None:
    """Tasks that run already."""
    for number in range(count):
        store.put(Task(f"old-{node}{service}{number}", service, 1, Spec("x"), slot=50 + number, node=node, state="running"))


def test_tasks_go_where_fewest_of_their_service_are_then_fewest_at_all() -> None:
    """Two of the service here count more than five of another one there."""
    store = cluster("x", "x", "x")
    occupied(store, "a", 2, "web")
    occupied(store, "b", 5, "db")
    ask(store, 2)
    assert placed(store) == "cb"


def test_a_round_goes_through_the_nodes_once_and_does_not_look_back() -> None:
    """As swarmkit does it: the next node is taken when it has fewer, and an earlier one not again before all had their turn."""
    store = cluster("x", "x", "x")
    occupied(store, "c", 2, "web")
    ask(store, 4)
    assert placed(store) == "abbb"


def test_a_preference_makes_zones_even_not_nodes() -> None:
    """Three nodes in zone x and one in zone y: each zone gets half."""
    store = cluster("x", "x", "x", "y")
    ask(store, 6, preferences=("node.labels.zone",))
    assert sorted(placed(store)) == ["a", "b", "c", "d", "d", "d"]


def test_a_zone_that_is_full_leaves_the_rest_to_the_others() -> None:
    """What does not fit into one branch goes into the next; what fits nowhere is told why."""
    store = cluster("x", "y", cpu=2_000)
    store.put(Node("b", 1_000, 9_000, labels=(("zone", "y"),)))
    ask(store, 4, preferences=("node.labels.zone",), cpu_millicores=1_000)
    decided = Round(store, now_ms=0).decide()
    assert sorted(each.task.node for each in decided if each.task.node) == ["a", "a", "b"]
    assert [each.task.message for each in decided if not each.task.node] == ["no suitable node (insufficient resources on 2 nodes)"]


def test_nested_preferences_split_within_the_branch() -> None:
    """First by zone, then by rack."""
    store = Store()
    for name, zone, rack in (("a", "x", "1"), ("b", "x", "2"), ("c", "x", "2"), ("d", "y", "1")):
        store.put(Node(name, labels=(("zone", zone), ("rack", rack))))
    ask(store, 8, preferences=("node.labels.zone", "node.labels.rack"))
    counts = {name: placed(store).count(name) for name in "abcd"}
    assert counts == {"a": 2, "b": 1, "c": 1, "d": 4}


def test_five_failures_in_five_minutes_put_a_node_last() -> None:
    """Four are forgiven, old ones too, and those of another version."""
    store, failures = cluster("x", "x"), Failures()
    ask(store, 1)
    lost = Task("lost", "web", 1, Spec("x"), slot=1, node="a")
    for _ in range(4):
        failures.add(lost, now_ms=0)
    assert placed(store, failures) == "a"
    failures.add(lost._replace(version=2), now_ms=0)
    assert placed(store, failures) == "a"
    failures.add(lost, now_ms=0)
    assert placed(store, failures) == "b"
    assert [each.task.node for each in Round(store, now_ms=300_001, failures=failures).decide()] == ["a"]


def test_a_task_of_a_global_service_is_confirmed_on_its_node_or_told_why_not() -> None:
    """Nobody looks for another node."""
    store = cluster("x", "x")
    store.put(Node("b", 10, 10))
    for node in "ab":
        store.put(Task(f"t{node}", "web", 1, Spec("x", cpu_millicores=500), node=node, state="pending"))
    decided = [(each.task.node, each.task.state, each.task.message) for each in Round(store, now_ms=0).decide()]
    assert decided == [
        ("a", "assigned", "scheduler confirmed task can run on preassigned node"),
        ("b", "pending", "insufficient resources on 1 node"),
    ]


def test_what_is_to_be_shut_down_takes_room_but_does_not_count() -> None:
    """Its cores are not free yet, and for the order of nodes it is gone."""
    store = cluster("x", "x", cpu=1_000)
    store.put(Task("old", "web", 1, Spec("x", cpu_millicores=600), slot=9, node="a", state="running", desired="shutdown"))
    ask(store, 1, cpu_millicores=600)
    assert placed(store) == "b"
    ask(store, 1, cpu_millicores=300)
    assert placed(store) == "a"


@given(st.integers(1, 5), st.lists(st.integers(0, 4), min_size=1, max_size=5), st.integers(1, 9))
def test_where_none_of_the_service_runs_yet_it_is_spread_evenly(nodes: int, others: list[int], count: int) -> None:
    """No two nodes differ by more than one task, whatever else runs on them; and the emptier ones come first."""
    store = cluster(*"x" * nodes)
    for number in range(nodes):
        occupied(store, "abcde"[number], others[number % len(others)], "db")
    ask(store, count)
    met = [placed(store).count("abcde"[number]) for number in range(nodes)]
    assert max(met) - min(met) <= 1
    more = [others[number % len(others)] for number in range(nodes) if met[number] > min(met)]
    fewer = [others[number % len(others)] for number in range(nodes) if met[number] == min(met)]
    assert max(more, default=0) <= min(fewer)
