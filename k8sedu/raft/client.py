"""Clients of a group: one request at a time, sent again elsewhere when no answer comes, and every answer written down.

A request carries the client's name and a serial number, `c1:3 x+=1`, and keeps both when it is sent again: that is all a session is. The
history of calls and answers is what `linearizability` judges.

Source: raft.pdf §8; thesis §6.3, §6.4.
Left out: clients that give up. A request without an answer stays open for ever, which is the same to whoever judges.
"""

from __future__ import annotations

from k8sedu.raft.linearizability import Operation, is_linearizable
from k8sedu.raft.machine import Command


class Client:
    """One client, idle or waiting for the answer to its current request."""

    __slots__ = ("asked", "attempt", "command", "is_log_entry", "name", "position", "serial")

    def __init__(self, name: str) -> None:
        self.name = name
        self.serial = 0
        self.attempt = 0
        """How often the current request has been sent."""
        self.command = ""
        """The request it waits for; empty when idle."""
        self.is_log_entry = True
        """False for a read by read index, which never enters the log."""
        self.asked: dict[str, bool] = {}
        """The servers that have its request and could answer it."""
        self.position = 0
        """Where its current request stands in the history."""

    @property
    def entry(self) -> str:
        """The request with its session, as it stands in the log."""
        return f"{self.name}:{self.serial} {self.command}"


class Clientele:
    """All clients of a group, and the history of what they asked and were told."""

    def __init__(self) -> None:
        self.clients: dict[str, Client] = {}
        self.operations: list[Operation] = []

    def begin(self, name: str, command: str, *, is_log_entry: bool, now: int) -> Client | None:
        """A client makes a new request; None if it still waits for the last one.

        Raises:
            CommandError: nobody would understand the command.
        """
        parsed = Command.parse(command)
        client = self.clients.get(name)
        if client is None:
            client = self.clients[name] = Client(name)
        if client.command:
            return None
        client.serial += 1
        client.attempt = 0
        client.command, client.is_log_entry, client.position = command, is_log_entry, len(self.operations)
        self.operations.append(Operation(name, parsed.key, parsed.verb, parsed.value, now))
        return client

    def nobody_asks(self, command: str, *, now: int) -> None:
        """A command without a client has entered the log: it may take effect some time, and nobody will be told."""
        parsed = Command.parse(command)
        self.operations.append(Operation("nobody", parsed.key, parsed.verb, parsed.value, now))

    def waiting(self, name: str) -> Client | None:
        """The client of that name, if it waits for an answer."""
        client = self.clients.get(name)
        return client if client is not None and client.command else None

    def forget_server(self, server: str) -> None:
        """A server has crashed: it cannot answer what it was asked before."""
        for client in self.clients.values():
            client.asked.pop(server, None)

    def answered(self, name: str, *, server: str, serial: int, answer: str, now: int) -> Operation | None:
        """A server tells a client the outcome; None if this client did not ask it, or knows already."""
        client = self.waiting(name)
        if client is None or client.serial != serial or server not in client.asked:
            return None
        operation = self.operations[client.position]._replace(answered=now, answer=answer)
        self.operations[client.position] = operation
        client.command = ""
        client.asked.clear()
        return operation

    def explains(self, operation: Operation) -> bool:
        """Is there still an order of the requests that explains all answers about this key?"""
        return is_linearizable(other for other in self.operations if other.key == operation.key)
