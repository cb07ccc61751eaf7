"""What each fault does to the world: one small function per kind.

The functions change the machine around a server, never the server's mind: a crash takes its power, a partition its network, a slow disk
its patience. Only `timeout`, `set_timer`, `spread_timers` and `align_timers` reach inside, because a lecturer wants to choose who
stands for election.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from k8sedu.raft.log import CompactedError
from k8sedu.raft.machine import Command, CommandError
from k8sedu.raft.membership import Change
from k8sedu.raft.node import NotLeaderError
from k8sedu.raft.ready import Ready
from k8sedu.sim.faults import Fault
from k8sedu.sim.network import Link, links_between

if TYPE_CHECKING:
    from k8sedu.raft.sim.server import Server
    from k8sedu.raft.sim.world import Call, World


def do(world: World, fault: Fault) -> None:
    """Carry out one fault now."""
    ACTIONS[fault.kind](world, **fault.arguments)


def current_leader(world: World) -> Server | None:
    """The running leader with the highest term, if there is one."""
    leaders = [server for server in world.servers.values() if server.status == "up" and server.node.role == "leader"]
    return max(leaders, key=lambda server: server.node.term, default=None)


def _at_the_end(world: World, until_us: int | None, undo: Callable[[], object]) -> None:
    """Undo a fault that has an end."""

    def end(_: Call) -> None:
        undo()

    if until_us is not None:
        world.after(until_us - world.now_us, end)


# -- servers ---------------------------------------------------------------------------------------------------------------------------


def _crash(world: World, *, node: str) -> None:
    server = world.servers[node]
    if server.status != "stopped":
        if world.checker is not None:
            world.checker.crashed(node)
        server.crash()
        world.touch(server)
        world.record("crash", node)


def _restart(world: World, *, node: str) -> None:
    server = world.servers[node]
    if server.status == "stopped":
        server.boot(now_us=world.now_us)
        world.touch(server)
        world.arm(server)
        world.record("restart", node)
        if world.checker is not None:
            world.checker.restarted(server.node)


def _pause(world: World, *, node: str, until_us: int | None = None) -> None:
    server = world.servers[node]
    if server.status == "up":
        begun_us = world.now_us
        server.status, server.paused_us = "paused", begun_us
        world.touch(server)
        world.record("pause", node)
        _at_the_end(world, until_us, lambda: _resume(world, node=node) if server.paused_us == begun_us else None)


def _resume(world: World, *, node: str) -> None:
    server = world.servers[node]
    if server.status == "paused":
        server.status = "up"
        world.touch(server)
        world.record("resume", node)
        world.wake_up(server)


def _slow_disk(world: World, *, node: str, write_us: int, until_us: int | None = None) -> None:
    server, cause = world.servers[node], len(world.recorder)
    server.slow_disks[cause] = (write_us, write_us)
    world.record("slow_disk", node, write_us=write_us)
    _at_the_end(world, until_us, lambda: server.slow_disks.pop(cause))


def _clock_drift(world: World, *, node: str, ppm: int) -> None:
    server = world.servers[node]
    server.drift(ppm=ppm, now_us=world.now_us)
    server.wake_at_us = None
    world.touch(server)
    world.record("clock_drift", node, ppm=ppm)
    if server.is_free:
        world.arm(server)


# -- the network ------------------------------------------------------------------------------------------------------------------------


def _partition(world: World, *, groups: tuple[tuple[str, ...], ...], until_us: int | None = None) -> None:
    nodes = dict.fromkeys((*world.servers, *(name for group in groups for name in group)))  # clients too, where they are named
    _cut(world, links_between(groups, nodes=tuple(nodes)), until_us, groups=groups)


def _block(world: World, *, sender: str, receiver: str, until_us: int | None = None) -> None:
    _cut(world, ((sender, receiver),), until_us, sender=sender, receiver=receiver)


def _cut(world: World, links: tuple[Link, ...], until_us: int | None, **detail: Any) -> None:
    cause = len(world.recorder)  # each cut is mended by itself
    world.wire.cut(links, cause=cause)
    world.redraw()
    world.record("partition", "", **detail)
    _at_the_end(world, until_us, lambda: _mend(world, cause))


def _mend(world: World, cause: int) -> None:
    world.wire.mend(cause)
    world.redraw()
    world.record("heal", "")


def _heal(world: World) -> None:
    world.wire.heal()
    world.redraw()
    world.record("heal", "")


def _loss(world: World, *, ratio: float, until_us: int | None = None) -> None:
    _tune(world, until_us, loss=ratio)


def _duplication(world: World, *, ratio: float, until_us: int | None = None) -> None:
    _tune(world, until_us, duplication=ratio)


def _reordering(world: World, *, on: bool) -> None:
    _tune(world, None, reordering=on)


def _tune(world: World, until_us: int | None, **changes: Any) -> None:
    cause = len(world.recorder)
    world.weather[cause] = changes
    _blow(world, changes)
    _at_the_end(world, until_us, lambda: _blow(world, world.weather.pop(cause)))


def _blow(world: World, changed: dict[str, Any]) -> None:
    """The network as it was built, and upon it all changes that last, the newest on top."""
    on_top = {name: value for changes in world.weather.values() for name, value in changes.items()}
    network = replace(world.network, **on_top)
    world.wire.become(network)
    world.record("network", "", **{name: getattr(network, name) for name in changed})


def _drop(world: World, *, message: int) -> None:
    flight = world.flights.get(message)
    if flight is not None:
        world.forget(message)
        world.lose(flight, "dropped on purpose", kind="message_dropped")


def _drop_next(world: World, *, message_kind: str, sender: str, receiver: str) -> None:
    world.drop_next.append((message_kind, sender, receiver))


def _delay_message(world: World, *, message: int, by_us: int) -> None:
    if message in world.flights:
        world.delay(message, by_us)
        world.record("delay_message", world.flights[message].message.receiver, message=message, by_us=by_us)


# -- timers -----------------------------------------------------------------------------------------------------------------------------


def _timeout(world: World, *, node: str) -> None:
    server = world.servers[node]
    if server.is_free:
        server.node.now_ticks = server.ticks_at(world.now_us)
        world.carry_out(server, server.node.campaign(), "", {})


def _set_timer(world: World, *, node: str, in_us: int) -> None:
    _wind(world, world.servers[node], in_us)
    world.record("set_timer", node, in_us=in_us)


def _align_timers(world: World) -> None:
    timers = _timers(world)
    for server in timers:
        _wind(world, server, server.config.election_ticks_min * server.tick_us)
    world.record("align_timers", "")


def _spread_timers(world: World) -> None:
    timers = _timers(world)
    for position, server in enumerate(timers):
        config = server.config
        spread = max(config.election_ticks_max - config.election_ticks_min, config.election_ticks_min)
        ticks = config.election_ticks_min + spread * position // max(len(timers) - 1, 1)
        _wind(world, server, ticks * server.tick_us)
    world.record("spread_timers", "")


def _timers(world: World) -> list[Server]:
    """The running servers that wait for an election timeout, the one who is due first in front."""
    running = [server for server in world.servers.values() if server.status == "up" and server.node.role != "leader"]
    return sorted(running, key=lambda server: server.true_us(server.node.deadline_ticks))


def _wind(world: World, server: Server, in_us: int) -> None:
    node = server.node
    if server.status == "stopped":
        return
    node.now_ticks = server.ticks_at(world.now_us)
    node.timeout_ticks = max(in_us // server.tick_us, 1)
    node.deadline_ticks = node.now_ticks + node.timeout_ticks
    world.touch(server)
    if server.is_free:
        world.arm(server)


# -- orders -----------------------------------------------------------------------------------------------------------------------------


def _request(world: World, *, data: str, node: str | None = None) -> None:
    server = world.servers[node] if node is not None else current_leader(world)
    if server is None or not server.is_free:
        why = "no leader" if server is None else f"{server.name} is {server.status}"
        world.record("client_request", node or "", command=data, accepted=False, why=why)
        return
    server.node.now_ticks = server.ticks_at(world.now_us)
    world.propose(server, data, waiting=None, cause="client_request", detail={"command": data, "accepted": True})


def _transfer(world: World, *, to: str) -> None:
    server = current_leader(world)
    if server is not None and server.is_free:
        server.node.now_ticks = server.ticks_at(world.now_us)
        world.carry_out(server, server.node.transfer_leadership(to), "", {})


def _change(world: World, *, voters: tuple[str, ...], learners: tuple[str, ...] = ()) -> None:
    server = current_leader(world)
    if server is None or not server.is_free:
        return
    change = change_to(server.node.membership.members, voters, learners, server.node.membership.voters)
    server.node.now_ticks = server.ticks_at(world.now_us)
    try:
        ready = server.node.propose_change(change)
    except NotLeaderError:
        ready = Ready()
    world.carry_out(server, ready, "propose_change", {"change": str(change)})


def change_to(members: tuple[str, ...], voters: tuple[str, ...], learners: tuple[str, ...], old_voters: tuple[str, ...]) -> Change:
    """The operations that lead from the members there are to the wanted voters and learners.

    >>> str(change_to(("n1", "n2", "n3"), ("n1", "n2", "n4"), (), ("n1", "n2", "n3")))
    'add n4, remove n3'
    """
    operations = [("add", name) for name in voters if name not in old_voters]
    operations += [("learner", name) for name in learners if name not in members or name in old_voters]
    operations += [("remove", name) for name in members if name not in voters and name not in learners]
    return Change(tuple(operations))


def _snapshot(world: World, *, node: str) -> None:
    server = world.servers[node]
    if server.is_free and server.node.last_applied > server.node.log.snapshot_index:
        try:
            snapshot = server.snapshot()
        except CompactedError:
            return
        world.touch(server)
        world.record("snapshot", node, index=snapshot.index, term=snapshot.term)


def check_command(fault: Fault) -> None:
    """A request must be a command that the state machine understands.

    Raises:
        CommandError: it is not.
    """
    if fault.kind == "request":
        command = Command.parse(fault.arguments.data)
        if command.is_read:
            raise CommandError(f"met the request {fault.arguments.data!r}, expected one that writes; reads come from clients.")


ACTIONS: dict[str, Callable[..., None]] = {
    "crash": _crash,
    "restart": _restart,
    "pause": _pause,
    "resume": _resume,
    "slow_disk": _slow_disk,
    "clock_drift": _clock_drift,
    "partition": _partition,
    "block": _block,
    "heal": _heal,
    "loss": _loss,
    "duplication": _duplication,
    "reordering": _reordering,
    "drop": _drop,
    "drop_next": _drop_next,
    "delay_message": _delay_message,
    "timeout": _timeout,
    "set_timer": _set_timer,
    "align_timers": _align_timers,
    "spread_timers": _spread_timers,
    "request": _request,
    "transfer": _transfer,
    "change": _change,
    "snapshot": _snapshot,
}
"""What can be done to a world, by the names of the faults."""
