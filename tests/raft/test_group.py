"""A group without time does exactly what it is told, and keeps every invariant whatever it is told."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from k8sedu.raft.group import CONFIG, Group, GroupError
from k8sedu.raft.paper import FIGURE_7
from k8sedu.raft.rules import Rules
from k8sedu.raft.schedule import Action, ActionError

FIGURE_8_START = {"s1": (1,), "s2": (1,), "s3": (1,), "s4": (1,), "s5": (1,)}


def test_nothing_happens_by_itself():
    """A fresh group is silent, and a message moves only when it is delivered."""
    group = Group(3)
    assert group.messages == {}
    group.do("timeout n1")
    assert [group.name_of(number) for number in group.messages] == ["request_vote n1->n2", "request_vote n1->n3"]
    assert group.nodes["n2"].term == 0


@pytest.mark.parametrize(
    "line",
    ["deliver heartbeat n1->n2", "deliver 99", "drop 99", "duplicate request_vote n1->n2", "restart n1", "heartbeat n1", "propose n1 x=1",
     "change n1 add n2", "transfer n1 n2", "compact n1", "heal", "retry n1 c1"],
)  # fmt: skip
def test_what_cannot_happen_is_ignored(line):
    """An action without object changes nothing and is not written down; so any part of a schedule is a schedule."""
    group = Group(3)
    assert group.do(line) is False
    assert group.actions == []


def test_unknown_servers_and_actions_are_refused():
    """What can never happen is a mistake, and is told with what was expected."""
    with pytest.raises(GroupError, match=r"'n9'.*expected one of n1, n2, n3"):
        Group(3).do("timeout n9")
    with pytest.raises(GroupError, match=r"'n9'.*expected one of"):
        Group(3).do("partition n1 n9")
    with pytest.raises(ActionError, match="'explode'"):
        Group(3).do(Action("explode", "n1"))
    with pytest.raises(GroupError, match="0 servers"):
        Group(0)


def test_messages_are_named_by_what_they_are():
    """The oldest message of a kind on a way needs no number, the next is #2; after a delivery the names move up."""
    group = Group(3)
    group.elect("n1")
    group.do("propose n1 x=1")
    group.do("propose n1 x=2")
    assert group.find("append_entries n1->n2 #2") > group.find("append_entries n1->n2")
    second = group.find("append_entries n1->n2 #2")
    group.do("drop append_entries n1->n2")
    assert group.name_of(second) == "append_entries n1->n2"
    assert group.find("append_entries n1->n2 #2") is None


def test_duplicate_is_a_second_message():
    """A duplicated message arrives twice, and the second time does no harm."""
    group = Group(3)
    group.do("timeout n1")
    group.do("duplicate request_vote n1->n2")
    assert [group.do("deliver request_vote n1->n2") for _ in range(3)] == [True, True, False]


def test_crash_loses_what_is_not_on_disk():
    """A restarted server knows its term, vote and log, and nothing of its commit index, role or machine."""
    group = Group(3)
    group.elect("n1")
    group.do("request n1 c1 x=4")
    group.deliver_all()
    group.do("crash n1")
    assert "n1" not in group.nodes
    group.do("restart n1")
    node = group.nodes["n1"]
    assert (node.term, node.voted_for, group.terms("n1")) == (1, "n1", (1, 1))
    assert (node.role, node.commit_index, group.hosts["n1"].machine.values) == ("follower", 0, {})


def test_cut_links_hold_messages_back():
    """Nothing passes a partition; what waits there arrives when it is healed."""
    group = Group(3)
    group.isolate("n3")
    group.elect("n1")
    assert group.nodes["n3"].term == 0
    assert group.do("deliver request_vote n1->n3") is False
    group.do("heal")
    group.deliver_all()
    assert group.nodes["n3"].leader == "n1"


def test_one_way_cut():
    """A link may be cut in one direction only."""
    group = Group(2)
    group.do("cut n1->n2")
    group.do("timeout n2")
    group.deliver_all()
    assert group.nodes["n1"].voted_for == "n2"
    assert group.nodes["n2"].role == "candidate"


def test_client_is_answered_once_it_is_committed():
    """No answer before a majority has the entry; a request to a follower waits until it is sent again to the leader."""
    group = Group(3)
    group.elect("n1")
    group.do("request n2 c1 x+=1")
    group.deliver_all()
    assert group.answers == []
    group.do("retry n1 c1")
    assert group.answers == []
    group.deliver_all()
    assert group.answers == ["c1: x+=1 → 1"]


def test_retry_after_a_crash_takes_effect_once():
    """The leader that took a request dies with the answer; the client asks the next one, and x is 1, not 2."""
    group = Group(3)
    group.elect("n1")
    group.do("request n1 c1 x+=1")
    group.deliver_all(only=("n1", "n2"), except_=())
    group.do("crash n1")
    group.elect("n2")
    group.do("retry n2 c1")
    group.deliver_all()
    assert group.hosts["n3"].machine.values == {"x": "1"}
    assert group.answers == ["c1: x+=1 → 1"]


def test_read_costs_no_log_entry():
    """A confirmed read is answered from the leader's memory."""
    group = Group(3)
    group.elect("n1")
    group.do("request n1 c1 x=4")
    group.deliver_all()
    group.do("read n1 c2 x")
    group.deliver_all()
    assert group.answers[-1] == "c2: x? → 4"
    assert len(group.terms("n1")) == 2


def test_follower_serves_a_read():
    """A follower asks its leader for the index and answers by itself."""
    group = Group(3)
    group.elect("n1")
    group.do("request n1 c1 x=4")
    group.stabilize()
    group.do("read n2 c2 x")
    group.deliver_all()
    assert group.answers[-1] == "c2: x? → 4"


def test_spare_joins():
    """A server that was no member joins through the log and votes from then on."""
    group = Group(3, spares=("n4",))
    group.elect("n1")
    assert group.do("timeout n4") is False
    group.do("change n1 add n4")
    group.stabilize()
    assert group.nodes["n4"].membership.voters == ("n1", "n2", "n3", "n4")
    assert group.do("timeout n4") is True


def test_snapshot_helps_who_is_far_behind():
    """After a compaction, a server that missed everything gets a snapshot instead of the log."""
    group = Group(3)
    group.isolate("n3")
    group.elect("n1")
    group.do("request n1 c1 x=4")
    group.deliver_all()
    group.do("compact n1")
    group.stabilize()
    assert group.hosts["n3"].machine.values == {"x": "4"}
    assert group.nodes["n3"].log.snapshot_index == 2


def test_figure_7():
    """The new leader of Figure 7 wins with a, b, e and f, and then makes all seven logs equal."""
    group = Group(tuple(FIGURE_7), logs=FIGURE_7, terms={"leader": 7})
    group.do("timeout leader")
    group.deliver_all()
    assert group.leader == "leader"
    group.stabilize()
    assert {group.terms(name) for name in group.names} == {(*FIGURE_7["leader"], 8)}


def figure_8(rules):
    """Up to (c): s1 leads again and has brought its entry of term 2 to a majority."""
    group = Group(
        tuple(FIGURE_8_START), logs=FIGURE_8_START, rules=rules, config=CONFIG._replace(entries_per_append_max=1),
        invariants=("leader_completeness", "state_machine_safety"),
    )  # fmt: skip
    group.elect("s1", voters=("s2", "s3"))  # (a) term 2: an entry that reaches s2 only
    group.do("propose s1 x=2")
    group.do("deliver append_entries s1->s2")
    group.lose_all()
    group.do("crash s1")
    for _ in range(2):  # (b) s5 leads term 3 with the votes of s3 and s4, and its entry stays with it
        group.do("timeout s5")
    for name in ("s3", "s4"):
        group.do(f"deliver request_vote s5->{name} #2")
        group.do(f"deliver request_vote_reply {name}->s5")
    group.do("propose s5 x=3")
    group.lose_all()
    group.do("crash s5")
    group.do("restart s1")  # (c) s1 leads term 4 and goes on copying the entry of term 2
    for _ in range(2):
        group.do("timeout s1")
    group.deliver_all(only=("s1", "s2", "s3"))
    return group


@pytest.mark.parametrize(("off", "broken"), [((), None), (("commit_only_own_term",), "leader_completeness")])
def test_figure_8(off, broken):
    """An entry of term 2 on a majority is not committed by that alone: s5 may still win and overwrite it, as in Figure 8 (d)."""
    group = figure_8(Rules(("no_op_on_election", *off)))
    assert [group.terms(name)[1] for name in ("s1", "s2", "s3")] == [2, 2, 2]
    assert group.nodes["s1"].commit_index == (2 if off else 0)
    group.lose_all()
    group.do("crash s1")
    group.do("restart s5")
    while group.nodes["s5"].term < 5:
        group.do("timeout s5")
    group.deliver_all(only=("s2", "s3", "s4", "s5"))
    assert group.nodes["s5"].role == "leader"
    assert (group.violation.name if group.violation else None) == broken


def test_elect_tells_when_it_fails():
    """A server that cannot win is not silently taken for the leader."""
    group = Group(3)
    group.isolate("n1")
    with pytest.raises(GroupError, match="n1 is candidate after its election, expected leader"):
        group.elect("n1")


def test_same_actions_same_group():
    """A schedule decides everything: played twice, every server, message and answer is the same."""
    lines = ["timeout n1", "deliver request_vote n1->n2", "deliver request_vote_reply n2->n1", "request n1 c1 x=4", "wait n3", "timeout n3"]
    first, second = Group(3), Group(3)
    for line in lines:
        assert first.do(line) == second.do(line)
    assert first.messages == second.messages
    assert [node.deadline_ticks for node in first.nodes.values()] == [node.deadline_ticks for node in second.nodes.values()]


class GroupMachine(RuleBasedStateMachine):
    """Hypothesis drives a group with all rules on; after every action each log is sound and no invariant is broken."""

    servers = st.sampled_from(["n1", "n2", "n3", "n4"])
    clients = st.sampled_from(["c1", "c2"])

    @initialize(
        pre_vote=st.booleans(), check_quorum=st.booleans(), batch=st.sampled_from([1, 64]), window=st.sampled_from([1, 2, 256])
    )
    def start(self, pre_vote, check_quorum, batch, window):
        """A group of three and a spare, with any of the safeguards."""
        config = CONFIG._replace(
            pre_vote=pre_vote, check_quorum=check_quorum, entries_per_append_max=batch, appends_inflight_max=window
        )
        self.group = Group(3, spares=("n4",), config=config)
        self.leaders = {}

    @rule(name=servers, kind=st.sampled_from(["timeout", "timeout", "timeout", "wait", "heartbeat", "crash", "restart", "compact"]))
    def happens(self, name, kind):
        """Something happens to one server."""
        self.group.do(Action(kind, name))

    @rule(number=st.integers(0, 30), kind=st.sampled_from(["deliver", "deliver", "deliver", "drop", "duplicate"]))
    def travels(self, number, kind):
        """One message arrives, is lost, or is doubled."""
        numbers = list(self.group.messages)
        if numbers:
            self.group.do(Action(kind, text=str(numbers[number % len(numbers)])))

    @rule(names=st.sets(servers, min_size=2))
    def talk(self, names):
        """Some servers hear each other for a while."""
        self.group.deliver_all(only=sorted(names))

    @rule(name=servers, client=clients, command=st.sampled_from(["x=1", "x=2", "x+=1", "y?"]))
    def request(self, name, client, command):
        """A client asks for something."""
        self.group.do(Action("request", self.group.leader or name, f"{client} {command}"))

    @rule(name=servers, client=clients)
    def ask_again(self, name, client):
        """A client repeats itself, or reads."""
        if not self.group.do(Action("retry", name, client)):
            self.group.do(Action("read", name, f"{client} x"))

    @rule(change=st.sampled_from(["add n4", "remove n3", "learner n4", "joint: add n4", "leave joint", "add n4, remove n2", "add n3"]))
    def change(self, change):
        """Somebody joins, leaves or becomes a learner."""
        if self.group.leader:
            self.group.do(Action("change", self.group.leader, change))

    @rule(name=servers)
    def transfer(self, name):
        """The leader hands over."""
        if self.group.leader:
            self.group.do(Action("transfer", self.group.leader, name))

    @invariant()
    def keeps_its_promises(self):
        """Every invariant, every lemma, and every client's history."""
        if hasattr(self, "group"):
            assert self.group.violation is None, [str(action) for action in self.group.actions]
            for host in self.group.hosts.values():
                host.node.log.check()

    @invariant()
    def one_leader_per_term(self):
        """A naive twin of election_safety, from the nodes alone."""
        for node in self.group.nodes.values() if hasattr(self, "group") else ():
            if node.role == "leader":
                assert self.leaders.setdefault(node.term, node.id) == node.id


TestGroupMachine = GroupMachine.TestCase
TestGroupMachine.settings = settings(stateful_step_count=60)
TestGroupMachine.__doc__ = GroupMachine.__doc__
