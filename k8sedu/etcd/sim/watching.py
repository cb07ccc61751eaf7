"""How a member serves watches: each client has one connection, over which all its watches are told, in order and numbered.

A real connection is TCP: what it delivers is complete and in order, or it breaks. The network of the model loses and reorders messages,
so news is numbered; the client puts it in order and gives up a connection in which something is missing. That is the moment to which
`watch_resumes` is about: any member can go on, from the last revision that the client saw plus one.

Source: etcd 3.5, server/etcdserver/api/v3rpc/watch.go; client/v3/watch.go (resume).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from k8sedu.etcd import commands
from k8sedu.etcd.api import WatchResponse
from k8sedu.etcd.sim.member import Asker, Member, Stream
from k8sedu.etcd.sim.telling import event_row
from k8sedu.raft.messages import Message

if TYPE_CHECKING:
    from k8sedu.etcd.sim.world import Cluster


def take(world: Cluster, member: Member, asker: Asker, command: str) -> None:
    """A client speaks over its connection: it wants a watch, asks how far they are, or hangs up."""
    connection = int(asker.serial)
    known = member.streams.get(asker.client)
    if known is not None and known.connection > connection:
        return  # from a connection that the client has given up
    if command == "bye":
        _close(member, asker.client)
    elif command == "progress":
        _progress(world, member, asker.client, connection)
    else:
        _watch(world, member, asker.client, connection, command)


def _watch(world: Cluster, member: Member, client: str, connection: int, command: str) -> None:
    known = member.streams.get(client)
    if known is None or known.connection < connection:
        _close(member, client)
        member.streams_opened += 1
        known = member.streams[client] = Stream(connection, member.streams_opened)
        member.sequence[known.stream] = 0
    line, _, watch = command.rpartition(" as ")
    request = commands.parse(line)._replace(watch_id=int(watch))
    hub = member.etcd.hub
    if (known.stream, request.watch_id) not in hub.watchers:  # or else the network has delivered the wish twice
        _send(world, member, client, hub.create(request, stream=known.stream), watch=request.watch_id)
        send_news(world, member)


def _progress(world: Cluster, member: Member, client: str, connection: int) -> None:
    """Answer whether the connection still stands, and how far its watches are."""
    known = member.streams.get(client)
    if known is None or known.connection != connection or member.node.leader is None:
        why = "etcdserver: no leader" if member.node.leader is None else "this member knows no such connection"
        _close(member, client)
        _post(world, member, client, (connection, 0), {"closed": why})
        return
    send_news(world, member)
    member.etcd.hub.progress(known.stream)
    send_news(world, member)


def send_news(world: Cluster, member: Member) -> None:
    """Send all that watchers have not been told."""
    hub = member.etcd.hub
    if not hub.watchers:
        return
    hub.sync()
    for client, known in member.streams.items():
        for response in hub.receive(known.stream):
            _send(world, member, client, response, watch=response.watch_id)


def _send(world: Cluster, member: Member, client: str, response: WatchResponse, *, watch: int) -> None:
    known = member.streams[client]
    number = member.sequence[known.stream] = member.sequence[known.stream] + 1
    told: dict[str, Any] = {"watch": watch, "revision": response.header.revision or member.etcd.store.revision}
    if response.created:
        told["created"] = True
    if response.canceled:
        told |= {"canceled": True, "compact_revision": response.compact_revision, "reason": response.cancel_reason}
    if response.events:
        told["events"] = [event_row(event) for event in response.events]
        revisions = [event.kv.mod_revision for event in response.events]
        detail = {"events": len(revisions), "first": revisions[0], "last": revisions[-1]}
        world.tell(member, "watch_response", client=client, watch=watch, **detail)
    _post(world, member, client, (known.connection, number), told)


def _post(world: Cluster, member: Member, client: str, place: tuple[int, int], told: dict[str, Any]) -> None:
    """Send a message of a connection; its place is the connection and the number in it."""
    text = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    context = f"watch {place[0]} {place[1]} {text}"
    world.send((Message("client_reply", member.name, client, member.node.term, context=context),))


def _close(member: Member, client: str) -> None:
    known = member.streams.pop(client, None)
    if known is not None:
        member.etcd.hub.close(known.stream)
        member.sequence.pop(known.stream, None)
