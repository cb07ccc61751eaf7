"""Laws of roles: a pod does one task, and a successor has another name and no node."""

from __future__ import annotations

from k8sedu.kube.objects import Pod
from k8sedu.kube.scheduler.sim.cast import Part
from k8sedu.kube.scheduler.sim.roles import Roles
from k8sedu.workload import Job, Resources

DOCUMENT = {"kind": "Pod", "metadata": {"name": "web-0", "namespace": "shop"}, "spec": {"nodeName": "n1"}}


def test_a_successor_takes_the_role() -> None:
    """The second pod of a task has a new name and forgets where the first ran; the first does the task no longer."""
    roles, part = Roles(), Part("web/0", Job("web", "ann", Resources()), DOCUMENT, is_replaced=True)
    first, second = (Pod.of(roles.cast(part)) for _ in range(2))
    assert (first.spec.node_name, second.name, second.spec.node_name) == ("n1", "web-0-2", "")
    assert (roles.plays(first), roles.plays(second), roles.task_of(first.key)) == ("", "web/0", "web/0")
    assert list(roles) == [("web/0", "shop/web-0-2")]


def test_people_call_pods_by_many_names() -> None:
    """By key, by name, by task, or by the job of a single task."""
    roles = Roles()
    roles.cast(Part("web/0", Job("web", "ann", Resources()), DOCUMENT, is_replaced=False))
    assert {roles.find(name) for name in ("shop/web-0", "web-0", "web/0", "web")} == {"shop/web-0"}
    assert roles.find("db") == ""
