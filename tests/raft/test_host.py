"""One machine of a group: what its disk keeps, and when clients can be answered."""

from __future__ import annotations

from k8sedu.raft.config import Config
from k8sedu.raft.host import Answer, Host, disk_with
from k8sedu.raft.messages import Entry, Snapshot
from k8sedu.raft.ready import Read, Ready
from k8sedu.raft.rules import Rules


def single(**off):
    """A group of one server that leads."""
    host = Host("n1", disk_with(Snapshot(0, 0, ("n1",))), config=Config(), rules=Rules(tuple(off)))
    host.carry_out(host.node.campaign())
    return host


def test_reboot_keeps_disk_and_forgets_the_rest():
    """Term, vote and log survive; role, commit index and the state machine are learned anew."""
    host = single()
    host.carry_out(host.node.propose("x=4"))
    host.boot()
    node = host.node
    assert (node.term, node.voted_for, node.last_index) == (1, "n1", 2)
    assert (node.role, node.commit_index, host.machine.values) == ("follower", 0, {})


def test_snapshot_brings_the_state_back():
    """What a snapshot holds is there again right after a crash, sessions included."""
    host = single()
    host.carry_out(host.node.propose("c1:1 x+=1"))
    host.compact()
    host.boot()
    assert host.machine.read("x") == "1"
    host.carry_out(host.node.campaign())
    assert host.carry_out(host.node.propose("c1:1 x+=1")) == [Answer("c1", 1, "1")]


def test_read_waits_until_its_index_is_applied():
    """A confirmed read is answered from the state of its index or later, never earlier."""
    host = single()
    assert host.carry_out(Ready(reads=(Read("c1:1 x?", 2),))) == []
    assert host.carry_out(host.node.propose("x=4")) == [Answer("c1", 1, "4")]


def test_empty_entries_are_not_executed():
    """The empty entry of a new leader and membership changes are no commands."""
    host = single()
    ready = Ready(committed=(Entry(1, 1, "no_op"), Entry(1, 2, "change", "add n2")))
    assert host.carry_out(ready) == []
    assert host.machine.values == {}


def test_disk_told_by_terms():
    """A log is drawn by the terms of its entries; the server's term is at least the last of them."""
    disk = disk_with(Snapshot(0, 0, ("n1",)), (1, 1, 4), term=9)
    assert ([entry.term for entry in disk.entries], disk.hard_state.term) == ([1, 1, 4], 9)
    assert disk_with(Snapshot(0, 0, ("n1",)), (1, 1, 4), term=2).hard_state.term == 4
