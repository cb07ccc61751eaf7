from __future__ import annotations

import pytest

from k8sedu.raft.frames import message_frame
from k8sedu.raft.messages import MESSAGE_NAMES, Message
from k8sedu.raft.views.flights import message_shape, paint
from k8sedu.raft.views.layout import Ring
from k8sedu.raft.views.walls import Barrier
from k8sedu.raft.views.words import MESSAGE_WORDS
from k8sedu.trace import Frozen

RING = Ring.of(("n1", "n2", "n3"), ("c1",))
WHOLE = Barrier.of((), RING)


def flying(kind: str, *, reject: bool = False, lost: bool = False) -> Frozen:
    """A message of some kind between 1 and 5 ms."""
    return message_frame(Message(kind, "n1", "n2", term=3, reject=reject), 7, sent_us=1_000, due_us=5_000, lost=lost)


@pytest.mark.parametrize("kind", sorted(MESSAGE_NAMES))
def test_every_kind_of_message_has_a_sign_and_a_name(kind: str) -> None:
    """A request carries a letter, an answer + or −; each has words in both languages, details, and can be dropped in a laboratory."""
    message = flying(kind)
    look = paint(message)
    assert (look.icon == "plus") if message.reply else (len(look.text) == 1 and look.text != "?")
    assert MESSAGE_WORDS[kind].en
    token = message_shape("7", message, RING, barrier=WHOLE, is_live=True)
    assert token.menu == "message"
    assert len(token.details) == 4
    assert message_shape("7", message, RING, barrier=WHOLE, is_live=False).menu is None


@pytest.mark.parametrize("kind", [kind for kind in sorted(MESSAGE_NAMES) if kind.endswith("_reply")])
def test_a_refusal_is_told_by_its_sign(kind: str) -> None:
    """A refusing answer carries −, whatever its colour."""
    assert paint(flying(kind, reject=True)).icon == "minus"


def test_kinds_that_fly_together_look_different() -> None:
    """No two kinds of requests among servers share letter and paint."""
    kinds = ("request_vote", "pre_vote", "append_entries", "heartbeat", "install_snapshot", "timeout_now", "read_index")
    looks = {(paint(flying(kind)).text, paint(flying(kind)).fill) for kind in kinds}
    assert len(looks) == len(kinds)


def test_a_lost_message_says_so_when_clicked() -> None:
    """The panel tells the fate of a message: when it arrives, or that it will be lost."""
    fate = message_shape("7", flying("heartbeat", lost=True), RING, barrier=WHOLE, is_live=False).details[-1][1]
    assert getattr(fate, "en", "") == "will be lost"
