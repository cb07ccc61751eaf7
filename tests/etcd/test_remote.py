"""A copy of an etcd that runs elsewhere: the same records under the same revisions, through compactions and broken connections."""

from __future__ import annotations

import base64
import json
import shutil
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from k8sedu import etcd
from k8sedu.etcd.api import CompactionRequest, DeleteRangeRequest, LeaseGrantRequest, PutRequest, TxnRequest
from k8sedu.etcd.frames import store_frame
from k8sedu.etcd.gateway import Gateway
from k8sedu.etcd.live import LiveGroup
from k8sedu.etcd.remote import Remote, RemoteError
from k8sedu.language import Words

needs_etcd = pytest.mark.skipif(shutil.which("etcd") is None, reason="there is no etcd on PATH to follow (Debian: etcd-server)")


def wait_for(condition: Callable[[], bool], *, seconds: float = 20) -> None:
    """Give the news time to arrive."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not arrive in time"
        time.sleep(0.01)


def make_changes(gateway: Gateway) -> None:
    """Some history: two lives of a key, a lease, a transaction with two changes, a range that is deleted."""
    do = gateway.live.do
    do(LeaseGrantRequest(TTL=900, ID=7))
    for request in (
        PutRequest("a", "1"), PutRequest("a", "2", 7), DeleteRangeRequest("a"), PutRequest("a", "3"),
        TxnRequest(success=(PutRequest("c", "x"), PutRequest("b", "y"))), DeleteRangeRequest("b", "d"), PutRequest(b"\xff", b"\x00"),
    ):  # fmt: skip
        do(request)


def test_a_copy_has_the_same_past() -> None:
    """Everything that was there before, and everything that comes, stands in the copy under its revision; the hashes are equal."""
    with etcd.serve() as gateway:
        make_changes(gateway)
        remote = Remote(gateway.url)
        assert store_frame(remote.store) == store_frame(gateway.live.server.store)
        make_changes_again = [PutRequest("a", "4"), DeleteRangeRequest("a"), PutRequest("z", "")]
        for request in make_changes_again:
            gateway.live.do(request)
        wait_for(lambda: remote.store.revision == gateway.live.server.store.revision)
        assert remote.store.hash_kv() == gateway.live.server.store.hash_kv()
        remote.store.check()
        remote.stop()


def test_a_past_that_is_gone() -> None:
    """Where the beginning is compacted the copy begins at the compaction, with what was there."""
    with etcd.serve() as gateway:
        make_changes(gateway)
        gateway.live.do(CompactionRequest(5))
        remote = Remote(gateway.url, order=4, page_records=4)
        assert (remote.store.revision, remote.store.compact_revision) == (8, 5)
        assert remote.store.range(b"\0", b"\0") == gateway.live.server.store.range(b"\0", b"\0")
        assert remote.store.get("a", revision=5) == gateway.live.server.store.get("a", revision=5)
        remote.store.check()
        remote.stop()


def test_a_broken_connection_loses_nothing(tmp_path: Path) -> None:
    """A server that is stopped and started again on its folder is followed on, from where the copy stood."""
    first = Gateway(LiveGroup(folder=tmp_path))
    port = int(first.url.rpartition(":")[2])
    make_changes(first)
    remote = Remote(first.url)
    first.stop()
    with Gateway(LiveGroup(folder=tmp_path), port=port) as second:
        second.live.do(PutRequest("after", "1"))
        wait_for(lambda: remote.store.revision == second.live.server.store.revision)
        assert remote.store.hash_kv() == second.live.server.store.hash_kv()
        remote.stop()


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "no address", "http://[", "ftp://127.0.0.1/"])
def test_where_no_etcd_is(url: str) -> None:
    """An address at which nobody answers is refused in a sentence that names it."""
    with pytest.raises(RemoteError, match="expected one that answers"):
        Remote(url)


def test_a_terminals_changes_move_the_picture() -> None:
    """A picture that is attached by address gets a step for each change, with its record marked."""
    with etcd.serve() as gateway:
        gateway.live.do(PutRequest("/jobs", "v0"))
        picture = etcd.follow(gateway.url, order=4, page_records=4)
        assert picture.film.frames[0].scene.find("record/2.0")
        request = urllib.request.Request(f"{gateway.url}/v3/kv/put", b'{"key": "L2pvYnM=", "value": "djE="}')
        urllib.request.urlopen(request, timeout=20).close()
        gateway.live.do(DeleteRangeRequest("/jobs"))
        wait_for(lambda: picture.step == 2)
        assert len(picture.film.frames) == 3
        scenes = [frame.scene for frame in picture.film.frames]
        assert scenes[1].find("record/3.0").fill == scenes[2].find("record/4.0").fill == "orange"
        captions = [scene.caption.en for scene in scenes if isinstance(scene.caption, Words)]
        assert captions[1:] == ["**PUT /jobs:** somebody has made revision 3.", "**DELETE /jobs:** somebody has made revision 4."]
        picture.remote.stop()  # type: ignore[attr-defined]  # it is attached to one


@needs_etcd
def test_a_real_etcd_is_followed(real_etcd: Any, tmp_path: Path) -> None:
    """A real etcd is copied as well, with its past."""
    with real_etcd(tmp_path / "etcd") as (client, _):
        for number in range(5):
            put = json.dumps({"key": base64.b64encode(b"k%d" % (number % 2)).decode(), "value": "MQ=="}).encode()
            urllib.request.urlopen(f"{client}/v3/kv/put", put, timeout=20).close()
        remote = Remote(client)
        assert remote.store.revision == 6
        assert [kv.version for kv in remote.store.range(b"\0", b"\0").kvs] == [3, 2]
        assert remote.store.get("k0", revision=4) is not None
        remote.stop()
