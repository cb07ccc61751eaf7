"""The leader's loops: listen to the nodes, compare, update, allocate, schedule. What they decide becomes one batch for the log.

Everything that must survive is in the store, which all managers share. What is only here (deadlines of heartbeats, restarts under way,
updates, failures of late) is lost with the leader, and the next one begins again from the store. That is why a manager that dies costs
time and nothing else.

The scheduler does not run at every change: it waits until no batch has come for 50 ms, or for one second at most.

Source: moby/swarmkit, manager/manager.go (becomeLeader), scheduler.go (commitDebounceGap, maxLatency), dispatcher (heartbeats every 5 s,
three may be missed; after a change of leader twice as many).
Left out: certificates, and the choice of addresses; each new task is allocated at once.
"""

from __future__ import annotations

from collections.abc import Iterable

from k8sedu.swarm.mode.orchestrator import dirty, reap, reconcile
from k8sedu.swarm.mode.restarts import Restarts
from k8sedu.swarm.mode.scheduler import Decision, Failures, Round, changed
from k8sedu.swarm.mode.service import Service
from k8sedu.swarm.mode.store import Change, Removed, Store
from k8sedu.swarm.mode.task import STATES, Task
from k8sedu.swarm.mode.updater import Updater

HEARTBEAT_MS = 5_000
MISSED_MAX = 3
UNKNOWN_FACTOR = 2
DEBOUNCE_MS = 50
LATENCY_MAX_MS = 1_000
PAUSED = ("paused", "rollback_paused")


class Manager:
    """The leader at work.

    Args:
        store: the leader's own copy; only the log changes it.
        now_ms: when it became the leader.
    """

    def __init__(self, store: Store, *, now_ms: int) -> None:
        self.store = store
        self.restarts, self.failures = Restarts(), Failures()
        self.updaters: dict[str, Updater] = {}
        self.reports: dict[str, tuple[str, str]] = {}
        self.alive: dict[str, None] = {}
        """Nodes that have called since the last batch."""
        grace_ms = HEARTBEAT_MS * MISSED_MAX * UNKNOWN_FACTOR
        self.deadline_ms = {name: now_ms + grace_ms for name, node in store.nodes.items() if node.status != "down"}
        self.decisions: list[Decision] = []
        """What the scheduler decided in the last batch, for whoever draws it."""
        self.orders: list[Change] = [node._replace(status="unknown") for node in store.nodes.values() if node.status == "ready"]
        self.schedule_ms: int | None = now_ms
        self._debouncing_since_ms = now_ms
        self._serial = max((int(task_id[1:]) for task_id in store.tasks), default=0)
        self.looks: dict[str, None] = dict.fromkeys(store.services)
        """The services about which there is news: only these are compared."""
        self.restarts.resume(store, now_ms=now_ms)

    # -- what it is told -----------------------------------------------------------------------------------------------------------------

    def order(self, changes: Iterable[Change]) -> None:
        """What a person wants: a service, or a node that is drained."""
        self.orders.extend(changes)

    def heartbeat(self, node: str, *, now_ms: int) -> None:
        """A node is alive."""
        self.deadline_ms[node] = now_ms + HEARTBEAT_MS * MISSED_MAX
        if node in self.store.nodes and self.store.nodes[node].status != "ready":
            self.alive[node] = None

    def report(self, task_id: str, state: str, message: str) -> None:
        """A node says how a task is."""
        self.reports[task_id] = (state, message)

    def committed(self, changes: Iterable[Change], *, now_ms: int) -> None:
        """A batch has been agreed on: the scheduler will look soon, but not before it is quiet."""
        for change in changes:
            self._look(change)
        if self.schedule_ms is None:
            self._debouncing_since_ms = now_ms
            self.schedule_ms = now_ms + DEBOUNCE_MS
        elif now_ms - self._debouncing_since_ms > LATENCY_MAX_MS:
            self.schedule_ms = now_ms
        else:
            self.schedule_ms = now_ms + DEBOUNCE_MS

    # -- what it does --------------------------------------------------------------------------------------------------------------------

    def work(self, *, now_ms: int) -> list[Change]:
        """One round of everything; the objects that must change, as they are to be."""
        draft, touched = self.store.copy(), dict[tuple[type, str], Change]()

        def put(changes: Iterable[Change]) -> None:
            for change in changes:
                draft.put(change)
                touched[type(change), change[0]] = change
                self._look(change)

        put(self.orders)
        put(self._nodes(draft, now_ms))
        put(self._reports(draft, now_ms))
        put(self.restarts.due(draft, now_ms=now_ms))
        news, self.looks = self.looks, {}
        for service in [each for each in draft.services.values() if each.name in news or each.name in self.updaters]:
            put(reconcile(service, draft, self.restarts, self._new_id, now_ms=now_ms))
            put(self._update(service, draft, now_ms))
        put(self._allocate(draft))
        put(self._schedule(draft, now_ms))
        put(reap(draft))
        self.orders = []
        return list(touched.values())

    def next_ms(self, now_ms: int) -> int | None:
        """When there will be something to do, if nobody says anything before."""
        times = [self.schedule_ms, self.restarts.next_ms(now_ms), *(each.next_ms(now_ms) for each in self.updaters.values())]
        times += list(self.deadline_ms.values())
        return min((max(time_ms, now_ms) for time_ms in times if time_ms is not None), default=None)

    # -- the loops -----------------------------------------------------------------------------------------------------------------------

    def _look(self, change: Change) -> None:
        """There is news about a service; a node concerns all of them."""
        if isinstance(change, Task):
            self.looks[change.service] = None
        elif isinstance(change, Service):
            self.looks[change.name] = None
        elif not isinstance(change, Removed):
            self.looks |= dict.fromkeys(self.store.services)

    def _nodes(self, draft: Store, now_ms: int) -> list[Change]:
        """Nodes that call are ready, nodes that have not called for too long are down."""
        changes: list[Change] = [draft.nodes[name]._replace(status="ready") for name in self.alive if name in draft.nodes]
        for name, time_ms in list(self.deadline_ms.items()):
            if time_ms <= now_ms:
                del self.deadline_ms[name]
                changes.append(draft.nodes[name]._replace(status="down"))
        self.alive.clear()
        return changes

    def _reports(self, draft: Store, now_ms: int) -> list[Change]:
        """A state only ever goes forwards; an older report is late, and void."""
        changes: list[Change] = []
        for task_id, (state, message) in self.reports.items():
            task = draft.tasks.get(task_id)
            if task is None or STATES[state] <= STATES[task.state]:
                continue
            if state in {"failed", "rejected"}:
                self.failures.add(task, now_ms=now_ms)
            changes.append(task._replace(state=state, message=message, since_ms=now_ms))
        self.reports.clear()
        return changes

    def _update(self, service: Service, draft: Store, now_ms: int) -> list[Change]:
        """Begin, go on with, or give up the update of a service."""
        service = draft.services[service.name]
        updater = self.updaters.get(service.name)
        if updater is not None and (updater.is_done or (updater.version, updater.replicas) != (service.version, service.replicas)):
            del self.updaters[service.name]
            updater = None
        if service.status in PAUSED:
            return []
        if updater is None:
            places = dirty(service, draft)
            under_way = service.status in {"updating", "rollback_started"}
            if not places and not under_way:
                return []
            updater = self.updaters[service.name] = Updater(service, places, self.restarts)
        return updater.step(draft, self._new_id, now_ms=now_ms)

    def _allocate(self, draft: Store) -> list[Change]:
        """Tasks that are agreed on get what they need of the network, and may be scheduled."""
        new = [task for task in draft.tasks.values() if task.state == "new" and task.task_id in self.store.tasks]
        return [task._replace(state="pending", message="pending task scheduling") for task in new]

    def _schedule(self, draft: Store, now_ms: int) -> list[Change]:
        self.decisions = []
        if self.schedule_ms is None or now_ms < self.schedule_ms:
            return []
        self.schedule_ms = None
        self.decisions = Round(draft, now_ms=now_ms, failures=self.failures).decide()
        return list(changed(self.decisions, draft))

    def _new_id(self) -> str:
        self._serial += 1
        return f"t{self._serial}"


def without_noise(changes: Iterable[Change], store: Store) -> list[Change]:
    """The changes that change something; a batch of nothing is not worth an entry."""
    kept: list[Change] = []
    for change in changes:
        table = {Service: store.services, Task: store.tasks}.get(type(change), store.nodes)
        if isinstance(change, Removed) or table.get(change[0]) != change:  # type: ignore[attr-defined]  # three tables of three kinds of object
            kept.append(change)
    return kept
