"""Laws of the short lines: each form gives the request that it says, and nothing else is taken for one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8sedu.etcd.api import (
    CompactionRequest,
    Compare,
    DeleteRangeRequest,
    LeaseGrantRequest,
    LeaseTimeToLiveRequest,
    PutRequest,
    RangeRequest,
    TxnRequest,
    WatchCreateRequest,
)
from k8sedu.etcd.commands import FORMS, CommandError, parse, words_of


@pytest.mark.parametrize(
    ("line", "request_said"),
    [
        ('put a "two words"', PutRequest(b"a", b"two words")),
        ("get /pods/ prefix at 5 serializable", RangeRequest(b"/pods/", b"/pods0", revision=5, serializable=True)),
        ("delete a to c", DeleteRangeRequest(b"a", b"c")),
        ("compact 12", CompactionRequest(12)),
        ("grant 7 5", LeaseGrantRequest(5, 7)),
        ("time_to_live 7", LeaseTimeToLiveRequest(7, keys=True)),
        ('watch "" prefix from 3', WatchCreateRequest(b"", b"\0", 3)),
        (
            "txn if mod a = 5 and value b != x then put a 6 and delete c else get a",
            TxnRequest(
                (Compare(b"a", "MOD", "EQUAL", mod_revision=5), Compare(b"b", "VALUE", "NOT_EQUAL", value=b"x")),
                (PutRequest(b"a", b"6"), DeleteRangeRequest(b"c")), (RangeRequest(b"a"),),
            ),
        ),
    ],
)  # fmt: skip
def test_a_line_says_a_request(line: str, request_said: object) -> None:
    """What is written is what is asked."""
    assert parse(line) == request_said


@pytest.mark.parametrize("line", ["", "jump a", "put a", "put a 1 2", "grant x", "txn if mod a 5 then put a 1", "txn put a 1", "get a at"])
def test_what_is_no_request_is_refused(line: str) -> None:
    """The sentence shows the line and the form that was expected."""
    with pytest.raises(CommandError, match="expected"):
        parse(line)
    assert line.partition(" ")[0] not in FORMS or FORMS[line.partition(" ")[0]].startswith(line.partition(" ")[0])


@given(st.text(), st.text())
def test_every_text_can_be_a_key(key: str, value: str) -> None:
    """Blanks, quotes and line ends come through."""
    assert parse(words_of("put", key, value)) == PutRequest(key.encode(), value.encode())
