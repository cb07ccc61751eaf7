"""A schedule told as a trace: the same frames that a simulation in time gives, so that every picture can show it.

A schedule has no clock, so the story gives it one for the eye: 20 ms from action to action. A message leaves at the action that sent it and
is due at the action that delivers it, so that its dot flies for exactly as long as the schedule lets it wait. What never arrives is shown
as lost. The arc of an election timer runs out when the schedule says that it does.

Source: the frame's fields are those of `frames`.
Left out: heartbeat timers; in a schedule nobody knows when the next one is due.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from k8sedu.raft.frames import EMPTY, message_frame, node_frame
from k8sedu.raft.group import CONFIG, Group
from k8sedu.raft.messages import Message
from k8sedu.raft.schedule import Action, parse_schedule
from k8sedu.trace import Frozen, Step, Trace

STEP_US = 20_000
TIMER_US = 200_000


class Scene(NamedTuple):
    """What one action has led to: the steps it made, and the state after it."""

    time_us: int
    steps: tuple[tuple[str, str, Frozen], ...]
    nodes: Frozen
    flying: tuple[int, ...]
    blocked: tuple[tuple[str, str], ...]
    clients: Frozen


class Flight(NamedTuple):
    """The life of one message."""

    message: Message
    sent_us: int
    due_us: int
    lost: bool


def retell(
    actions: str | Iterable[Action], make: Callable[[], Group] = Group, *, seed: int = 0, verdict: Mapping[str, Any] = EMPTY
) -> Trace:
    """Play a schedule in a fresh group and write down every step, up to the first broken invariant.

    >>> trace = retell('''
    ...     timeout n1
    ...     deliver request_vote n1->n2
    ...     deliver request_vote_reply n2->n1
    ... ''')
    >>> [step.kind for step in trace][-2:], trace[-1].frame.nodes.n1.role
    (['receive_request_vote_reply', 'become_leader'], 'leader')

    Args:
        actions: the schedule, as values or as lines of text.
        make: makes the group.
        seed: written into the trace, for whoever wants to repeat the search that found the schedule.
        verdict: further details for the step `violation`.
    """
    schedule = parse_schedule(actions) if isinstance(actions, str) else tuple(actions)
    group = make()
    teller = _Teller(group, schedule)
    teller.note("start", "", {})
    teller.close()
    for action in schedule:
        if group.do(action):
            teller.close()
        if group.violation is not None:
            _tell_violation(teller, group, verdict)
            break
    return Trace("raft", seed, _parameters(group), tuple(teller.steps()))


def _tell_violation(teller: _Teller, group: Group, verdict: Mapping[str, Any]) -> None:
    violation = group.violation
    assert violation is not None
    detail = {"invariant": violation.name, "message": violation.message, "servers": violation.servers, "rules_off": group.rules.off}
    teller.note("violation", violation.servers[0], {**detail, **verdict})
    teller.close(pause_us=0)


def _parameters(group: Group) -> Frozen:
    members = next(iter(group.hosts.values())).storage.snapshot
    return Frozen(
        size=len(members.voters),
        servers=group.names,
        rules_off=group.rules.off,
        config=Frozen({name: value for name, value in group.config._asdict().items() if value != getattr(CONFIG, name)}),
        schedule=tuple(str(action) for action in group.actions),
    )


class _Teller:
    """Listens to a group and takes a picture after each action."""

    def __init__(self, group: Group, schedule: Sequence[Action]) -> None:
        self.group = group
        group.listener = self.note
        self.now_us = 0
        self.scenes: list[Scene] = []
        self.sent: dict[int, tuple[Message, int]] = {}
        self.ended: dict[int, tuple[int, bool]] = {}
        self._pending: list[tuple[str, str, Frozen]] = []
        self._frames: dict[str, Frozen] = {}
        self._flying: dict[int, bool] = {}
        self._timeouts = _timeouts(schedule)

    def note(self, kind: str, actor: str, detail: Mapping[str, Any]) -> None:
        """Something has happened within the current action."""
        self._pending.append((kind, actor, Frozen(detail)))
        if kind == "message_lost":
            self.ended[detail["message"]] = (self.now_us, True)

    def close(self, *, pause_us: int = STEP_US) -> None:
        """The current action is over: take the picture; the next one comes a little later."""
        group, now_us = self.group, self.now_us
        for number, message in group.messages.items():
            self.sent.setdefault(number, (message, now_us))
        for number in self._flying:
            if number not in group.messages:
                self.ended.setdefault(number, (now_us, False))
        self._flying = dict.fromkeys(group.messages, True)
        nodes = Frozen({name: self._node(name) for name in group.names})
        clients = Frozen({name: self._client(name) for name in group.clientele.clients})
        self.scenes.append(Scene(now_us, tuple(self._pending), nodes, tuple(group.messages), tuple(group.blocked), clients))
        self._pending = []
        self.now_us += pause_us

    def steps(self) -> Iterable[Step]:
        """All steps; now the end of every message is known."""
        flights = {number: self._flight(number) for number in self.sent}
        frames = {
            number: message_frame(flight.message, number, sent_us=flight.sent_us, due_us=flight.due_us, lost=flight.lost)
            for number, flight in flights.items()
        }
        index = 0
        for scene in self.scenes:
            seen = {str(number): frames[number] for number in scene.flying if flights[number].due_us > scene.time_us}
            frame = Frozen(nodes=scene.nodes, messages=Frozen(seen), blocked=scene.blocked, clients=scene.clients)
            for kind, actor, detail in scene.steps:
                yield Step(index, scene.time_us, kind, actor, detail, frame)
                index += 1

    def _flight(self, number: int) -> Flight:
        message, sent_us = self.sent[number]
        end_us, lost = self.ended.get(number, (sent_us + 2 * STEP_US, True))
        return Flight(message, sent_us, end_us, lost)

    def _node(self, name: str) -> Frozen:
        host = self.group.hosts[name]
        node, is_up = host.node, name in self.group.nodes
        due_us = next((time_us for time_us in self._timeouts.get(name, ()) if time_us > self.now_us), None)
        frame = node_frame(
            node,
            status="up" if is_up else "stopped",
            timer_due_us=due_us if is_up and node.role != "leader" else None,
            timer_total_us=TIMER_US,
            heartbeat_due_us=None,
            machine=Frozen(host.machine.values) if is_up else EMPTY,
            log=tuple(node.log.entries),
        )
        old = self._frames.get(name)
        if old != frame:
            self._frames[name] = frame
        return self._frames[name]

    def _client(self, name: str) -> Frozen:
        client = self.group.clientele.clients[name]
        status = "waiting" if client.command else "idle"
        asked = next(reversed(client.asked), "")
        return Frozen(status=status, request=client.command, session=name, serial=client.serial, leader=asked)


def _timeouts(schedule: Sequence[Action]) -> dict[str, list[int]]:
    """When each server's election timer runs out, if every action of the schedule can happen."""
    times: dict[str, list[int]] = {}
    for position, action in enumerate(schedule, start=1):
        if action.kind == "timeout":
            times.setdefault(action.node, []).append(position * STEP_US)
    return times
