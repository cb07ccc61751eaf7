"""Laws of offers: nothing is given twice, the poorest is asked first, and a refusal is remembered for a while."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from k8sedu.mesos.master import Master, MesosError
from k8sedu.workload.resources import Resources

AGENT = Resources.of(cpu="4", memory="4G")
ONE = Resources.of(cpu="1", memory="1G")


def two_frameworks(**options: int) -> Master:
    """A master with one agent and two frameworks."""
    master = Master({"agent1": AGENT}, **options)
    master.register("f1")
    master.register("f2")
    return master


@pytest.mark.conformance("mesos/drf.json")
def test_the_papers_figure_3(conformance_path: Path) -> None:
    """The first framework launches two tasks; what is left is offered to the second one."""
    example = json.loads(conformance_path.read_text())["mesos_offer_example"]

    def amount(given: dict[str, int]) -> Resources:
        return Resources.of(cpu=str(given["cpus"]), memory=f"{given['mem_gb']}G")

    master = Master({"agent1": amount(example["agent_free"])})
    master.register("f1")
    master.register("f2")
    offer = master.offers(now_ms=0)[0]
    assert offer.framework == "f1"
    master.accept(offer.offer_id, {f"t{n}": amount(reply) for n, reply in enumerate(example["framework1_replies"])}, now_ms=0)
    second = master.offers(now_ms=0)[0]
    assert (second.framework, second.resources) == ("f2", amount(example["left_to_offer_framework2"]))


def test_a_refused_agent_is_not_offered_again_before_the_filter_ends() -> None:
    """Without the filter the two would ask and refuse for ever."""
    master = two_frameworks(refuse_ms=5_000)
    for _ in range(2):
        master.decline(master.offers(now_ms=0)[0].offer_id, now_ms=0)
    assert master.offers(now_ms=4_999) == []
    assert master.offers(now_ms=5_000)[0].framework == "f1"


def test_revive_removes_the_filters() -> None:
    """A framework with new work is asked at once."""
    master = two_frameworks()
    for _ in range(2):
        master.decline(master.offers(now_ms=0)[0].offer_id, now_ms=0)
    master.revive("f2")
    assert [offer.framework for offer in master.offers(now_ms=1)] == ["f2"]


def test_an_unanswered_offer_is_taken_back() -> None:
    """A sleeping framework holds nothing for ever, and its late answer is refused."""
    master = two_frameworks(offer_timeout_ms=1_000)
    offer = master.offers(now_ms=0)[0]
    assert master.offers(now_ms=1) == [], "what is offered is not free"
    assert master.rescind(now_ms=999) == []
    assert master.rescind(now_ms=1_000) == [offer]
    with pytest.raises(MesosError, match="is not open"):
        master.accept(offer.offer_id, {"late": ONE}, now_ms=1_001)


def test_an_offer_counts_as_held() -> None:
    """With two agents, the second goes to the other framework although nobody has launched anything."""
    master = Master({"a": AGENT, "b": AGENT})
    master.register("f1")
    master.register("f2")
    assert [(offer.agent, offer.framework) for offer in master.offers(now_ms=0)] == [("a", "f1"), ("b", "f2")]


def test_too_much_launches_nothing() -> None:
    """An answer that needs more than the offer holds is refused as a whole."""
    master = two_frameworks()
    offer = master.offers(now_ms=0)[0]
    with pytest.raises(MesosError, match="more cpu than offer 1 of agent1 holds"):
        master.accept(offer.offer_id, {f"t{number}": ONE._replace(cpu_millicores=3_000) for number in range(2)}, now_ms=0)
    assert not master.running
    assert offer.offer_id in master.outstanding


def test_a_lost_agent_takes_its_tasks_and_offers_along() -> None:
    """Its framework is told which tasks, and offers of it can no longer be accepted."""
    master = two_frameworks()
    master.accept(master.offers(now_ms=0)[0].offer_id, {"t1": ONE}, now_ms=0)
    open_offer = master.offers(now_ms=0)[0]
    assert [task.task for task in master.lose("agent1")] == ["t1"]
    with pytest.raises(MesosError, match="is not open"):
        master.decline(open_offer.offer_id, now_ms=1)


class Cluster(RuleBasedStateMachine):
    """Random frameworks that accept, refuse, sleep, finish and lose agents."""

    def __init__(self) -> None:
        super().__init__()
        self.master = Master({f"a{number}": AGENT for number in range(3)}, refuse_ms=3, offer_timeout_ms=5)
        self.now_ms = self.count = 0
        for name in ("f1", "f2", "f3"):
            self.master.register(name)

    @rule(ms=st.integers(0, 4))
    def pass_time(self, ms: int) -> None:
        """Time passes; late offers are taken back, and free ones are made."""
        self.now_ms += ms
        self.master.rescind(now_ms=self.now_ms)
        for offer in self.master.offers(now_ms=self.now_ms):
            others = [name for name in self.master.frameworks if self.master.filters.get((name, offer.agent), -1) <= self.now_ms]
            assert offer.framework in others

    @precondition(lambda self: self.master.outstanding)
    @rule(tasks=st.integers(0, 3), data=st.data())
    def answer(self, tasks: int, data: st.DataObject) -> None:
        """A framework launches as many small tasks as it likes, or none."""
        offer = self.master.outstanding[data.draw(st.sampled_from(sorted(self.master.outstanding)))]
        names = [f"t{self.count + number}" for number in range(tasks)]
        self.count += tasks
        if ONE.times(tasks).fits_in(offer.resources):
            self.master.accept(offer.offer_id, dict.fromkeys(names, ONE), now_ms=self.now_ms)
        else:
            self.master.decline(offer.offer_id, now_ms=self.now_ms)

    @precondition(lambda self: self.master.running)
    @rule(data=st.data())
    def finish(self, data: st.DataObject) -> None:
        """A task ends."""
        self.master.finish(data.draw(st.sampled_from(sorted(self.master.running))))

    @precondition(lambda self: len(self.master.agents) > 1)
    @rule(data=st.data())
    def lose(self, data: st.DataObject) -> None:
        """An agent is gone."""
        self.master.lose(data.draw(st.sampled_from(sorted(self.master.agents))))

    @invariant()
    def whole(self) -> None:
        """What runs and what is offered fits into the agents."""
        self.master.check()


TestCluster = Cluster.TestCase
TestCluster.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
