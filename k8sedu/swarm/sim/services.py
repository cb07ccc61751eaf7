"""Swarm mode in time: managers on our Raft, the leader's loops, nodes with containers, and people who give orders.

Whatever the leader decides becomes one entry of the log, and counts when a majority has it. Only then nodes are told. So without a
majority nothing new is decided; and whatever runs, runs on, because nodes need managers only to be told something new. When a majority is
back, whoever leads finds everything in its own copy of the log, waits for the nodes to call, and goes on.

Managers run no tasks here (their availability is drain, as is advised for clusters of some size); they are machines of their own.

Source: moby/swarmkit, manager/manager.go, manager/state/raft (ticks of one second, elections after 10 to 20, PreVote and CheckQuorum).
Left out: promoting and demoting managers, certificates, and a network that loses messages between managers and nodes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import simpy

from k8sedu.raft.config import Config
from k8sedu.raft.sim.replicas import Replicas
from k8sedu.sim.faults import Fault
from k8sedu.sim.recorder import Recorder
from k8sedu.sim.seeds import stream
from k8sedu.swarm.errors import SwarmError
from k8sedu.swarm.mode.manager import Manager, without_noise
from k8sedu.swarm.mode.service import Service
from k8sedu.swarm.mode.store import Change, Node, Store, batches, read, written
from k8sedu.swarm.mode.task import STATES, Task
from k8sedu.swarm.sim.agents import Agent
from k8sedu.swarm.sim.classic import check_faults
from k8sedu.swarm.sim.frames import Frames
from k8sedu.swarm.sim.ledger import Ledger, with_versions
from k8sedu.swarm.sim.orders import Order
from k8sedu.trace import Trace
from k8sedu.workload.cluster import Cluster
from k8sedu.workload.jobs import Job, Machine
from k8sedu.workload.resources import Resources
from k8sedu.workload.sim import Scribe

RAFT = Config(election_ticks_min=10, election_ticks_max=20, heartbeat_ticks=1, pre_vote=True, check_quorum=True)
SETTINGS: dict[str, Any] = {"managers": 3, "tick_ms": 1_000, "prepare_ms": 600, "start_ms": 200, "tells_states": False, "user": "ann"}
"""How many managers; what a tick of Raft lasts; how long an image and a start take; a step for each state of a task; whose services."""
NO_LEADER = (
    "rpc error: code = Unknown desc = The swarm does not have a leader. It's possible that too few managers are online. "
    "Make sure more than half of the managers are online."
)
RETRY_US = 1_000_000
TELL_US = (300, 1_000)


def settings(**more: Any) -> dict[str, Any]:
    """All settings of a run.

    Raises:
        SwarmError: a setting that is not known, or less than one manager.
    """
    for name in more:
        if name not in SETTINGS:
            raise SwarmError(f"the setting {name!r} is not known, expected one of {', '.join(SETTINGS)}")
    chosen = {**SETTINGS, **more}
    if chosen["managers"] < 1 or chosen["tick_ms"] < 1:
        raise SwarmError(f"met {chosen['managers']} managers and ticks of {chosen['tick_ms']} ms, expected 1 or more of each")
    return chosen


def jobs_of(orders: Iterable[Order], machines: tuple[Machine, ...]) -> dict[str, Job]:
    """The services of a plan as jobs, with all the versions that may come of them."""
    jobs, versions = dict[str, Job](), dict[str, int]()
    for order in orders:
        service = order.service
        if service is not None:
            request = Resources(service.spec.cpu_millicores, service.spec.memory_bytes)
            tasks = len(machines) if service.mode == "global" else max(service.replicas, 1)
            jobs[service.name] = Job(service.name, SETTINGS["user"], request, tasks, arrival_ms=order.at_ms)
        if order.kind == "update":
            versions[order.target] = versions.get(order.target, 0) + 1
    return with_versions(jobs, {name: count for name, count in versions.items() if name in jobs})


def run(world: World, orders: list[Order], faults: tuple[Fault, ...], *, duration_ms: int) -> Trace:
    """One run; `k8sedu.swarm.simulate_services` says the arguments.

    Raises:
        SwarmError: a fault or an order about something that is not there, or no time.
    """
    check_faults(faults, known=[*world.replicas.members, *world.agents], duration_ms=duration_ms)
    _check_orders(orders, world)
    world.start()
    for order in orders:
        world.env.process(world.obey(order))
    for fault in faults:
        world.env.process(world.happen(fault))
    world.env.run(until=duration_ms * 1_000)
    world.note("end", "", {})
    return world.scribe.recorder.trace()


def _check_orders(orders: list[Order], world: World) -> None:
    known = [order.target for order in orders if order.kind == "create"]
    for order in orders:
        names = list(world.agents) if order.kind == "drain" else known
        if order.target not in names:
            raise SwarmError(f"{order.text!r} names {order.target!r}, expected one of {', '.join(names) or 'none'}")


class World:
    """Everything that moves."""

    def __init__(self, machines: tuple[Machine, ...], jobs: dict[str, Job], recorder: Recorder, chosen: dict[str, Any]) -> None:
        self.env = simpy.Environment(initial_time=0)
        self.chosen = chosen
        names = [f"manager-{number}" for number in range(1, chosen["managers"] + 1)]
        self.replicas = Replicas(self.env, names, machine=Store, seed=recorder.seed, config=RAFT, tick_us=chosen["tick_ms"] * 1_000)
        self.replicas.on_applied, self.replicas.on_event = self._applied, self._raft_event
        self.manager: Manager | None = None
        self.leader = ""
        self.view = Store()
        """What the last leader knows."""
        self.agents = {machine.name: Agent(machine.name, self, stream(recorder.seed, "agent", machine.name)) for machine in machines}
        self.machines = {machine.name: machine for machine in machines}
        self.luck = stream(recorder.seed, "tell")
        self.scribe = Scribe(recorder, Cluster(machines), actor="scheduler")
        self.ledger = Ledger(self.scribe, jobs, list(self.machines))
        self.frames = Frames(self)
        self.seen: dict[str, Task] = {}
        self.seen_services: dict[str, Service] = {}
        self.verdicts: dict[str, dict[str, str]] = {}
        self.in_flight = 0
        self._kicks = 0

    @property
    def now_us(self) -> int:
        """Simulated time."""
        return int(self.env.now)

    @property
    def now_ms(self) -> int:
        """Simulated time in milliseconds."""
        return self.now_us // 1_000

    def start(self) -> None:
        """Switch everything on; the first manager is made leader by `docker swarm init`, the nodes join."""
        self.replicas.start()
        first = self.replicas.members["manager-1"]
        self.env.process(self._init(first.name))
        for agent in self.agents.values():
            self.env.process(agent.call())
        self.note("start", "", {"managers": len(self.replicas.members), "nodes": len(self.agents)})

    def _init(self, name: str) -> Any:
        yield self.env.timeout(1_000)
        if self.replicas.members[name].is_up:
            self.replicas.campaign(name)
        yield self.env.timeout(50_000)
        self.replicas.propose(written([self._joined(machine) for machine in self.machines.values()]))

    def _joined(self, machine: Machine) -> Node:
        labels = tuple((str(key), str(value)) for key, value in machine.attributes.items())
        return Node(machine.name, machine.capacity.cpu_millicores, machine.capacity.memory_bytes, labels=labels)

    # -- the leader ----------------------------------------------------------------------------------------------------------------------

    def kick(self, delay_us: int = 0) -> None:
        """Let the leader look soon at what it was told."""
        self._kicks += 1
        self.env.process(self._work(delay_us, self.manager, self._kicks))

    def _work(self, delay_us: int, manager: Manager | None, _kick: int) -> Any:
        yield self.env.timeout(delay_us)
        if manager is None or manager is not self.manager or self.in_flight:
            return
        changes = without_noise(manager.work(now_ms=self.now_ms), manager.store)
        self.verdicts |= {decision.task.task_id: decision.verdicts for decision in manager.decisions}
        if changes:
            lines = [written(batch) for batch in batches(changes)]
            self.in_flight = len(lines)
            for line in lines:
                self.replicas.propose(line)
            return
        due_ms = manager.next_ms(self.now_ms)
        if due_ms is not None:
            self.env.process(self._work(max(1_000, due_ms * 1_000 - self.now_us), manager, 0))

    def _applied(self, name: str, _index: int, data: str, _outcome: object) -> None:
        """A server has applied an entry; what the leader has applied is what counts for the rest of the world."""
        if name != self.leader and self.manager is not None:
            return
        if self.manager is None and name != self.replicas.leader:
            return
        changes = read(data)
        self._observe(changes)
        if self.manager is not None:
            self.in_flight = max(0, self.in_flight - 1)
            self.manager.committed(changes, now_ms=self.now_ms)
            if not self.in_flight:
                self.kick()

    def _raft_event(self, name: str, kind: str, detail: Mapping[str, Any]) -> None:
        if kind == "become_leader":
            member = self.replicas.members[name]
            self.env.process(self._take_office(name, member.epoch, member.node.last_index, detail.get("term", member.node.term)))
        elif kind == "become_follower" and name == self.leader:
            self._lose_leader(name, "manager_resigned")

    def _take_office(self, name: str, epoch: int, index: int, term: int) -> Any:
        """A new leader first applies what its predecessors have agreed on."""
        member = self.replicas.members[name]
        while member.epoch == epoch and member.node.role == "leader" and member.node.last_applied < index:
            yield self.env.timeout(1_000)
        if member.epoch != epoch or member.node.role != "leader":
            return
        store = member.machine
        assert isinstance(store, Store)
        self.leader, self.view, self.in_flight = name, store, 0
        self.manager = Manager(store, now_ms=self.now_ms)
        self._observe([*store.services.values(), *store.tasks.values()])
        self.note("become_leader", name, {"term": term, "tasks": len(store.tasks)})
        self.kick()

    def _lose_leader(self, name: str, kind: str) -> None:
        self.manager, self.leader, self.in_flight = None, "", 0
        running = sum(1 for _ in self.scribe.cluster.placed())
        self.note(kind, name, {"running": running, "quorum": self.replicas.has_quorum})

    # -- what was agreed on --------------------------------------------------------------------------------------------------------------

    def _observe(self, changes: Iterable[Change]) -> None:
        """Write down what is new, and tell the nodes."""
        for change in changes:
            if isinstance(change, Task):
                self._observe_task(change)
            elif isinstance(change, Service):
                self._observe_service(change)
            elif isinstance(change, Node) and change.status != "ready":
                self.note("node_" + change.status, change.name, {})

    def _observe_task(self, task: Task) -> None:
        old = self.seen.get(task.task_id)
        self.seen[task.task_id] = task
        if old == task:
            return
        if old is None and not task.is_over:
            self.ledger.made(task)
        if task.state == "assigned" and (old is None or old.state != "assigned"):
            self.ledger.assigned(self.now_us, task, self.verdicts.pop(task.task_id, {}))
        elif task.state == "pending" and old is not None and old.message != task.message and task.task_id in self.verdicts:
            self.ledger.refused(self.now_us, task, self.verdicts.pop(task.task_id))
        if not task.is_wanted and STATES[task.state] < STATES["assigned"]:
            self.ledger.given_up(task)
        if self.chosen["tells_states"] and old is not None and task.state != "assigned":
            self._tell_state(old, task)
        if task.node:
            self.env.process(self._tell(task))

    def _tell_state(self, old: Task, task: Task) -> None:
        detail = {"task": task.name, "id": task.task_id, "version": task.version, "state": task.state, "desired": task.desired}
        if old.state != task.state:
            self.note("task_state", task.node, {**detail, "message": task.message})
        elif old.desired != task.desired:
            self.note("desired_state", task.node, detail)

    def _observe_service(self, service: Service) -> None:
        old = self.seen_services.get(service.name)
        self.seen_services[service.name] = service
        if old is None or (old.version < service.version and service.status != "rollback_started"):
            self.ledger.submitted(self.now_us, service, "create" if old is None else "update")
        if old is not None and old.status != service.status and service.status:
            detail = {"service": service.name, "status": service.status, "message": service.message, "version": service.version}
            self.note("update_status", service.name, detail)
        if old is not None and old.replicas != service.replicas:
            self.note("scale", service.name, {"service": service.name, "replicas": service.replicas})

    def _tell(self, task: Task) -> Any:
        """A node is told what is wanted of a task."""
        yield self.env.timeout(self.luck.randint(*TELL_US))
        self.agents[task.node].told(self.seen[task.task_id])

    # -- what nodes say ------------------------------------------------------------------------------------------------------------------

    def running(self, task: Task) -> None:
        """A container runs."""
        self.note("task_running", task.node, {"task": task.name, "id": task.task_id, "version": task.version})

    def stopped(self, task: Task, state: str, message: str) -> None:
        """A container has ended."""
        del message
        self.frames.mark(self)
        self.ledger.ended(self.now_us, task, state)

    # -- orders and faults ---------------------------------------------------------------------------------------------------------------

    def obey(self, order: Order) -> Any:
        """A person types a command, again if nobody leads, until it has been agreed on."""
        yield self.env.timeout(order.at_ms * 1_000)
        refused = False
        while True:
            manager = self.manager
            if manager is None or (order.kind != "create" and order.target not in {**self.view.services, **self.view.nodes}):
                if not refused and manager is None:
                    self.note("order_refused", self.chosen["user"], {"order": order.text, "message": NO_LEADER})
                refused = True
                yield self.env.timeout(RETRY_US)
                continue
            try:
                change = wish(order, manager.store)
            except SwarmError as error:
                self.note("order_refused", self.chosen["user"], {"order": order.text, "message": str(error)})
                return
            manager.order([change])
            self.kick()
            yield self.env.timeout(RETRY_US)
            if self.manager is manager or _is_there(order, change, self.view):
                return

    def happen(self, fault: Fault) -> Any:
        """A fault of the plan."""
        yield self.env.timeout(fault.at_us)
        name = fault.arguments.node
        if name in self.replicas.members:
            self._fault_of_manager(name, fault.kind)
            return
        agent = self.agents[name]
        if fault.kind == "crash" and agent.is_up:
            agent.crash()
            self.frames.mark(self)
            self.ledger.machine_down(self.now_us, name)
        elif fault.kind == "restart" and not agent.is_up:
            agent.restart([task for task in self.view.tasks.values() if task.node == name and not task.is_over])
            self.frames.mark(self)
            self.scribe.machine_up(self.now_us, name)

    def _fault_of_manager(self, name: str, kind: str) -> None:
        member = self.replicas.members[name]
        if kind == "crash" and member.is_up:
            led = name == self.leader
            self.replicas.crash(name)
            if led:
                self.manager, self.leader, self.in_flight = None, "", 0
            self.note("manager_down", name, {"leader": led, "quorum": self.replicas.has_quorum})
            if led:
                self._lose_leader(name, "leader_lost")
        elif kind == "restart" and not member.is_up:
            self.replicas.restart(name)
            self.note("manager_up", name, {"quorum": self.replicas.has_quorum})

    # -- the trace -----------------------------------------------------------------------------------------------------------------------

    def note(self, kind: str, actor: str, detail: dict[str, Any]) -> None:
        """A step of swarm mode's own."""
        self.frames.mark(self)
        self.scribe.note(self.now_us, kind, actor, detail)


def wish(order: Order, store: Store) -> Change:
    """The object as the order wants it.

    Raises:
        SwarmError: a rollback without anything to go back to, a port that another service has; in Docker's words.
    """
    if order.kind == "drain":
        return store.nodes[order.target]._replace(availability=order.availability)
    if order.kind == "create":
        assert order.service is not None
        _check_ports(order.service, store)
        return order.service
    service = store.services[order.target]
    if order.kind == "scale":
        assert order.replicas is not None
        return service._replace(replicas=order.replicas).checked()
    if order.kind == "rollback":
        return service.rolled_back("manually requested rollback")
    service = service._replace(update=service.update._replace(**dict(order.config)))
    return service.updated(service.spec._replace(**dict(order.spec))).checked()


def _check_ports(service: Service, store: Store) -> None:
    """An ingress port belongs to one service in the whole cluster."""
    for port in service.spec.ports:
        for other in store.services.values():
            held = [each.published for each in other.spec.ports if "ingress" in {each.mode, port.mode}]
            if other.name != service.name and port.published in held:
                raise SwarmError(f"port '{port.published}' is already in use by service '{other.name}' as an {port.mode} port")


def _is_there(order: Order, change: Change, store: Store) -> bool:
    """Whether an order has outlived the leader that it was given to."""
    if isinstance(change, Node):
        return store.nodes[order.target].availability == order.availability
    known = store.services.get(order.target)
    return isinstance(change, Service) and known is not None and (known.newest, known.replicas) == (change.newest, change.replicas)
