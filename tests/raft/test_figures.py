"""Figures 7 and 8 of the paper, played through."""

import pytest

from k8sedu.raft.config import Config
from k8sedu.raft.paper import FIGURE_7, FIGURE_7_TERM, FIGURE_8, FIGURE_8_SERVERS, FIGURE_8_START, story
from k8sedu.raft.rules import Rules


@pytest.fixture
def figure_7(table):
    """Seven servers with the logs of Figure 7; the leader-to-be has been in term 7."""
    group = table(names=tuple(FIGURE_7), logs=FIGURE_7)
    node = group.nodes["leader"]
    node.become_follower(FIGURE_7_TERM - 1, None, why="the figure says so")
    return group


def test_figure_7_votes(figure_7):
    """Of the seven of Figure 7, a, b, e and f vote for the leader and c and d refuse: 5 of 7 with its own vote, in term 8."""
    figure_7.campaign("leader")
    figure_7.deliver(("a", "b", "c", "d", "e", "f"))
    votes = {message.sender: not message.reject for message in figure_7.network}
    assert votes == {"a": True, "b": True, "c": False, "d": False, "e": True, "f": True}
    figure_7.deliver(("leader",))
    assert (figure_7.nodes["leader"].role, figure_7.nodes["leader"].term) == ("leader", FIGURE_7_TERM)


def test_figure_7_first_probe_is_at_the_end(figure_7):
    """The new leader starts with next_index 11 for everybody, just behind its own last entry."""
    figure_7.campaign("leader")
    figure_7.settle("a", "b", "c", "d", "e", "f")
    for message in figure_7.drop(to="leader"):
        figure_7.do("leader", lambda node, message=message: node.step(message))
        if figure_7.nodes["leader"].role == "leader":
            break
    appends = [message for message in figure_7.network if message.kind == "append_entries"]
    assert {(message.receiver, message.index, message.log_term) for message in appends} == {(name, 10, 6) for name in "abcdef"}


@pytest.mark.parametrize("batch", [1, 2, 64])
def test_figure_7_repair(table, figure_7, batch):
    """However the six logs differ, after some refusals they are all equal to the leader's, and everything is committed."""
    group = table(names=tuple(FIGURE_7), logs=FIGURE_7, config=figure_7.config._replace(entries_per_append_max=batch))
    group.nodes["leader"].become_follower(FIGURE_7_TERM - 1, None, why="the figure says so")
    group.campaign("leader")
    group.settle()
    expected = (*FIGURE_7["leader"], FIGURE_7_TERM)
    assert {name: group.terms(name) for name in FIGURE_7} == dict.fromkeys(FIGURE_7, expected)
    group.beat("leader")
    group.settle()
    assert {node.commit_index for node in group.nodes.values()} == {11}
    for name, node in group.nodes.items():
        assert group.storage[name].entries == node.log.entries == group.nodes["leader"].log.entries


def test_figure_7_fast_back_up(figure_7):
    """Fast back-up finds every follower's last common entry with a single refusal; even f, eight entries astray."""
    figure_7.campaign("leader")
    figure_7.settle()
    refusals = [line for line in figure_7.transcript if "MsgAppResp" in line and "Rejected" in line]
    counts = {name: sum(line.startswith(f"{name}->") for line in refusals) for name in "abcdef"}
    assert counts == {"a": 1, "b": 1, "c": 0, "d": 0, "e": 1, "f": 1}


# Facts from etcd-io/raft testdata/probe_and_replicate.txt, indexes shifted by 10: the refusal, and where the next message starts.
PROBES = [
    ("a", FIGURE_7["a"], "Log:6/10 Rejected (Hint: 9)", "Log:6/9"),
    ("b", FIGURE_7["b"], "Log:4/10 Rejected (Hint: 4)", "Log:4/4"),
    ("c", FIGURE_7["c"], "", "Log:6/10"),
    ("d", (1, 1, 1, 4, 4, 5, 5, 6, 7, 7, 7, 7), "Log:6/10 Rejected (Hint: 8)", "Log:6/8"),
    ("e", FIGURE_7["e"], "Log:4/10 Rejected (Hint: 7)", "Log:4/5"),
    ("f", FIGURE_7["f"], "Log:3/10 Rejected (Hint: 10)", "Log:1/3"),
]


@pytest.mark.parametrize(("name", "terms", "refusal", "found"), PROBES, ids=[case[0] for case in PROBES])
def test_probe_and_replicate(table, name, terms, refusal, found):
    """probe_and_replicate: refusal and next attempt are etcd's, to the letter, for every follower of (almost) Figure 7."""
    group = table(names=tuple(FIGURE_7), logs=FIGURE_7 | {name: terms})
    group.nodes["leader"].become_follower(FIGURE_7_TERM - 1, None, why="the figure says so")
    group.campaign("leader")
    group.settle()
    answers = [line.removeprefix(f"{name}->leader MsgAppResp Term:8 ") for line in group.transcript if f"{name}->leader MsgAppResp" in line]
    assert list(dict.fromkeys(answers)) == [line for line in (refusal, "Log:0/11") if line]
    assert sum("Rejected" in line for line in answers) <= 1
    sent = [line for line in group.transcript if line.startswith(f"leader->{name} MsgApp ") and "Entries" in line]
    assert f" {found} " in sent[-1]
    assert sent[-1].endswith('8/11 EntryNormal ""]')


def play(group, actions):
    """Carry out actions of Figure 8."""
    for action in actions:
        server, peers = action.server, action.peers
        if action.kind == "elect":
            while group.nodes[server].term < action.term:
                group.drop()
                group.campaign(server)
            group.settle(*peers)
            for message in group.drop(to=server):
                group.do(server, lambda node, message=message: node.step(message))
            group.drop()
        elif action.kind == "propose":
            group.propose(server, f"x={group.nodes[server].term}")
            group.drop()
        elif action.kind == "replicate":
            group.beat(server)
            group.only(server, *peers)
        else:
            getattr(group, action.kind)(server)


@pytest.fixture
def figure_8(table):
    """A function that plays Figure 8 up to a panel."""

    def setting(panel, *without):
        config = Config(election_ticks_min=1_000, election_ticks_max=2_000, heartbeat_ticks=1)
        group = table(names=FIGURE_8_SERVERS, logs=FIGURE_8_START, config=config, rules=Rules.without("no_op_on_election", *without))
        play(group, story(panel))
        return group

    return setting


def disks(group):
    """The terms of all logs on disk, also of servers that are down."""
    return {name: tuple(entry.term for entry in group.storage[name].entries) for name in FIGURE_8_SERVERS}


@pytest.mark.parametrize("panel", list(FIGURE_8))
def test_figure_8_logs(figure_8, panel):
    """Each panel of Figure 8 is reached with the logs that the paper draws."""
    assert disks(figure_8(panel)) == FIGURE_8[panel].logs


def test_figure_8_c_is_not_committed(figure_8):
    """In (c) entry 2 lies on three of five servers and its leader knows it, yet it is not committed."""
    leader = figure_8("c").nodes["s1"]
    assert leader.role == "leader"
    assert sorted(progress.match_index for progress in leader.progress.values()) == [0, 0, 2, 2, 3]
    assert leader.commit_index == 0


def test_figure_8_d_overwrites_nothing_committed(figure_8):
    """In (d) the overwritten entry had never been applied by anybody."""
    group = figure_8("d")
    assert group.nodes["s5"].role == "leader"
    assert all("x=2" not in group.data(name) for name in FIGURE_8_SERVERS)


def test_figure_8_d_without_the_rule(figure_8):
    """Without `commit_only_own_term` s1 applies x=2 in (c), and in (d) it is gone: a committed entry is lost."""
    assert "x=2" in figure_8("c", "commit_only_own_term").data("s1")
    assert disks(figure_8("d", "commit_only_own_term"))["s1"] == (1, 3)


def test_figure_8_e_commits_both(figure_8):
    """In (e) the entry of term 4 commits the one of term 2 along with it, and s5 loses the next election."""
    group = figure_8("e")
    assert group.nodes["s5"].role in ("candidate", "follower")
    assert group.nodes["s5"].term == 5
    assert group.nodes["s2"].voted_for is None
    assert group.nodes["s4"].voted_for == "s5"
    commits = [detail["index"] for name, kind, detail in group.events if (name, kind) == ("s1", "commit")]
    assert commits == [3]
    assert group.data("s1") == ["x=1", "x=2", "x=4"]
