"""Clients of a cluster: they ask one thing at a time, watch, keep leases alive, and go to another member when theirs is silent.

A client that gets no answer does *not* ask again, as etcd's own client does not: the write may have taken effect, and etcd would do it a
second time. `retries=True` asks again nevertheless, to show just that.

What each client does by itself is its habit (`habits`); scenarios make any client do anything: `at 900 request "put a 1" to c1`. Besides
the commands of `k8sedu.etcd.commands` a client understands `keep 7` (keep this lease alive), `leave 7` (stop that), `unwatch` and `use
n2` (talk to this member).
"""

from __future__ import annotations

import json
from collections import deque
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

from k8sedu.errors import K8sEduError
from k8sedu.etcd.sim.habits import HABITS, Habit
from k8sedu.etcd.sim.stream import WatchStream
from k8sedu.raft.messages import Message
from k8sedu.trace import Frozen

if TYPE_CHECKING:
    from k8sedu.etcd.sim.world import Cluster
    from k8sedu.raft.sim.world import Call


class ClientsError(K8sEduError, ValueError):
    """Clients that make no sense."""


class Clients(NamedTuple):
    """How many clients of each habit there are, named c1, c2, … in the order of these fields, and how they behave.

    >>> Clients(writers=2, watchers=1).names
    {'c1': 'writer', 'c2': 'writer', 'c3': 'watcher'}
    """

    writers: int = 0
    """Put, delete and read keys."""
    watchers: int = 0
    """Watch everything under `prefix` and go on elsewhere when their member is gone."""
    keepers: int = 0
    """Hold a lease with keys of their own, and keep it alive."""
    counters: int = 0
    """Read a number, and put the next one if nobody has written in between: optimistic concurrency."""
    guests: int = 0
    """Do only what the scenario says."""
    think_ms_min: float = 100
    think_ms_max: float = 600
    timeout_ms: float = 2_000
    """Silence for this long means: give up, and talk to another member."""
    ping_ms: float = 1_000
    """Who watches asks this often whether its connection still stands."""
    reads_ratio: float = 0.25
    deletes_ratio: float = 0.15
    txns_ratio: float = 0.1
    keys: tuple[str, ...] = ("a", "b", "c")
    prefix: str = ""
    ttl_s: int = 3
    keys_per_lease: int = 1
    retries: bool = False

    @property
    def names(self) -> dict[str, str]:
        """Every client and its habit."""
        habits = [name for name in HABITS for _ in range(getattr(self, f"{name}s"))]
        return {f"c{number}": habit for number, habit in enumerate(habits, start=1)}

    def checked(self) -> Clients:
        """The same value, or a ClientsError that says what is wrong with it."""
        for name in (*(f"{habit}s" for habit in HABITS), "keys_per_lease"):
            if getattr(self, name) < 0:
                raise ClientsError(f"{name} is {getattr(self, name)}, expected 0 or more.")
        if not 0 < self.think_ms_min <= self.think_ms_max:
            raise ClientsError(f"think times are {self.think_ms_min} to {self.think_ms_max} ms, expected 0 < min <= max.")
        if min(self.timeout_ms, self.ping_ms) <= 0 or self.ttl_s < 1:
            raise ClientsError("timeout_ms and ping_ms must be above 0, and ttl_s at least 1.")
        ratios = (self.reads_ratio, self.deletes_ratio, self.txns_ratio)
        if min(ratios) < 0 or sum(ratios) > 1 or not self.keys:
            raise ClientsError("the ratios must be shares that sum to at most 1, and there must be a key.")
        return self


class Client:
    """One client of the cluster."""

    def __init__(self, name: str, world: Cluster, options: Clients, generator: Random, *, habit: str) -> None:
        self.name, self.world, self.options, self.random = name, world, options, generator
        self.members = tuple(world.members)
        self.target = self.random.choice(self.members)
        self.status = "up"
        self.epoch = 0
        self.serial = self.attempt = 0
        self.command = ""
        self.kind = habit
        self.frame: Frozen | None = None
        self.renewals = 0
        self.keeping: dict[int, int] = {}
        self._begin()

    def _begin(self) -> None:
        self.todo: deque[str] = deque()
        self.leases: dict[int, int] = {}
        self.unanswered: dict[int, None] = {}
        self.stream = WatchStream(self)
        self.habit: Habit = HABITS[self.kind](self)

    # -- life and death --------------------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to live by its habit."""
        self.habit.start()

    def crash(self) -> None:
        """Stop: nobody keeps its leases alive any more, and nobody hears its watches."""
        self.status, self.command = "stopped", ""
        self.epoch += 1
        self.touch()

    def restart(self) -> None:
        """Begin anew; it remembers nothing."""
        self.status = "up"
        self._begin()
        self.touch()
        self.start()

    def after(self, delay_ms: float, action: Any, *arguments: Any) -> None:
        """Do something later, unless it has crashed by then."""
        epoch = self.epoch

        def act(_: Call) -> None:
            if self.epoch == epoch:
                action(*arguments)

        self.world.after(max(int(delay_ms * 1000), 1), act)

    def think(self) -> None:
        """Wait a while, then do the next thing of its habit."""
        self.after(self.random.uniform(self.options.think_ms_min, self.options.think_ms_max), self._next)

    def _next(self) -> None:
        if not self.command:
            line = self.todo.popleft() if self.todo else self.habit.next()
            if line:
                self.do(line)

    # -- asking ----------------------------------------------------------------------------------------------------------------------------

    def do(self, line: str) -> None:
        """Do what a line says, or later if it waits for an answer."""
        verb, _, rest = line.partition(" ")
        if self.status == "stopped":
            return
        if verb == "watch":
            self.stream.watch(line)
        elif verb == "unwatch":
            self.stream.stop()
        elif verb == "use":
            self.target = rest
            self.stream.move("on purpose", to=rest)
        elif verb == "keep":
            self.keep(int(rest), self.options.ttl_s)
        elif verb == "leave":
            self.leases.pop(int(rest), None)
        elif self.command:
            self.todo.append(line)
        else:
            self._ask(line)
        self.touch()

    def _ask(self, line: str) -> None:
        self.serial += 1
        self.attempt = 0
        self.command = line
        self._send()

    def _send(self) -> None:
        self.attempt += 1
        self.touch()
        self.post(str(self.serial), self.command)
        self.world.record("client_request", self.name, serial=self.serial, command=self.command, to=self.target, attempt=self.attempt)
        self.after(self.options.timeout_ms, self._give_up, self.serial, self.attempt)

    def post(self, serial: str, command: str, *, to: str = "") -> None:
        """Send a message to a member."""
        self.world.send((Message("client_request", self.name, to or self.target, context=f"{self.name}:{serial} {command}"),))

    def _give_up(self, serial: int, attempt: int) -> None:
        if not self.command or (serial, attempt) != (self.serial, self.attempt):
            return
        self.target = self.member_after(self.target)
        if self.options.retries:
            self._send()
            return
        line, self.command = self.command, ""
        self.touch()
        self.world.record("client_gives_up", self.name, serial=serial, command=line)
        self.habit.answered(line, {"ok": False, "error": "no answer"})
        self.think()

    # -- answers ---------------------------------------------------------------------------------------------------------------------------

    def receive(self, message: Message, number: int) -> None:
        """An answer has come, or news of a watch."""
        if self.status == "stopped":
            return
        serial, _, text = message.context.partition(" ")
        if serial == "watch":
            self.stream.receive(text, message.sender)
        elif serial.startswith("k"):
            self._kept_alive(int(serial[1:]), json.loads(text))
        elif self.command and int(serial) == self.serial:
            self._answered(json.loads(text), number)

    def _answered(self, answer: dict[str, Any], number: int) -> None:
        line, self.command = self.command, ""
        self.touch()
        agreement = self.world.agreement
        if agreement is not None and answer["ok"]:
            agreement.acknowledge(answer["index"], answer["revision"])
        if answer.get("error", "").endswith("no leader"):
            self.target = self.member_after(self.target)
        detail = {"message": number, "serial": self.serial, "command": line, **_plain(answer)}
        self.world.record("client_reply", self.name, **detail)
        self.habit.answered(line, answer)
        self.think()

    def member_after(self, name: str) -> str:
        """Whom to try next."""
        return self.members[(self.members.index(name) + 1) % len(self.members)]

    # -- leases ----------------------------------------------------------------------------------------------------------------------------

    def keep(self, lease: int, ttl_s: int) -> None:
        """Keep a lease alive from now on: renew it three times per TTL, which is the leader's word once it has answered."""
        self.leases[lease] = ttl_s
        self.unanswered.pop(lease, None)
        self.renewals += 1
        self.keeping[lease] = self.renewals
        self._renew(lease, self.renewals)

    def _renew(self, lease: int, number: int) -> None:
        """Send a keep-alive, and go on elsewhere if the one before it was not answered."""
        if lease not in self.leases or self.keeping[lease] != number:
            return
        if lease in self.unanswered:
            self.target = self.member_after(self.target)
            self.touch()
        self.unanswered[lease] = None
        self.post(f"k{lease}", f"keep_alive {lease}")
        self.world.record("keep_alive_sent", self.name, lease=lease, to=self.target)
        self.after(self.leases[lease] * 1000 / 3, self._renew, lease, number)

    def _kept_alive(self, lease: int, answer: dict[str, Any]) -> None:
        self.unanswered.pop(lease, None)
        if not answer["ok"]:
            self.target = self.member_after(self.target)
            self.touch()
        elif self.leases.get(lease) == answer["ttl_s"]:
            return
        elif lease in self.leases and answer["ttl_s"]:
            self.leases[lease] = answer["ttl_s"]
            self.touch()
        elif lease in self.leases:
            del self.leases[lease]
            self.touch()
            self.world.record("lease_lost", self.name, lease=lease)
            self.habit.lost(lease)

    # -- its picture -----------------------------------------------------------------------------------------------------------------------

    def touch(self) -> None:
        """Something about it has changed."""
        self.frame = None
        self.world.touch_clients()

    def take_frame(self) -> Frozen:
        """Its state, with the fields of `CLIENT_FIELDS`."""
        status = "stopped" if self.status == "stopped" else "waiting" if self.command else "idle"
        self.frame = Frozen(
            status=status, request=self.command, session=self.name, serial=self.serial, leader=self.target,
            watches=self.stream.take_frame(), leases=tuple(self.leases.items()),
        )  # fmt: skip
        return self.frame


def _plain(answer: dict[str, Any]) -> dict[str, Any]:
    """An answer as the detail of a step: lists are tuples there, and `answer` is the value that a read found."""
    kvs = tuple(tuple(row) for row in answer.get("kvs", ()))
    value = {"answer": kvs[0][1] if kvs else "", "kvs": kvs} if "kvs" in answer else {}
    return {**{name: item for name, item in answer.items() if name != "kvs"}, **value}
