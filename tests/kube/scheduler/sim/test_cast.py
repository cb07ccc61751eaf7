"""Laws of the cast: what a workload is in Kubernetes, and what objects are in the words of all managers."""

from __future__ import annotations

import pytest

from k8sedu.kube.objects import Pod
from k8sedu.kube.scheduler.sim.cast import of_objects, of_workload
from k8sedu.kube.scheduler.sim.settings import RunError, Settings
from k8sedu.kube.scheduler.sketch import node, pod
from k8sedu.trace import Frozen
from k8sedu.workload import Job, Machine, Resources, Workload
from k8sedu.workload.jobs import WorkloadError


def test_a_job_is_a_replica_set_or_a_job_with_its_pods() -> None:
    """Services are owned by a ReplicaSet, what ends by a Job; priorities become classes, constraints node affinity, GPUs whole devices."""
    web = Job("web", "ann", Resources.of(cpu="500m", gpu="0.5"), tasks=2, priority=200, constraints=Frozen(zone="a|b"))
    cell = Workload.of([Machine("m1", Resources.of(cpu="4", gpu="2"), Frozen(zone="a"))], [web, web._replace(name="b", duration_ms=5)])
    cast = of_workload(cell, Settings())
    kinds = [document["kind"] for document in cast.objects]
    assert (kinds, cast.classes) == (["PriorityClass", "Node"], {200: "priority-200"})
    assert [entrance.objects[0]["kind"] for entrance in cast.entrances] == ["ReplicaSet", "Job"]
    spec = cast.entrances[0].parts[1].document["spec"]
    assert spec["containers"][0]["resources"] == {
        "requests": {"cpu": "500m", "memory": "0", "nvidia.com/gpu": "1"}, "limits": {"nvidia.com/gpu": "1"}}  # fmt: skip
    (term,) = spec["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]
    assert term["matchExpressions"] == [{"key": "topology.kubernetes.io/zone", "operator": "In", "values": ["a", "b"]}]


def test_a_pod_is_a_job_of_one_task() -> None:
    """Objects become machines and jobs; a pod of another namespace keeps that in its name; who has a node runs already."""
    other = Pod.of({**pod("web").document(), "metadata": {"name": "web", "namespace": "shop"}})
    cast = of_objects([node("n1", zone="a"), pod("web", cpu="1", node="n1", priority=-2)], [(500, other)])
    assert [job.name for job in cast.workload.jobs] == ["web", "shop.web"]
    assert ([part.task for part in cast.running], [entrance.at_ms for entrance in cast.entrances]) == (["web/0"], [500])
    assert cast.workload.machines[0].attributes == {"zone": "a"}
    assert cast.classes == {-2: "priority-minus-2"}


def test_names_and_annotations_must_make_sense() -> None:
    """Two pods of one name, and a duration that is no number, are refused."""
    with pytest.raises(WorkloadError, match="the job 'p' is there twice"):
        of_objects([node("n1"), pod("p")], [(0, pod("p"))])
    strange = pod("p").evolve(metadata=pod("p").metadata.evolve(annotations={"k8sedu/runs-ms": "soon"}))
    with pytest.raises(RunError, match="the pod p has the annotation k8sedu/runs-ms 'soon', expected a number of milliseconds"):
        of_objects([node("n1"), strange], [])
