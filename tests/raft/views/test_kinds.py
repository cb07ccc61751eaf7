from __future__ import annotations

import pytest

from k8sedu.raft.messages import MESSAGE_NAMES
from k8sedu.raft.views.kinds import look
from k8sedu.stage.theme import PALETTE


@pytest.mark.parametrize("kind", sorted(MESSAGE_NAMES))
def test_every_kind_of_message_has_a_look(kind: str) -> None:
    """No message that Raft knows lacks a letter, a colour of the palette, or a name in both languages; an answer looks like its request."""
    shown = look(kind)
    assert len(shown.letter) == 1
    assert shown.role in PALETTE
    assert shown.words.en
    assert shown.words.zh
    assert look(kind.removesuffix("_reply") if kind != "client_reply" else "client_request") == shown
