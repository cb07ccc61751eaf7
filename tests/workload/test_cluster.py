"""Laws of the books: they always agree with each other, and a wrong booking changes nothing."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from k8sedu.workload.cluster import Cluster, ClusterError
from k8sedu.workload.jobs import Job, Machine
from k8sedu.workload.resources import Resources

MACHINES = [Machine(f"m{number}", Resources.of(cpu=str(number), memory="4Gi")) for number in (1, 2, 3)]
NAMES = st.sampled_from([machine.name for machine in MACHINES])


class Books(RuleBasedStateMachine):
    """Random placements, removals and failures, beside a plain dictionary that says the same."""

    def __init__(self) -> None:
        super().__init__()
        self.cluster = Cluster(MACHINES)
        self.twin: dict[str, tuple[str, Resources]] = {}
        self.down: set[str] = set()
        self.count = 0

    def free(self, name: str) -> Resources:
        """What the twin says is free there."""
        capacity = next(machine.capacity for machine in MACHINES if machine.name == name)
        for machine, request in self.twin.values():
            capacity = capacity.minus(request) if machine == name else capacity
        return capacity

    @rule(name=NAMES, millicores=st.integers(0, 1500))
    def place(self, name: str, millicores: int) -> None:
        """Place a task, where the twin says that it can be."""
        self.count += 1
        task, job = f"j{self.count}/0", Job(f"j{self.count}", "ann", Resources(cpu_millicores=millicores))
        if name in self.down or not job.request.fits_in(self.free(name)):
            with pytest.raises(ClusterError):
                self.cluster.place(task, job, name)
        else:
            self.cluster.place(task, job, name)
            self.twin[task] = (name, job.request)

    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        """Take one of the tasks off."""
        if self.twin:
            task = data.draw(st.sampled_from(sorted(self.twin)))
            assert self.cluster.remove(task).machine == self.twin.pop(task)[0]

    @rule(name=NAMES)
    def lose(self, name: str) -> None:
        """A machine goes down."""
        lost = self.cluster.lose(name)
        assert [placed.task for placed in lost] == [task for task, (machine, _) in self.twin.items() if machine == name]
        self.twin = {task: where for task, where in self.twin.items() if where[0] != name}
        self.down.add(name)

    @rule(name=NAMES)
    def come_back(self, name: str) -> None:
        """A machine is back."""
        self.cluster.return_(name)
        self.down.discard(name)

    @invariant()
    def agrees(self) -> None:
        """The books agree with themselves and with the twin."""
        self.cluster.check()
        assert {placed.task: placed.machine for placed in self.cluster.placed()} == {task: name for task, (name, _) in self.twin.items()}
        assert [self.cluster.free(machine.name) for machine in MACHINES] == [self.free(machine.name) for machine in MACHINES]
        assert [machine.name for machine in self.cluster.up()] == [m.name for m in MACHINES if m.name not in self.down]


TestBooks = Books.TestCase
TestBooks.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)


def test_a_task_runs_on_one_machine_only() -> None:
    """Placing it again is refused, with the place where it runs."""
    cluster, job = Cluster(MACHINES), Job("a", "ann", Resources.of(cpu="1"))
    cluster.place("a/0", job, "m2")
    with pytest.raises(ClusterError, match="a/0 runs on m2 already"):
        cluster.place("a/0", job, "m3")
    assert ("a/0" in cluster, cluster.where("a/0"), cluster.where("a/1")) == (True, "m2", None)


def test_an_overcommitted_machine_may_go_below_zero() -> None:
    """Only where the cluster was made for it."""
    cluster = Cluster(MACHINES, overcommit=True)
    cluster.place("a/0", Job("a", "ann", Resources.of(cpu="2")), "m1")
    assert cluster.free("m1").cpu_millicores == -1000
    cluster.check()


def test_what_is_not_there_cannot_be_named() -> None:
    """No such machine and no such task are sentences, not tracebacks."""
    with pytest.raises(ClusterError, match="no machine 'm9'"):
        Cluster(MACHINES).place("a/0", Job("a", "ann", Resources()), "m9")
    with pytest.raises(ClusterError, match="a/0 runs nowhere"):
        Cluster(MACHINES).remove("a/0")
