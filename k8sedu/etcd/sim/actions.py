"""What each fault does to a cluster: all that Raft's world knows, and requests in etcd's words; clients crash as well."""

from __future__ import annotations

from typing import TYPE_CHECKING

from k8sedu.etcd import commands
from k8sedu.etcd.sim.member import Asker
from k8sedu.raft.sim.actions import current_leader
from k8sedu.raft.sim.actions import do as do_in_raft
from k8sedu.sim.faults import Fault

if TYPE_CHECKING:
    from k8sedu.etcd.sim.world import Cluster

OF_CLIENTS = ("keep", "leave", "unwatch", "use")
"""What a client can be told besides the commands of `k8sedu.etcd.commands`."""


def do(world: Cluster, fault: Fault) -> None:
    """Carry out one fault now."""
    node = fault.arguments.get("node")
    if fault.kind == "request":
        _request(world, fault.arguments["data"], node)
    elif node in world.people and fault.kind in ("crash", "restart"):
        _client(world, fault.kind, node)
    else:
        if fault.kind == "crash":
            world.members[fault.arguments["node"]].write_database(now_us=world.now_us)
        do_in_raft(world, fault)
        if fault.kind == "clock_drift":
            world.members[fault.arguments["node"]].lease_alarm_us = None
            world.arm_leases(world.members[fault.arguments["node"]])


def _client(world: Cluster, kind: str, name: str) -> None:
    client = world.people[name]
    if kind == "crash" and client.status == "up":
        client.crash()
        world.record("client_crash", name)
    elif kind == "restart" and client.status == "stopped":
        world.record("client_restart", name)
        client.restart()


def _request(world: Cluster, line: str, name: str | None) -> None:
    """Let a client ask, or ask a member without one: then nobody waits for the answer."""
    if name in world.people:
        world.people[name].do(line)
        return
    server = world.servers[name] if name is not None else current_leader(world)
    if server is None or not server.is_free:
        why = "no leader" if server is None else f"{server.name} is {server.status}"
        world.record("client_request", name or "", command=line, accepted=False, why=why)
        return
    member = world.members[server.name]
    member.node.now_ticks = member.ticks_at(world.now_us)
    world.ask(member, commands.parse(line), Asker(), cause="client_request", detail={**member.standing(), "command": line})


def check_line(fault: Fault, *, clients: tuple[str, ...]) -> None:
    """A request must be one that its receiver understands.

    Raises:
        CommandError: it is not.
    """
    line, is_client = fault.arguments["data"], fault.arguments.get("node") in clients
    verb, _, rest = line.partition(" ")
    if is_client and verb in OF_CLIENTS:
        if verb in ("keep", "leave") and not rest.isdecimal():
            raise commands.CommandError(f"met the command {line!r}, expected '{verb} ID'.")
        return
    commands.parse(line)
    if not is_client and verb in ("get", "watch", "time_to_live"):
        raise commands.CommandError(f"met the command {line!r} without a client who could read the answer, expected one that writes.")
