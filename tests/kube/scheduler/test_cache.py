"""Laws of the cache, and a machine that holds it against a plain table of states."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from k8sedu.kube.objects import Pod
from k8sedu.kube.scheduler.cache import GONE, TRANSITIONS, CacheError, SchedulerCache
from k8sedu.kube.scheduler.cluster import Cluster
from k8sedu.kube.scheduler.sketch import node, pod


def new(*nodes: str, **more: int) -> SchedulerCache:
    return SchedulerCache(Cluster([node(name, cpu="8") for name in nodes or ("n1", "n2")]), **more)


def taken(cache: SchedulerCache) -> list[int]:
    cache.check()
    table = cache.cluster.table
    return table.requested("cpu")[table.rows].tolist()


def test_an_assumed_pod_takes_its_room_until_it_is_forgotten() -> None:
    """The next pod sees the room as taken, before anybody has agreed; a binding that fails gives it back."""
    cache, web = new(), pod("web", cpu="2")
    cache.assume(web, "n1")
    assert (taken(cache), cache.node_of(web), [found.name for found in cache.assumed()]) == ([2_000, 0], "n1", ["web"])
    cache.forget(web)
    assert (taken(cache), cache.node_of(web)) == ([0, 0], "")


def test_what_the_api_server_tells_counts() -> None:
    """A pod that was bound elsewhere than assumed is there and not here."""
    cache = new()
    cache.assume(pod("web", cpu="2"), "n1")
    cache.add_pod(pod("web", cpu="2", node="n2"))
    assert (taken(cache), cache.assumed(), cache.state_of(pod("web"))) == ([0, 2_000], (), "added")


def test_an_assumption_expires_only_where_it_may() -> None:
    """Today it never does; where it may, the time runs from the end of the binding, and not while that is under way."""
    patient, strict, web = new(), new(expire_after_ms=30_000), pod("web", cpu="2")
    for cache in (patient, strict):
        cache.assume(web, "n1")
        assert cache.expire(now_ms=10**9) == []
        cache.finish_binding(web, now_ms=1_000)
    assert patient.expire(now_ms=10**9) == []
    assert (strict.expire(now_ms=30_999), [each.name for each in strict.expire(now_ms=31_000)], taken(strict)) == ([], ["web"], [0, 0])


def test_pods_may_be_heard_of_before_their_node() -> None:
    """News come in any order: a pod waits for its node's row, and loses it with the node without being forgotten."""
    cache = new("n1")
    cache.add_pod(pod("web", cpu="2", node="n9"))
    assert taken(cache) == [0]
    cache.add_node(node("n9", cpu="8"))
    assert taken(cache) == [0, 2_000]
    cache.remove_node(node("n9"))
    assert taken(cache) == [0]
    cache.remove_pod(pod("web", node="n9"))
    cache.add_node(node("n9", cpu="8"))
    assert taken(cache) == [0, 0]


def test_the_machine_of_states_is_the_law() -> None:
    """What the table of transitions does not have is refused, with what would have been possible."""
    cache, web = new(), pod("web", cpu="2", node="n1")
    with pytest.raises(CacheError, match="cannot forget the pod default/web, which is initial: expected one of assume, add"):
        cache.forget(web)
    cache.add_pod(web)
    with pytest.raises(CacheError, match="cannot assume the pod default/web, which is added: expected one of update, remove"):
        cache.assume(web, "n1")
    assert {after for _, after in TRANSITIONS.items()} == {"assumed", "added", *GONE}


class Machine(RuleBasedStateMachine):
    """Whatever the scheduler and the API server do, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.cache, self.twin, self.now_ms = new(expire_after_ms=5_000), {}, 0

    def _pod(self, number: int, at: int = 0) -> Pod:
        return pod(f"p{number}", cpu="1", node=f"n{at}" if at else "")

    @rule(number=st.integers(0, 4), at=st.integers(1, 2), what=st.sampled_from(["assume", "forget", "add", "remove", "bound"]))
    def happens(self, number: int, at: int, what: str) -> None:
        """One call; those that make no sense are refused and change nothing."""
        state = self.twin.get(number, ("initial", 0, 0))
        found = self._pod(number, at)
        if what in {"assume", "forget"}:
            if (state[0], what) not in TRANSITIONS:
                with pytest.raises(CacheError):
                    self.cache.assume(self._pod(number), f"n{at}") if what == "assume" else self.cache.forget(found)
                return
            if what == "assume":
                self.cache.assume(self._pod(number), f"n{at}")
                self.twin[number] = ("assumed", at, 0)
            else:
                self.cache.forget(found)
                del self.twin[number]
        elif what == "add":
            self.cache.add_pod(found)
            self.twin[number] = ("added", at, 0)
        elif what == "remove":
            self.cache.remove_pod(found)
            self.twin.pop(number, None)
        elif state[0] == "assumed":
            self.cache.finish_binding(found, now_ms=self.now_ms)
            self.twin[number] = ("assumed", state[1], self.now_ms + 5_000)

    @precondition(lambda self: self.twin)
    @rule(step_ms=st.integers(0, 8_000))
    def time_passes(self, step_ms: int) -> None:
        """Those of whom nothing was heard are given up."""
        self.now_ms += step_ms
        gone = {found.name for found in self.cache.expire(now_ms=self.now_ms)}
        late = {number for number, (state, _, until) in self.twin.items() if state == "assumed" and 0 < until <= self.now_ms}
        assert gone == {f"p{number}" for number in late}
        self.twin = {number: line for number, line in self.twin.items() if number not in late}

    @invariant()
    def they_agree(self) -> None:
        """Each pod is in its state, and each node has as much taken as its pods ask for."""
        expected = [1_000 * sum(at == place for _, at, _ in self.twin.values()) for place in (1, 2)]
        assert taken(self.cache) == expected
        assert all(self.cache.state_of(self._pod(number)) == state for number, (state, _, _) in self.twin.items())


TestMachine = Machine.TestCase
TestMachine.settings = settings(settings.get_profile("dev"), max_examples=25, stateful_step_count=25)
