"""Who a directory belongs to: each member and each cluster has a number, and both stand at the beginning of the log.

The numbers are hashes of addresses and of the cluster's token, made once when the cluster begins. A member that was started with the
directory of another would be recognised by them; so two logs are worth comparing only if their cluster is the same.

Source: etcd 3.5, api/etcdserverpb/etcdserver.proto (Metadata), server/etcdserver/api/membership/store.go.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from k8sedu.etcd.bolt import Bolt
from k8sedu.etcd.protobuf import Field, Message, decode
from k8sedu.etcd.schema import RaftSnapshot


class Peer(NamedTuple):
    """A member as the others know it."""

    member_id: int
    name: str = ""
    peer_urls: tuple[str, ...] = ()
    client_urls: tuple[str, ...] = ()
    is_learner: bool = False


class Identity(NamedTuple):
    """Whose directory it is, in which cluster, with whom."""

    member_id: int = 0
    cluster_id: int = 0
    peers: tuple[Peer, ...] = ()
    """All members of the cluster that the backend knows, this one too, by number."""
    voters: tuple[int, ...] = ()
    """Who votes, as of the newest snapshot."""

    @property
    def name(self) -> str:
        """What this member is called; empty when nobody has told yet."""
        return next((peer.name for peer in self.peers if peer.member_id == self.member_id), "")


class LogOwner(NamedTuple):
    """The metadata record of a log."""

    NodeID: int = 0
    ClusterID: int = 0


LOG_OWNER = Message(LogOwner, {1: Field("NodeID", "uint", always=True), 2: Field("ClusterID", "uint", always=True)})


def identify(bolt: Bolt, metadata: bytes, snapshots: Mapping[str, RaftSnapshot]) -> Identity:
    """Put together what log, backend and snapshots say of the membership.

    Raises:
        ProtobufError: the log's metadata are damaged.
    """
    owner: LogOwner = decode(LOG_OWNER, metadata)
    newest = max((snapshot.metadata for snapshot in snapshots.values()), key=lambda found: found.index, default=None)
    state = newest.conf_state if newest is not None else None
    return Identity(owner.NodeID, owner.ClusterID, tuple(sorted(_peers(bolt))), state.voters if state is not None else ())


def _peers(bolt: Bolt) -> Iterator[Peer]:
    """The members in the backend; what is no JSON of a member is passed over, since etcd keeps the truth elsewhere up to 3.5."""
    for element in bolt.items("members"):
        try:
            form = json.loads(element.value)
            urls = tuple(form.get("peerURLs") or ()), tuple(form.get("clientURLs") or ())
            yield Peer(int(element.key, 16), str(form.get("name", "")), *urls, is_learner=bool(form.get("isLearner")))
        except (ValueError, AttributeError, TypeError):
            continue
