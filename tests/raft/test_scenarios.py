"""Whole groups in the situations of etcd's interaction tests: elections and logs, with its lines where they help."""

from k8sedu.raft.config import Config

CONFIG = Config(election_ticks_min=3, election_ticks_max=6, heartbeat_ticks=1)
CHECK_QUORUM = CONFIG._replace(check_quorum=True, restart_timer_on_new_term=True)
PRE_VOTE = CONFIG._replace(pre_vote=True)
BOTH = CHECK_QUORUM._replace(pre_vote=True)


def state(group, *names):
    """Role and term of some servers, short."""
    return [group.roles()[name] for name in names]


def test_single_node(table):
    """single_node: a lone voter elects itself in one call and commits its empty entry."""
    group = table(1)
    ready = group.campaign("n1")
    assert (ready.hard_state.term, ready.hard_state.voted_for, ready.must_sync) == (1, "n1", True)
    assert [str(entry) for entry in ready.committed] == ['1/1 EntryNormal ""']
    assert ready.messages == ()


CAMPAIGN = """\
n1->n2 MsgVote Term:1 Log:0/0
n1->n3 MsgVote Term:1 Log:0/0
n2->n1 MsgVoteResp Term:1 Log:0/0
n3->n1 MsgVoteResp Term:1 Log:0/0
n1->n2 MsgApp Term:1 Log:0/0 Entries:[1/1 EntryNormal ""]
n1->n3 MsgApp Term:1 Log:0/0 Entries:[1/1 EntryNormal ""]
n2->n1 MsgAppResp Term:1 Log:0/1
n3->n1 MsgAppResp Term:1 Log:0/1
n1->n2 MsgApp Term:1 Log:1/1 Commit:1
n1->n3 MsgApp Term:1 Log:1/1 Commit:1
n2->n1 MsgAppResp Term:1 Log:0/1
n3->n1 MsgAppResp Term:1 Log:0/1"""


def test_campaign(table):
    """campaign: the whole first election of three servers, message by message, up to everybody knowing the commit."""
    group = table(config=CONFIG)
    group.elect("n1")
    assert group.transcript == CAMPAIGN.splitlines()
    assert [node.commit_index for node in group.nodes.values()] == [1, 1, 1]


def test_pre_vote_behind(table):
    """prevote: a server with an old log gets no pre-votes and disturbs nobody's term; one with the whole log does."""
    group = table(config=PRE_VOTE)
    group.elect("n1")
    group.propose("n1", "x=1")
    group.only("n1", "n2")
    group.campaign("n3")
    group.settle()
    assert state(group, "n1", "n2", "n3") == [("leader", 1), ("follower", 1), ("follower", 1)]
    group.campaign("n2")
    group.settle()
    assert state(group, "n1", "n2") == [("follower", 2), ("leader", 2)]


def test_pre_vote_keeps_the_term(table):
    """§9.6 of the thesis: a server that is cut off for long comes back with the term it left with."""
    group = table(config=BOTH)
    group.elect("n1")
    for _ in range(10):
        group.tick("n3", CONFIG.election_ticks_max)
        group.drop()
    assert state(group, "n3") == [("pre_candidate", 1)]
    group.beat("n1")
    group.settle()
    assert state(group, "n1", "n3") == [("leader", 1), ("follower", 1)]


def test_without_pre_vote_the_term_rises(table):
    """Without PreVote the same server returns with a high term and deposes a healthy leader."""
    group = table(config=CONFIG)
    group.elect("n1")
    for _ in range(10):
        group.tick("n3", CONFIG.election_ticks_max)
        group.drop()
    assert group.nodes["n3"].term > 5
    group.beat("n1")
    group.settle()
    assert group.nodes["n1"].role == "follower"


def test_pre_vote_lease(table):
    """prevote_checkquorum: voters that hear a leader ignore pre-votes; one that has not heard it for a timeout grants them."""
    group = table(config=BOTH)
    group.elect("n1")
    group.campaign("n2")
    group.settle()
    assert state(group, "n1", "n2", "n3") == [("leader", 1), ("pre_candidate", 1), ("follower", 1)]
    assert group.kinds("n1").count("ignore_vote") == group.kinds("n3").count("ignore_vote") == 1
    group.do("n2", lambda node: node.tick(1))
    group.campaign("n3")
    group.settle()
    assert state(group, "n1", "n2", "n3") == [("follower", 2), ("follower", 2), ("leader", 2)]


def test_two_pre_candidates_may_elect(table):
    """prevote_checkquorum: two of three that both believe the leader dead may replace it, though they heard it just now."""
    group = table(config=BOTH)
    group.elect("n1")
    group.campaign("n2")
    group.settle()
    assert group.nodes["n1"].role == "leader"
    group.campaign("n3")
    group.settle()
    assert state(group, "n1", "n2", "n3") == [("follower", 2), ("follower", 2), ("leader", 2)]


def test_check_quorum_steps_down(table):
    """checkquorum: a leader that hears nobody steps down at the end of the second interval, in its old term."""
    group = table(config=CHECK_QUORUM)
    group.elect("n1")
    group.tick("n1", CONFIG.election_ticks_min)
    assert group.nodes["n1"].role == "leader"
    group.tick("n1", CONFIG.election_ticks_min)
    assert state(group, "n1") == [("follower", 1)]
    assert group.nodes["n1"].leader is None


def test_check_quorum_ignores_votes(table):
    """checkquorum: while a leader is heard, a candidate is not even answered, whatever its term."""
    group = table(config=CHECK_QUORUM)
    group.elect("n1")
    group.campaign("n2")
    group.settle()
    assert state(group, "n1", "n2", "n3") == [("leader", 1), ("candidate", 2), ("follower", 1)]
    assert not any("MsgVoteResp Term:2" in line for line in group.transcript)


def test_stuck_candidate_is_freed(table):
    """checkquorum: a server of a higher term refuses the leader's next heartbeat and is freed, at the price of an election."""
    group = table(config=CHECK_QUORUM)
    group.elect("n1")
    group.campaign("n2")
    group.only()
    group.beat("n1")
    group.settle()
    assert "n2->n1 MsgAppResp Term:2 Log:0/0 Rejected (Hint: 1)" in group.transcript
    assert state(group, "n1") == [("follower", 2)]


def test_campaign_learner_must_vote(table):
    """campaign_learner_must_vote: a learner that was promoted without knowing it votes when asked."""
    group = table(3, learners=("n3",), config=CONFIG)
    group.elect("n1")
    group.change("n1", "add n3")
    group.settle("n1", "n2")
    assert not group.nodes["n3"].is_voter
    group.drop()
    group.crash("n1")
    group.campaign("n2")
    group.settle()
    assert group.nodes["n2"].role == "leader"
    assert group.nodes["n3"].is_voter


def test_learner_never_campaigns(table):
    """A learner's timer starts no election."""
    group = table(3, learners=("n3",), config=CONFIG)
    group.tick("n3", 100)
    assert state(group, "n3") == [("follower", 0)]
    assert group.campaign("n3").messages == ()


def test_lagging_commit(table):
    """lagging_commit: a follower whose commit notice is lost learns the commit index from the next heartbeats."""
    group = table(config=CONFIG)
    group.elect("n1")
    group.propose("n1", "x=1")
    group.settle("n2", "n3")
    group.deliver(("n1",))
    group.drop(to="n3")
    group.settle()
    assert [node.commit_index for node in group.nodes.values()] == [2, 2, 1]
    group.beat("n1")
    group.settle()
    assert [node.commit_index for node in group.nodes.values()] == [2, 2, 2]


def test_heartbeat_commit_is_no_more_than_matched(table):
    """A heartbeat never names a commit index beyond what the follower is known to have: its log may differ there."""
    group = table(config=CONFIG)
    group.elect("n1")
    group.propose("n1", "x=1")
    group.only("n1", "n2")
    ready = group.beat("n1")
    assert {message.receiver: message.commit for message in ready.messages} == {"n2": 2, "n3": 1}


def test_heartbeat_reply_recovers_from_probing(table):
    """heartbeat_resp_recovers_from_probing: a follower that is being probed gets an empty append, and streams again."""
    group = table(config=CONFIG)
    group.elect("n1")
    group.nodes["n1"].progress["n3"].become_probe()
    group.beat("n1")
    group.settle()
    assert "n1->n3 MsgApp Term:1 Log:1/1 Commit:1" in group.transcript
    assert group.nodes["n1"].progress["n3"].state == "replicate"


def test_replicate_pause(table):
    """replicate_pause: at most a window of messages is unanswered; a lost window is made good after a heartbeat."""
    group = table(config=CONFIG._replace(appends_inflight_max=3, entries_per_append_max=1))
    group.elect("n1")
    for number in range(7):
        group.propose("n1", f"x={number}")
    assert len([line for line in group.lines() if line.startswith("n1->n3 MsgApp")]) == 3
    group.drop(to="n3")
    group.settle("n1", "n2")
    assert group.nodes["n1"].commit_index == 8
    group.drop()
    for _ in range(3):
        group.beat("n1")
        group.settle()
    assert group.terms("n3") == group.terms("n1")
    assert group.data("n3") == [f"x={number}" for number in range(7)]


def lagging_n3(group):
    """A group whose leader n1 has compacted away what n3 still lacks."""
    group.elect("n1")
    for number in range(4):
        group.propose("n1", f"x={number}")
        group.settle("n1", "n2")
    group.drop()
    node = group.nodes["n1"]
    group.storage["n1"].compact(node.compact(node.last_applied, "x=3"))
    return group


def test_slow_follower_after_compaction(table):
    """slow_follower_after_compaction: a follower whose entries are gone gets a snapshot and then the log again."""
    group = lagging_n3(table(config=CONFIG._replace(appends_inflight_max=2)))
    group.beat("n1")
    group.settle()
    assert any("MsgSnap" in line and line.endswith("Snapshot:1/5") for line in group.transcript)
    progress = group.nodes["n1"].progress["n3"]
    assert (progress.state, progress.match_index, progress.next_index) == ("replicate", 5, 6)
    assert group.storage["n3"].snapshot.data == "x=3"
    group.propose("n1", "x=9")
    group.settle()
    assert group.data("n3") == ["x=9"]


def test_snapshot_is_answered_by_append_reply(table):
    """snapshot_succeed_via_app_resp: the answer to a snapshot is an ordinary append reply with the last index."""
    group = lagging_n3(table(config=CONFIG))
    group.beat("n1")
    while group.nodes["n1"].progress["n3"].state != "snapshot":
        group.deliver()
    assert not group.nodes["n1"].progress["n3"].may_send(window=9)
    group.settle()
    assert "n3->n1 MsgAppResp Term:1 Log:0/5" in group.transcript
    assert group.nodes["n3"].commit_index == group.nodes["n3"].last_applied == 5


def test_snapshot_behind(table):
    """snapshot_succeed_via_app_resp_behind: a follower that is behind the compacted log after one snapshot gets a second one."""
    group = lagging_n3(table(config=CONFIG))
    group.beat("n1")
    while group.nodes["n1"].progress["n3"].state != "snapshot":
        group.deliver()
    snapshot = [message for message in group.network if message.kind == "install_snapshot"]
    group.network = [message for message in group.network if message.kind != "install_snapshot"]
    group.propose("n1", "x=9")
    group.settle("n1", "n2")
    node = group.nodes["n1"]
    group.storage["n1"].compact(node.compact(node.last_applied, "x=9"))
    group.network += snapshot
    for _ in range(4):
        group.settle()
        group.beat("n1")
    group.settle()
    assert group.nodes["n3"].last_index == 6
    assert group.storage["n3"].snapshot.data == "x=9"


def test_lost_snapshot_is_sent_again(table):
    """A snapshot that is lost on the way is sent again after two answered rounds of heartbeats."""
    group = lagging_n3(table(config=CONFIG))
    group.beat("n1")
    while not any(message.kind == "install_snapshot" for message in group.network):
        group.deliver()
    group.drop()
    for _ in range(3):
        group.beat("n1")
        group.settle()
    assert group.nodes["n3"].commit_index == 5


def test_duplicated_and_old_messages_change_nothing(table):
    """Delivering every message of a run a second time, late, changes no log and no commit index."""
    group = table(config=CONFIG)
    seen = []
    original = group.deliver
    group.deliver = lambda names=None: (seen.extend(group.network), original(names))[1]
    group.elect("n1")
    for number in range(5):
        group.propose("n1", f"x={number}")
        group.settle()
    before = {name: (group.terms(name), node.commit_index, node.role, node.term) for name, node in group.nodes.items()}
    for message in seen:
        group.do(message.receiver, lambda node, message=message: node.step(message))
    group.settle()
    assert {name: (group.terms(name), node.commit_index, node.role, node.term) for name, node in group.nodes.items()} == before
