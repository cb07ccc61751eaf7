"""A whole Raft group in one process, without time: things happen in exactly the order that you say.

A group holds its servers, their disks and state machines, the messages that are in flight, and a few clients. Nothing happens by itself.
`do` takes one action (`schedule`), and what cannot happen just now (a message that is not there, a crash of a server that is down) is
ignored: that is what lets a schedule be shortened by simply leaving actions out.

After every action the invariants are checked; `violation` holds the first that was broken.

    >>> group = Group(3)
    >>> group.elect("n1")
    >>> group.do("request n1 c1 x=4")
    True
    >>> group.deliver_all()
    8
    >>> group.terms("n2"), group.answers
    ((1, 1), ['c1: x=4 → 4'])

Left out: time (see `sim`). A message over a cut link waits until it is healed, and a client's own messages are never in flight.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from k8sedu.errors import K8sEduError
from k8sedu.raft.checker import Checker
from k8sedu.raft.client import Client, Clientele
from k8sedu.raft.config import Config
from k8sedu.raft.host import Answer, Host, disk_with
from k8sedu.raft.invariants import Violation, known_names
from k8sedu.raft.membership import MembershipError
from k8sedu.raft.messages import Message, Snapshot
from k8sedu.raft.node import Node, NotLeaderError
from k8sedu.raft.ready import Ready
from k8sedu.raft.rules import ALL_RULES, Rules
from k8sedu.raft.schedule import GROUP_ACTIONS, NODE_ACTIONS, Action, ActionError, pick

CONFIG = Config(election_ticks_min=10, election_ticks_max=20, heartbeat_ticks=1)
ROUNDS_MAX = 10_000
LOST = "lost by the network"
NO_DETAIL: Mapping[str, Any] = {}


class GroupError(K8sEduError, ValueError):
    """A group that cannot be made, or a server that it does not have."""


class Group:
    """A group of servers on a table; `do` is the only way in which anything happens.

    Args:
        servers: how many (named n1, n2, …), or their names.
        spares: servers that run but are no members yet.
        logs: the terms of the entries that servers start with, as the paper draws logs.
        terms: the current terms that servers start with; otherwise that of their last entry.
        invariants: the names to check; None for all.
    """

    def __init__(
        self,
        servers: int | Sequence[str] = 3,
        *,
        spares: Sequence[str] = (),
        learners: Sequence[str] = (),
        logs: Mapping[str, Sequence[int]] | None = None,
        terms: Mapping[str, int] | None = None,
        config: Config = CONFIG,
        rules: Rules = ALL_RULES,
        invariants: Sequence[str] | None = None,
    ) -> None:
        names = [f"n{number}" for number in range(1, servers + 1)] if isinstance(servers, int) else list(servers)
        if not names:
            raise GroupError("met a group of 0 servers, expected at least 1.")
        self.config, self.rules = config, rules
        self.names = (*names, *spares)
        first = Snapshot(0, 0, tuple(name for name in names if name not in learners), learners=tuple(learners))
        disks = {name: disk_with(first, (logs or {}).get(name, ()), term=(terms or {}).get(name, 0)) for name in self.names}
        self.hosts = {name: Host(name, disk, config=config, rules=rules) for name, disk in disks.items()}
        self.nodes = {name: host.node for name, host in self.hosts.items()}
        """The servers that are up."""
        self.messages: dict[int, Message] = {}
        """In flight, by number, in the order of sending."""
        self.blocked: dict[tuple[str, str], bool] = {}
        """The links (from, to) that let nothing pass."""
        self.clientele = Clientele()
        self.actions: list[Action] = []
        """What has happened so far; what was ignored is not in it."""
        self.violation: Violation | None = None
        self.listener: Callable[[str, str, Mapping[str, Any]], None] = _nobody_listens
        """Is told (kind, actor, detail) of everything that happens, for a trace."""
        self.checker = Checker(self.nodes.values(), invariants=invariants)
        self._judges_clients = "linearizability" in known_names(invariants) and not logs  # nobody knows who asked for old entries
        self._next_number = 1

    # -- one action ----------------------------------------------------------------------------------------------------------------

    def do(self, action: Action | str) -> bool:
        """Let one thing happen; False if it cannot happen now, and then nothing has changed.

        Raises:
            ActionError, GroupError: a line that is no action, or a server that the group does not have.
        """
        if isinstance(action, str):
            action = Action.parse(action)
        if action.node and action.node not in self.hosts:
            raise GroupError(f"met the server {action.node!r} in {str(action)!r}, expected one of {', '.join(self.names)}.")
        self.actions.append(action)
        handler = HANDLERS.get(action.kind)
        if handler is None:
            raise ActionError(f"met the action {action.kind!r}, expected one of {', '.join(HANDLERS)}.")
        happened = handler(self, action)
        if not happened:
            self.actions.pop()
        return happened

    def _timeout(self, action: Action) -> bool:
        node = self.nodes.get(action.node)
        if node is None or node.role == "leader" or not node.is_voter:
            return False
        return self._carry_out(node.id, node.tick(node.due_ticks()))

    def _wait(self, action: Action) -> bool:
        node = self.nodes.get(action.node)
        if node is None or node.role == "leader" or not node.is_voter or node.due_ticks() <= 1:
            return False
        return self._carry_out(node.id, node.tick(node.due_ticks() - 1))

    def _heartbeat(self, action: Action) -> bool:
        node = self.nodes.get(action.node)
        if node is None or node.role != "leader":
            return False
        return self._carry_out(node.id, node.tick(node.due_ticks()))

    def _crash(self, action: Action) -> bool:
        name = action.node
        if self.nodes.pop(name, None) is None:
            return False
        self.clientele.forget_server(name)
        self.checker.crashed(name)
        self.listener("crash", name, {})
        return True

    def _restart(self, action: Action) -> bool:
        name = action.node
        if name in self.nodes:
            return False
        self.nodes[name] = self.hosts[name].boot()
        self.listener("restart", name, {})
        self._found(self.checker.restarted(self.nodes[name]))
        return True

    def _compact(self, action: Action) -> bool:
        node = self.nodes.get(action.node)
        if node is None or node.last_applied <= node.log.snapshot_index:
            return False
        snapshot = self.hosts[node.id].compact()
        self.listener("snapshot", node.id, {"index": snapshot.index, "term": snapshot.term})
        self._found(self.checker.observe(node))
        return True

    def _propose(self, action: Action) -> bool:
        if not self._wish(action, "client_request", {"command": action.text}, lambda node: node.propose(action.text)):
            return False
        self.clientele.nobody_asks(action.text, now=len(self.actions))
        return True

    def _change(self, action: Action) -> bool:
        return self._wish(action, "propose_change", {"change": action.text}, lambda node: node.propose_change(action.text))

    def _transfer(self, action: Action) -> bool:
        return action.text in self.hosts and self._wish(action, "", {}, lambda node: node.transfer_leadership(action.text))

    def _wish(self, action: Action, kind: str, detail: Mapping[str, Any], wish: Callable[[Node], Ready]) -> bool:
        node = self.nodes.get(action.node)
        if node is None or node.role != "leader":
            return False
        try:
            return self._carry_out(node.id, wish(node), kind, detail)
        except (NotLeaderError, MembershipError):
            return False

    # -- messages ------------------------------------------------------------------------------------------------------------------

    def find(self, text: str) -> int | None:
        """The number of a message in flight, by its name (`append_entries n1->n2`) or its number as text."""
        if text.isdecimal():
            return int(text) if int(text) in self.messages else None
        kind, sender, receiver, position = pick(text)
        for number, message in self.messages.items():
            if message.kind == kind and message.receiver == receiver and message.sender == sender:
                if position == 0:
                    return number
                position -= 1
        return None

    def name_of(self, number: int) -> str:
        """A message's name, such as `append_entries n1->n2 #2`: what a schedule calls it now."""
        wanted = self.messages[number]
        way = (wanted.kind, wanted.sender, wanted.receiver)
        older = sum(1 for other, one in self.messages.items() if other < number and (one.kind, one.sender, one.receiver) == way)
        return f"{wanted.kind} {wanted.sender}->{wanted.receiver}" + (f" #{older + 1}" if older else "")

    def _deliver(self, action: Action) -> bool:
        number = self.find(action.text)
        if number is None:
            return False
        message = self.messages[number]
        node = self.nodes.get(message.receiver)
        if node is None or (message.sender, message.receiver) in self.blocked:
            return False
        del self.messages[number]
        detail: dict[str, Any] = {"message": number, "sender": message.sender, "term": message.term}
        if message.reject:
            detail["reject"] = True
        if message.entries:
            detail["entries"] = len(message.entries)
        return self._carry_out(node.id, node.step(message), f"receive_{message.kind}", detail)

    def _drop(self, action: Action) -> bool:
        number = self.find(action.text)
        if number is None:
            return False
        lost = self.messages.pop(number)
        self.listener("message_lost", lost.receiver, {"message": number, "message_kind": lost.kind, "sender": lost.sender, "why": LOST})
        return True

    def _duplicate(self, action: Action) -> bool:
        number = self.find(action.text)
        if number is None:
            return False
        self._send(self.messages[number])
        self.listener("message_duplicated", self.messages[number].receiver, {"message": number})
        return True

    def _send(self, message: Message) -> None:
        self.messages[self._next_number] = message
        self._next_number += 1

    # -- links ---------------------------------------------------------------------------------------------------------------------

    def _cut(self, action: Action) -> bool:
        sender, _, receiver = action.text.partition("->")
        return self._block([(sender, receiver)], {"sender": sender, "receiver": receiver})

    def _partition(self, action: Action) -> bool:
        sides = [tuple(side.split()) for side in action.text.split("|")]
        sides.append(tuple(name for name in self.names if not any(name in side for side in sides)))
        links = [(a, b) for side in sides for other in sides if other is not side for a in side for b in other]
        return self._block(links, {"groups": tuple(side for side in sides if side)})

    def _block(self, links: list[tuple[str, str]], detail: dict[str, Any]) -> bool:
        for name in (name for link in links for name in link):
            if name not in self.hosts:
                raise GroupError(f"met the server {name!r} on a link, expected one of {', '.join(self.names)}.")
        news = {link: True for link in links if link not in self.blocked}
        self.blocked.update(news)
        if news:
            self.listener("partition", "", detail)
        return bool(news)

    def _heal(self, _: Action) -> bool:
        if not self.blocked:
            return False
        self.blocked.clear()
        self.listener("heal", "", {})
        return True

    # -- clients -------------------------------------------------------------------------------------------------------------------

    def _request(self, action: Action) -> bool:
        client, _, command = action.text.partition(" ")
        return self._ask(self.clientele.begin(client, command, is_log_entry=True, now=len(self.actions)), action.node)

    def _read(self, action: Action) -> bool:
        name, _, key = action.text.partition(" ")
        return self._ask(self.clientele.begin(name, f"{key}?", is_log_entry=False, now=len(self.actions)), action.node)

    def _retry(self, action: Action) -> bool:
        return self._ask(self.clientele.waiting(action.text), action.node)

    def _ask(self, client: Client | None, server: str) -> bool:
        """Send a client's request to a server, which may be down or no leader; then the client just keeps waiting."""
        if client is None:
            return False
        client.attempt += 1
        detail: dict[str, Any] = {"serial": client.serial, "command": client.command, "to": server, "attempt": client.attempt}
        self.listener("client_request", client.name, detail)
        node = self.nodes.get(server)
        if node is None:
            return True
        client.asked[server] = True
        detail = {"sender": client.name, "command": client.entry}
        try:
            ready = node.propose(client.entry) if client.is_log_entry else node.read(client.entry)
        except NotLeaderError:
            self.listener("receive_client_request", server, {**detail, "accepted": False})
            return True
        return self._carry_out(server, ready, "receive_client_request", detail)

    def _tell(self, server: str, answer: Answer) -> None:
        command = self.clientele.clients[answer.client].command if answer.client in self.clientele.clients else ""
        now = len(self.actions)
        operation = self.clientele.answered(answer.client, server=server, serial=answer.serial, answer=answer.text, now=now)
        if operation is None:
            return
        self.listener("client_reply", answer.client, {"serial": answer.serial, "command": command, "answer": answer.text, "by": server})
        if self._judges_clients and not self.clientele.explains(operation):
            message = f'no order of the requests explains the answer to "{operation}".'
            self._found(Violation("linearizability", message, (server,)))

    # -- what follows --------------------------------------------------------------------------------------------------------------

    def _carry_out(self, name: str, ready: Ready, kind: str = "", detail: Mapping[str, Any] = NO_DETAIL) -> bool:
        host = self.hosts[name]
        answers = host.carry_out(ready)
        for message in ready.messages:
            self._send(message)
        if kind:
            self.listener(kind, name, detail)
        for event_kind, event_detail in ready.events:
            self.listener(event_kind, name, event_detail)
        self._found(self.checker.observe(host.node))
        for answer in answers:
            self._tell(name, answer)
        return True

    def _found(self, violation: Violation | None) -> None:
        if violation is not None and self.violation is None:
            self.violation = violation

    # -- many actions at once --------------------------------------------------------------------------------------------------------

    def deliver_all(self, *, only: Iterable[str] | None = None, except_: Iterable[str] = ()) -> int:
        """Deliver everything between these servers, the answers too, until nothing is left; returns how many messages that were."""
        awake = [name for name in (self.names if only is None else only) if name not in tuple(except_)]
        for count in range(ROUNDS_MAX):
            number = next((number for number, message in self.messages.items() if self._can_travel(message, awake)), None)
            if number is None:
                return count
            self.do(Action("deliver", text=self.name_of(number)))
        raise GroupError(f"the group never comes to rest: after {ROUNDS_MAX} messages {len(self.messages)} are in flight.")

    def _can_travel(self, message: Message, awake: list[str]) -> bool:
        link = (message.sender, message.receiver)
        return link[0] in awake and link[1] in awake and link[1] in self.nodes and link not in self.blocked

    def lose_all(self) -> None:
        """Everything that is in flight is lost."""
        for number in tuple(self.messages):
            self.do(Action("drop", text=self.name_of(number)))

    def elect(self, name: str, *, voters: Iterable[str] | None = None) -> None:
        """Let `name` time out and win, or raise a GroupError; with `voters`, only these hear of it."""
        self.do(Action("timeout", name))
        self.deliver_all(only=None if voters is None else (name, *voters))
        if self.nodes[name].role != "leader":
            raise GroupError(f"{name} is {self.nodes[name].role} after its election, expected leader.")

    def isolate(self, name: str) -> None:
        """Cut a server off from everybody else."""
        self.do(Action("partition", text=name))

    def stabilize(self) -> None:
        """Heal every link, and let the leader speak until everybody has what it has."""
        self.do(Action("heal"))
        self.deliver_all()
        for _ in range(3):  # say what is committed, find out who lacks something, say what is committed now
            if self.leader is not None:
                self.do(Action("heartbeat", self.leader))
                self.deliver_all()

    # -- what one may ask --------------------------------------------------------------------------------------------------------------

    @property
    def leader(self) -> str | None:
        """The leader of the highest term, if any server that is up leads."""
        leaders = [node for node in self.nodes.values() if node.role == "leader"]
        return max(leaders, key=lambda node: node.term).id if leaders else None

    def terms(self, name: str) -> tuple[int, ...]:
        """A log as the paper draws it: the terms of its entries."""
        return tuple(entry.term for entry in self.hosts[name].node.log.entries)

    @property
    def answers(self) -> list[str]:
        """What clients asked and were told."""
        return [str(operation) for operation in self.clientele.operations if operation.answered is not None]


def _nobody_listens(_kind: str, _actor: str, _detail: Mapping[str, Any]) -> None:
    """A group without a trace."""


HANDLERS: dict[str, Callable[[Group, Action], bool]] = {kind: getattr(Group, f"_{kind}") for kind in (*NODE_ACTIONS, *GROUP_ACTIONS)}
"""What carries out each kind of action."""
