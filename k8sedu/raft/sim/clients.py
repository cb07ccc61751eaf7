"""Clients: they think, ask, wait, and ask again when nobody answers.

A client knows one server that it believes to lead. If that server refuses, it says who leads; if it stays silent, the client tries the
next one, with the *same* serial number, so that the request takes effect at most once.

What clients asked and were answered is in the trace as `client_request` and `client_reply` steps: that history is what a
linearizability check reads.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, NamedTuple

from k8sedu.errors import K8sEduError
from k8sedu.raft.messages import Message
from k8sedu.trace import Frozen

if TYPE_CHECKING:
    from k8sedu.raft.sim.world import Call, World


class ClientsError(K8sEduError, ValueError):
    """Clients that make no sense."""


class Clients(NamedTuple):
    """How many clients there are and how they behave.

    >>> Clients(count=2).retry_ms
    200
    """

    count: int = 1  # type: ignore[assignment]  # also a tuple method, which nobody calls here
    think_ms_min: float = 20
    """A client waits at least this long between an answer and its next request."""
    think_ms_max: float = 100
    retry_ms: float = 200
    """Silence for this long means: ask somebody else."""
    reads_ratio: float = 0.25
    """Share of requests that only read."""
    adds_ratio: float = 0.25
    """Share of requests that add 1: they show it when a retry takes effect twice."""
    keys: tuple[str, ...] = ("x",)

    def checked(self) -> Clients:
        """The same value, or a ClientsError that says what is wrong with it."""
        if self.count < 0:
            raise ClientsError(f"the number of clients is {self.count}, expected 0 or more.")
        if not 0 <= self.think_ms_min <= self.think_ms_max:
            raise ClientsError(f"think times are {self.think_ms_min} to {self.think_ms_max} ms, expected 0 <= min <= max.")
        if self.retry_ms <= 0:
            raise ClientsError(f"retry_ms is {self.retry_ms}, expected more than 0.")
        if min(self.reads_ratio, self.adds_ratio) < 0 or self.reads_ratio + self.adds_ratio > 1 or not self.keys:
            raise ClientsError("reads_ratio and adds_ratio must be shares that sum to at most 1, and there must be a key.")
        return self


class Client:
    """One client of the group."""

    def __init__(self, name: str, world: World, habits: Clients, generator: Random) -> None:
        self.name, self.world, self.habits, self.random = name, world, habits, generator
        self.servers = tuple(world.servers)
        self.target = self.random.choice(self.servers)
        self.serial = 0
        self.command = ""
        self.attempt = 0
        self.frame: Frozen | None = None

    def start(self) -> None:
        """Begin to think about the first request."""
        habits = self.habits
        think_us = int(self.random.uniform(habits.think_ms_min, habits.think_ms_max) * 1000)
        self.world.after(think_us, self._ask)

    def receive(self, message: Message, number: int) -> None:
        """An answer has come: done, or ask the server that was named."""
        serial, _, text = message.context.partition(" ")
        if not self.command or int(serial) != self.serial:
            return  # the answer to an earlier attempt
        if message.reject:
            self.target = text if text and text != self.target else self._next_server()
            self.world.after(int(self.habits.think_ms_min * 1000) + 1_000, self._retry, (self.serial, self.attempt))
            return
        command, self.command = self.command, ""
        self.target = message.sender
        self._touch()
        self.world.record("client_reply", self.name, message=number, serial=self.serial, command=command, answer=text)
        self.start()

    def take_frame(self) -> Frozen:
        """Its state as a frozen value."""
        status = "waiting" if self.command else "idle"
        self.frame = Frozen(
            {"status": status, "request": self.command, "session": self.name, "serial": self.serial, "leader": self.target}
        )
        return self.frame

    def _ask(self, _: Call) -> None:
        self.serial += 1
        self.command = self._next_command()
        self.attempt = 0
        self._send()

    def _retry(self, call: Call) -> None:
        serial, attempt = call.value
        if self.command and serial == self.serial and attempt == self.attempt:
            self._send()

    def _give_up_waiting(self, call: Call) -> None:
        serial, attempt = call.value
        if self.command and serial == self.serial and attempt == self.attempt:
            self.target = self._next_server()
            self._send()

    def _send(self) -> None:
        self.attempt += 1
        self._touch()
        world = self.world
        world.send((Message("client_request", self.name, self.target, context=f"{self.name}:{self.serial} {self.command}"),))
        world.record("client_request", self.name, serial=self.serial, command=self.command, to=self.target, attempt=self.attempt)
        world.after(int(self.habits.retry_ms * 1000), self._give_up_waiting, (self.serial, self.attempt))

    def _touch(self) -> None:
        self.frame = None
        self.world.touch_clients()

    def _next_server(self) -> str:
        return self.servers[(self.servers.index(self.target) + 1) % len(self.servers)]

    def _next_command(self) -> str:
        key, luck = self.random.choice(self.habits.keys), self.random.random()
        if luck < self.habits.reads_ratio:
            return f"{key}?"
        if luck < self.habits.reads_ratio + self.habits.adds_ratio:
            return f"{key}+=1"
        return f"{key}={self.random.randrange(10)}"
