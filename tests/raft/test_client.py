"""Clients and their sessions."""

from __future__ import annotations

import pytest

from k8sedu.raft.client import Clientele
from k8sedu.raft.machine import CommandError


@pytest.fixture
def clientele():
    """Nobody has asked anything yet."""
    return Clientele()


def test_one_request_at_a_time(clientele):
    """A client that waits makes no new request, and serial numbers count up."""
    first = clientele.begin("c1", "x=1", is_log_entry=True, now=1)
    assert first.entry == "c1:1 x=1"
    assert clientele.begin("c1", "x=2", is_log_entry=True, now=2) is None
    first.asked["n1"] = True
    clientele.answered("c1", server="n1", serial=1, answer="1", now=3)
    assert clientele.begin("c1", "x=2", is_log_entry=True, now=4).entry == "c1:2 x=2"


def test_only_asked_servers_answer(clientele):
    """An answer counts when it comes from a server that was asked and has not crashed since, and for the request that is open."""
    client = clientele.begin("c1", "x=1", is_log_entry=True, now=1)
    assert clientele.answered("c1", server="n1", serial=1, answer="1", now=2) is None
    client.asked |= {"n1": True, "n2": True}
    clientele.forget_server("n1")
    assert clientele.answered("c1", server="n1", serial=1, answer="1", now=2) is None
    assert clientele.answered("c1", server="n2", serial=7, answer="1", now=2) is None
    assert clientele.answered("c1", server="n2", serial=1, answer="1", now=2).answered == 2
    assert clientele.answered("c1", server="n2", serial=1, answer="1", now=3) is None


def test_commands_without_client_may_take_effect(clientele):
    """A value that nobody's client wrote is explained by a command that somebody put into the log."""
    read = clientele.begin("c1", "x?", is_log_entry=False, now=2)
    read.asked["n1"] = True
    operation = clientele.answered("c1", server="n1", serial=1, answer="7", now=3)
    assert not clientele.explains(operation)
    clientele.nobody_asks("x=7", now=1)
    assert clientele.explains(operation)


def test_nonsense_is_refused(clientele):
    """A command that no machine understands never becomes a request."""
    with pytest.raises(CommandError):
        clientele.begin("c1", "make tea", is_log_entry=True, now=1)
    assert clientele.operations == []
