"""Questions about the cluster itself: who belongs to it, and who shall lead.

Each member has a number, which stands in the header of everything that it answers; people say names.

Source: etcd 3.5, api/etcdserverpb/rpc.proto (Cluster.MemberList, Maintenance.MoveLeader).
Left out: adding and removing members while they run; `k8sedu.raft` has that.
"""

from __future__ import annotations

from typing import NamedTuple

from k8sedu.etcd.api import Header


class MemberListRequest(NamedTuple):
    """Ask who belongs to the cluster."""

    linearizable: bool = False


class MemberInfo(NamedTuple):
    """One member, with the field names of etcd's API."""

    ID: int = 0
    name: str = ""
    peerURLs: tuple[str, ...] = ()  # noqa: N815 (etcd calls it so)
    clientURLs: tuple[str, ...] = ()  # noqa: N815 (etcd calls it so)


class MemberListResponse(NamedTuple):
    """All members; its header tells no revision, since the list is no part of the store."""

    header: Header = Header()
    members: tuple[MemberInfo, ...] = ()


class MoveLeaderRequest(NamedTuple):
    """Ask the leader to hand over to another member."""

    targetID: int = 0  # noqa: N815 (etcd calls it so)


class MoveLeaderResponse(NamedTuple):
    """Another member leads now."""

    header: Header = Header()
