"""Laws of what stands in the log: read back, it is what was written."""

from __future__ import annotations

import pytest

from k8sedu.etcd import commands
from k8sedu.etcd.api import LeaseCheckpointRequest, PutRequest
from k8sedu.etcd.entry import KINDS, kind_of, read_entry, write_entry

LINES = ("put a 1 lease 7", "delete a to c", "txn if mod a = 5 then put a 6 else get a", "compact 3", "grant 7 5", "revoke 7")


@pytest.mark.parametrize("request_said", [*map(commands.parse, LINES), LeaseCheckpointRequest(7, 90), PutRequest(b"\xff\x00", b"\x80")])
def test_an_entry_is_read_as_it_was_written(request_said: PutRequest) -> None:
    """ID and request come back, bytes included."""
    assert read_entry(write_entry("n1.2.3", request_said)) == ("n1.2.3", request_said)
    assert KINDS[kind_of(request_said)] is type(request_said)


def test_an_empty_entry_holds_no_request() -> None:
    """A new leader's first entry asks for nothing."""
    assert read_entry("") == ("", None)
