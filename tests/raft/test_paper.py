"""The sentences of the Raft paper as tests, in the order of its sections.

Facts: the tables of etcd-io/raft's raft_paper_test.go (election timeout 10 to 19 ticks, heartbeat 1 tick).
"""

import random

import pytest

from k8sedu.raft.config import Config
from k8sedu.raft.messages import Entry, Message, Snapshot
from k8sedu.raft.node import Node
from k8sedu.raft.paper import FIGURE_7, log_of_terms
from k8sedu.raft.ready import HardState
from k8sedu.raft.storage import Storage

CONFIG = Config(election_ticks_min=10, election_ticks_max=20, heartbeat_ticks=1)
STATES = ("follower", "candidate", "leader")


def server(size=3, *, terms=(), term=0, voted_for=None, name="n1", seed=0):
    """One server of a group, with a log of these terms on its disk."""
    storage = Storage(Snapshot(0, 0, tuple(f"n{number}" for number in range(1, size + 1))))
    storage.entries = list(log_of_terms(terms))
    storage.hard_state = HardState(term, voted_for)
    return Node(name, storage=storage, config=CONFIG, generator=random.Random(seed))


def become(node, role):
    """Bring a server into a role as the events of §5.2 do."""
    if role == "follower":
        node.step(Message("heartbeat", "n2", node.id, max(node.term, 1)))
    else:
        node.campaign()
        if role == "leader":
            for name in node.membership.voters:
                node.step(Message("request_vote_reply", name, node.id, node.term))
    assert node.role == role
    return node


def accept(message):
    """What a follower says that could store everything."""
    return Message("append_entries_reply", message.receiver, message.sender, message.term, index=message.index + len(message.entries))


def leader_with_no_op(size=3, **options):
    """A leader whose first, empty entry is committed everywhere."""
    node = server(size, **options)
    node.campaign()
    ready = None
    for name in node.membership.voters[1:]:
        ready = node.step(Message("request_vote_reply", name, "n1", node.term)) if node.role == "candidate" else ready
    for message in ready.messages if ready else ():
        node.step(accept(message))
    assert node.role == "leader"
    assert node.commit_index == node.last_index
    return node


# -- §5.1 ----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", STATES)
def test_5_1_update_term_from_message(role):
    """§5.1: whoever sees a larger term adopts it; a candidate or leader becomes a follower at once."""
    node = become(server(), role)
    node.step(Message("append_entries", "n2", "n1", 2))
    assert (node.term, node.role) == (2, "follower")


@pytest.mark.parametrize("role", STATES)
def test_5_1_reject_stale_term(role):
    """§5.1: a request with a stale term changes nothing; its sender is told the current term."""
    node = become(server(term=2), role)
    before = (node.term, node.role, node.leader, list(node.log.entries), node.deadline_ticks)
    stale = node.term - 1
    for request in (
        Message("append_entries", "n3", "n1", stale, entries=(Entry(stale, 1),)),
        Message("request_vote", "n3", "n1", stale, log_term=9, index=9),
    ):
        assert [(reply.reject, reply.term) for reply in node.step(request).messages] == [(True, node.term)]
    assert (node.term, node.role, node.leader, list(node.log.entries), node.deadline_ticks) == before


# -- §5.2 ----------------------------------------------------------------------------------------------------------------------------


def test_5_2_start_as_follower():
    """§5.2: servers start up as followers."""
    assert server().role == "follower"


def test_5_2_leader_sends_heartbeats():
    """§5.2: a leader sends heartbeats, without entries or log position, to all followers in every interval."""
    node = become(server(), "leader")
    node.propose(*"abcdefghij")
    ready = node.tick(CONFIG.heartbeat_ticks)
    assert list(ready.messages) == [Message("heartbeat", "n1", name, 1) for name in ("n2", "n3")]


@pytest.mark.parametrize("role", ["follower", "candidate"])
def test_5_2_start_election(role):
    """§5.2: after an election timeout without a word, follower and candidate raise the term, vote for themselves and ask everybody."""
    node = become(server(), role)
    ready = node.tick(CONFIG.election_ticks_max)
    assert (node.term, node.role, node.voted_for, node.votes) == (2, "candidate", "n1", {"n1": True})
    assert list(ready.messages) == [Message("request_vote", "n1", name, 2) for name in ("n2", "n3")]


ONE_ROUND = [
    (1, "", "leader"),
    (3, "yy", "leader"),
    (3, "y", "leader"),
    (5, "yyyy", "leader"),
    (5, "yyy", "leader"),
    (5, "yy", "leader"),
    (3, "nn", "follower"),
    (5, "nnnn", "follower"),
    (5, "ynnn", "follower"),
    (3, "", "candidate"),
    (5, "y", "candidate"),
    (5, "nn", "candidate"),
    (5, "", "candidate"),
]


@pytest.mark.parametrize(("size", "votes", "role"), ONE_ROUND)
def test_5_2_election_in_one_round(size, votes, role):
    """§5.2: a majority of votes makes a leader, a majority of refusals a follower, anything else leaves a candidate, all in term 1."""
    node = server(size)
    node.campaign()
    for number, vote in enumerate(votes, 2):
        node.step(Message("request_vote_reply", f"n{number}", "n1", 1, reject=vote == "n"))
    assert (node.role, node.term) == (role, 1)


FOLLOWER_VOTES = [
    (None, "n2", False),
    (None, "n3", False),
    ("n2", "n2", False),
    ("n3", "n3", False),
    ("n2", "n3", True),
    ("n3", "n2", True),
]


@pytest.mark.parametrize(("voted_for", "candidate", "reject"), FOLLOWER_VOTES)
def test_5_2_one_vote_per_term(voted_for, candidate, reject):
    """§5.2: a server votes for at most one candidate in a term, first come, first served, and repeats its word when asked again."""
    node = server(term=1, voted_for=voted_for)
    ready = node.step(Message("request_vote", candidate, "n1", 1))
    assert list(ready.messages) == [Message("request_vote_reply", "n1", candidate, 1, reject=reject)]


@pytest.mark.parametrize("term", [1, 2])
def test_5_2_candidate_falls_back(term):
    """§5.2: a candidate that hears a leader of its own or a later term follows it."""
    node = become(server(), "candidate")
    node.step(Message("append_entries", "n2", "n1", term))
    assert (node.role, node.term, node.leader) == ("follower", term, "n2")


@pytest.mark.parametrize("role", ["follower", "candidate"])
def test_5_2_timeouts_are_random(role):
    """§5.2: election timeouts take every value from 10 to 19 ticks, and no other."""
    node = become(server(), role)
    seen = set()
    for _ in range(50 * CONFIG.election_ticks_min):
        if role == "follower":
            node.step(Message("heartbeat", "n2", "n1", node.term + 1))
        else:
            node.campaign()
        ticks = 1
        while not node.tick().messages:
            ticks += 1
        seen.add(ticks)
    assert seen == set(range(10, 20))


@pytest.mark.parametrize("role", ["follower", "candidate"])
def test_5_2_timeouts_seldom_conflict(role):
    """§5.2: of five servers that start together, a single one times out first in at least 70 % of 1,000 rounds."""
    conflicts = 0
    nodes = [server(5, name=f"n{number}", seed=number) for number in range(1, 6)]
    for _ in range(1_000):
        for node in nodes:
            if role == "follower":
                node.step(Message("heartbeat", "n9", node.id, node.term + 1))
            else:
                node.campaign()
        due = [node.due_ticks() for node in nodes]
        conflicts += due.count(min(due)) > 1
    assert conflicts / 1_000 <= 0.3


# -- §5.3 ----------------------------------------------------------------------------------------------------------------------------


def test_5_3_leader_starts_replication():
    """§5.3: a leader appends a command to its log, writes it to disk, and sends it to everybody with the entry before it."""
    node = leader_with_no_op()
    entry = Entry(1, 2, data="some data")
    ready = node.propose("some data")
    assert (node.last_index, node.commit_index) == (2, 1)
    assert list(ready.messages) == [
        Message("append_entries", "n1", name, 1, log_term=1, index=1, entries=(entry,), commit=1) for name in ("n2", "n3")
    ]
    assert ready.entries == (entry,)
    assert ready.must_sync


def test_5_3_leader_commits_entry():
    """§5.3: once an entry is stored by a majority, the leader applies it and tells the others with the next append_entries."""
    node = leader_with_no_op()
    first, second = node.propose("some data").messages
    ready = node.step(accept(first))
    assert node.commit_index == 2
    assert ready.committed == (Entry(1, 2, data="some data"),)
    assert [(message.receiver, message.kind, message.commit) for message in ready.messages] == [
        ("n2", "append_entries", 2),
        ("n3", "append_entries", 2),
    ]
    assert node.step(accept(second)).committed == ()


ACKNOWLEDGED = [
    (1, 0, True),
    (3, 0, False),
    (3, 1, True),
    (3, 2, True),
    (5, 0, False),
    (5, 1, False),
    (5, 2, True),
    (5, 3, True),
    (5, 4, True),
]


@pytest.mark.parametrize(("size", "copies", "committed"), ACKNOWLEDGED)
def test_5_3_commit_needs_majority(size, copies, committed):
    """§5.3: an entry is committed as soon as its leader has it on a majority of the servers."""
    node = leader_with_no_op(size)
    ready = node.propose("some data")
    for message in ready.messages[:copies]:
        node.step(accept(message))
    assert (node.commit_index == 2) is committed


@pytest.mark.parametrize("old", [(), (2,), (1, 2), (1,)])
def test_5_3_commits_preceding_entries(old):
    """§5.3: with its own entry a leader commits all entries before it, of earlier leaders too, and applies them in log order."""
    node = server(terms=old, term=2)
    node.campaign()
    ready = node.step(Message("request_vote_reply", "n2", "n1", 3))
    applied = [*ready.committed]
    messages = [*ready.messages, *node.propose("some data").messages]
    for _ in range(5):
        replies = [accept(message) for message in messages if message.kind == "append_entries"]
        messages = []
        for reply in replies:
            ready = node.step(reply)
            applied += ready.committed
            messages += ready.messages
    tail = [Entry(3, len(old) + 1, "no_op"), Entry(3, len(old) + 2, data="some data")]
    assert applied == [*log_of_terms(old), *tail]


@pytest.mark.parametrize(("data", "commit"), [(["d1"], 1), (["d1", "d2"], 2), (["d2", "d1"], 2), (["d1", "d2"], 1)])
def test_5_3_follower_commits_entry(data, commit):
    """§5.3: a follower that learns that an entry is committed applies it, in log order, and no later one."""
    node = become(server(), "follower")
    entries = tuple(Entry(1, index, data=text) for index, text in enumerate(data, 1))
    ready = node.step(Message("append_entries", "n2", "n1", 1, entries=entries, commit=commit))
    assert node.commit_index == commit
    assert ready.committed == entries[:commit]


CHECKED = [
    (0, 0, 1, None),
    (1, 1, 1, None),
    (2, 2, 2, None),
    (1, 2, 2, (1, 1)),
    (3, 3, 3, (2, 2)),
]


@pytest.mark.parametrize(("term", "index", "answer", "refusal"), CHECKED)
def test_5_3_consistency_check(term, index, answer, refusal):
    """§5.3: a follower without the preceding entry refuses, with a hint; otherwise it accepts (its log is 1 2, entry 1 committed)."""
    node = server(terms=(1, 2))
    node.step(Message("heartbeat", "n2", "n1", 2, commit=1))
    ready = node.step(Message("append_entries", "n2", "n1", 2, log_term=term, index=index))
    hint, hint_term = refusal or (0, 0)
    assert list(ready.messages) == [
        Message("append_entries_reply", "n1", "n2", 2, index=answer, reject=refusal is not None, reject_hint=hint, log_term=hint_term)
    ]


APPENDED = [
    ((2, 2), 3, (3,), (1, 2, 3), (3,)),
    ((1, 1), 2, (3, 4), (1, 3, 4), (3, 4)),
    ((0, 0), 1, (1,), (1, 2), ()),
    ((0, 0), 1, (3,), (3,), (3,)),
]


@pytest.mark.parametrize(("previous", "first", "sent", "log", "written"), APPENDED)
def test_5_3_follower_appends(previous, first, sent, log, written):
    """§5.3: a follower deletes a conflicting entry and all that follow, keeps everything that agrees, and writes only what is new."""
    node = become(server(terms=(1, 2), term=2), "follower")
    term, index = previous
    entries = log_of_terms(sent, first_index=first)
    ready = node.step(Message("append_entries", "n2", "n1", 2, log_term=term, index=index, entries=entries))
    assert tuple(entry.term for entry in node.log.entries) == log
    assert tuple(entry.term for entry in ready.entries) == written


@pytest.mark.parametrize("follower", "abcdef")
def test_5_3_leader_repairs_log(table, follower):
    """§5.3, Figure 7: a leader brings any of the six followers to a copy of its own log."""
    group = table(3, logs={"n1": FIGURE_7["leader"], "n2": FIGURE_7[follower]})
    group.nodes["n1"].become_follower(8, None, why="the figure says so")
    group.nodes["n2"].become_follower(7, None, why="the figure says so")
    group.campaign("n1")
    group.settle("n2", "n3")
    group.drop(to="n1")
    for name in ("n2", "n3"):
        if group.nodes["n1"].role == "candidate":
            group.do("n1", lambda node, name=name: node.step(Message("request_vote_reply", name, "n1", 9)))
    group.settle("n1", "n2")
    group.propose("n1", "x=0")
    group.settle("n1", "n2")
    assert group.terms("n2") == group.terms("n1") == (*FIGURE_7["leader"], 9, 9)


# -- §5.4 ----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("terms", [(1,), (1, 2)])
def test_5_4_1_vote_request_describes_the_log(terms):
    """§5.4.1: a vote request carries index and term of the candidate's last entry, and goes to everybody."""
    node = server()
    node.step(Message("append_entries", "n2", "n1", terms[-1], entries=log_of_terms(terms)))
    ready = node.tick(CONFIG.election_ticks_max)
    assert list(ready.messages) == [
        Message("request_vote", "n1", name, terms[-1] + 1, log_term=terms[-1], index=len(terms)) for name in ("n2", "n3")
    ]


VOTERS = [
    ((1,), 1, 1, False),
    ((1,), 1, 2, False),
    ((1, 1), 1, 1, True),
    ((1,), 2, 1, False),
    ((1,), 2, 2, False),
    ((1, 1), 2, 1, False),
    ((2,), 1, 1, True),
    ((2,), 1, 2, True),
    ((2, 2), 1, 1, True),
    ((1, 1), 1, 1, True),
]


@pytest.mark.parametrize(("terms", "log_term", "index", "reject"), VOTERS)
def test_5_4_1_voter_compares_logs(terms, log_term, index, reject):
    """§5.4.1: a voter refuses a candidate whose log is older than its own: first by the last term, then by length."""
    node = server(2, terms=terms)
    ready = node.step(Message("request_vote", "n2", "n1", 3, log_term=log_term, index=index))
    assert [(message.kind, message.reject) for message in ready.messages] == [("request_vote_reply", reject)]


@pytest.mark.parametrize(("index", "commit"), [(1, 0), (2, 0), (3, 3)])
def test_5_4_2_only_own_term_is_counted(index, commit):
    """§5.4.2: copies are counted only for entries of the leader's term (log 1 2, leader of term 3)."""
    node = server(2, terms=(1, 2), term=2)
    node.campaign()
    node.step(Message("request_vote_reply", "n2", "n1", 3))
    node.propose("")
    node.step(Message("append_entries_reply", "n2", "n1", 3, index=index))
    assert node.commit_index == commit
