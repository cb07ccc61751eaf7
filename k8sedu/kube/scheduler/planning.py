"""A plan: what the scheduler would do with these pods in this cluster, all at once and without a clock.

Given are objects as `kubectl get -o yaml` prints them or as people write them. Pods with a node run, pods without one are placed, the most
important first and of equals in their order; each that is placed takes its room before the next one is looked at. What time would decide is
not decided: nobody's victims end, so a pod that needs some is told which, and waits; the room that it was promised is left alone.

Source: kubernetes 1.35, pkg/scheduler/schedule_one.go; API server: defaults, validation and the priority admission plugin come before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from k8sedu.kube.defaults import with_defaults
from k8sedu.kube.objects import ApiObject, Node, Pod, PriorityClass
from k8sedu.kube.scheduler.attempts import visiting_order
from k8sedu.kube.scheduler.cluster import FINISHED, Cluster
from k8sedu.kube.scheduler.configuration import Configuration
from k8sedu.kube.scheduler.decision import Decision
from k8sedu.kube.scheduler.expansion import expanded, with_priority
from k8sedu.kube.scheduler.explain import Contribution, Explanation, explain_with
from k8sedu.kube.scheduler.framework import Framework
from k8sedu.kube.scheduler.nominator import Nominator
from k8sedu.kube.scheduler.queued_pod import QueuedPod, priority_sort
from k8sedu.kube.scheduler.sampling import Rotation, num_feasible_nodes_to_find
from k8sedu.kube.scheduler.table import Rows
from k8sedu.kube.status import InvalidError
from k8sedu.kube.validation import problems_of


class Placement(NamedTuple):
    """What becomes of one pod."""

    pod: Pod
    node: str
    """Where it goes; nothing if it waits."""
    message: str
    """Why it waits, in the words of its event; nothing if it is placed."""
    score: int | None = None
    """The total of the node that was chosen; None where there was nothing to choose between."""
    contributors: tuple[Contribution, ...] = ()
    """The plugins that did most for that node, against the average of those where the pod would fit."""
    nominated_node: str = ""
    """The node that it is promised once its victims have ended."""
    victims: tuple[str, ...] = ()
    explanation: Explanation | None = None
    """Every verdict and score, where that was asked for."""


def stored(found: ApiObject) -> ApiObject:
    """An object as the API server would store it: completed, and refused if it must not be.

    Raises:
        InvalidError: naming every field that is wrong.
    """
    if not found.KIND:
        return found  # of a kind that is not known here, and nobody's business
    made = with_defaults(found)
    problems = problems_of(made)
    if problems:
        raise InvalidError.of(type(made), made.name, problems)
    return made


class Plan:
    """A cluster, and pods to be placed in it.

    >>> from k8sedu.kube.scheduler.configuration import load
    >>> from k8sedu.kube.scheduler.sketch import node, pod
    >>> plan = Plan([node("n1", cpu="2")], [pod("a", cpu="1"), pod("b", cpu="2", priority=5)], load("kind: KubeSchedulerConfiguration"))
    >>> [(found.pod.name, found.node) for found in plan.run()]
    [('b', 'n1'), ('a', '')]

    Args:
        there: the cluster: nodes, pods that run (or wait), Services, budgets, classes, …
        wanted: what is to be placed: pods, and workloads, which count as their pods; other objects join the cluster.
        configuration: the profiles of the scheduler.
        release: of Kubernetes.
        pending: also place the pods of the cluster that have no node yet.
    """

    def __init__(
        self, there: Iterable[ApiObject], wanted: Iterable[ApiObject], configuration: Configuration, *, release: str = "1.35",
        pending: bool = False,
    ) -> None:  # fmt: skip
        known, asked = list(there), [stored(found) for found in wanted]
        nodes = [found for found in (*known, *asked) if isinstance(found, Node)]
        made = list(expanded(asked, nodes=nodes))
        classes = {found.name: found for found in (*known, *made) if isinstance(found, PriorityClass)}
        self.cluster = Cluster([*known, *(found for found in made if not _waits(found))], release=release)
        self.ignored = 0
        """How many pods of the cluster wait and were not asked about."""
        mine = [found for found in made if _waits(found)]
        others = [found for found in known if _waits(found)]
        if pending:
            mine = [*others, *mine]
        else:
            self.ignored = len(others)
        self.pods = [with_priority(found, classes) for found in mine if isinstance(found, Pod)]
        self.pods.sort(key=lambda found: priority_sort(QueuedPod(found, now_ms=0)))
        self.configuration = configuration
        self._frameworks = {profile.name: Framework(profile, self.cluster) for profile in configuration.profiles}
        self._nominator, self._rotation = Nominator(), Rotation()

    def run(self, *, explain: bool = False) -> Iterator[Placement]:
        """Place one pod after the other. O(nodes) for each; with explanations every filter is asked about every node."""
        order = visiting_order(self.cluster.table)
        for pod in self.pods:
            framework = self._frameworks.get(pod.spec.scheduler_name or "default-scheduler")
            if framework is None:
                names = ", ".join(self._frameworks)
                yield Placement(pod, "", f"no profile is called {pod.spec.scheduler_name!r}, so nobody looks at this pod: there is {names}")
                continue
            gate = framework.pre_enqueue(pod)
            if gate.is_success:
                yield self._place(framework, pod, order, explain=explain)
            else:
                yield Placement(pod, "", gate.message)

    def _place(self, framework: Framework, pod: Pod, order: Rows, *, explain: bool) -> Placement:
        percentage = framework.profile.percentage_of_nodes_to_score or self.configuration.percentage_of_nodes_to_score
        nodes = len(order)
        search = {
            "start": self._rotation.begin(nodes), "want": num_feasible_nodes_to_find(nodes, percentage), "order": order,
            "nominated": self._nominator.for_pod(pod),
        }  # fmt: skip
        explanation = explain_with(framework, pod, **search) if explain else None
        decision: Decision = framework.schedule(pod, **search)  # type: ignore[arg-type]  # as it takes them
        self._rotation.advance(decision.advance, nodes=nodes)
        if decision.node:
            self.cluster.add(pod.evolve(spec=pod.spec.evolve(node_name=decision.node)))
            return Placement(pod, decision.node, "", decision.totals.get(decision.node), contributors_of(decision), explanation=explanation)
        message = decision.message
        made = decision.post_filtered
        victims = tuple(victim.key for victim in made.victims) if made is not None else ()
        node = made.nominated_node if made is not None else ""
        self._nominator.add(pod, node)
        return Placement(pod, "", message, nominated_node=node, victims=victims, explanation=explanation)


def contributors_of(decision: Decision, top: int = 3) -> tuple[Contribution, ...]:
    """The plugins that did most for the chosen node; none where nobody scored. O(plugins × feasible nodes)."""
    scored = decision.scores
    if scored is None:
        return ()
    place = decision.feasible.index(decision.node)
    columns = ((name, scores * scored.weights[name]) for name, scores in scored.normalized.items())
    found = [Contribution(name, int(column[place]), float(column.mean())) for name, column in columns]
    return tuple(sorted((each for each in found if each.difference > 0), key=lambda each: -each.difference)[:top])


def _waits(found: ApiObject) -> bool:
    """Is this a pod without a node, that has neither ended nor is about to?"""
    if not isinstance(found, Pod) or found.metadata.deletion_timestamp:
        return False
    return not found.spec.node_name and found.status.phase not in FINISHED
