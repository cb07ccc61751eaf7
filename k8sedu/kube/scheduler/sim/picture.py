"""What Kubernetes adds to the frames of a schedule: the queue, the pods, what was promised, and the taints of nodes.

In `frame.more`, all of it `Frozen`:

    queue      the pods that wait, in the order in which they are tried, then those that back off, then the unschedulable ones: each with
               pod, task, queue ("active", "backoff", "unschedulable"), priority, since_ms, until_ms (end of the backoff, or 0), attempts,
               plugins (who rejected it), gated_by, message (why it was refused last)
    thinking   the pod that the scheduler is thinking about, or ""
    assumed    pods (keys) that are believed to be on a node and not yet confirmed -> that node
    nominated  node -> the pods that were promised it
    pods       key -> task, node, nominated, phase ("Pending", "Running", "Terminating", …), priority
    nodes      name -> works (it is switched on), reachable, silent (it was marked), unschedulable, taints (texts), labels
    scores     of the pod that was placed last: plugin -> node -> weighted score; only in the frame of its `assume`
    scheduler  works
    apiserver  works
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from k8sedu.kube.objects import Node, Pod, Taint
from k8sedu.trace import Frozen

if TYPE_CHECKING:
    from k8sedu.kube.scheduler.sim.world import World

Keep: TypeAlias = Callable[[str, Any, Callable[[], Frozen]], Frozen]


class Picture:
    """Draws the state of everything that is Kubernetes' own; what has not changed is drawn once."""

    def __init__(self) -> None:
        self._drawn: dict[str, tuple[Any, Frozen]] = {}

    def keep(self, name: str, state: Any, draw: Callable[[], Frozen]) -> Frozen:
        """The picture of a part, drawn anew only if its state is another one."""
        known = self._drawn.get(name)
        if known is None or known[0] != state:
            known = self._drawn[name] = (state, draw())
        return known[1]

    def of(self, world: World) -> Frozen:
        """The picture now."""
        return _picture(world, self.keep)


def _picture(world: World, keep: Keep) -> Frozen:
    desk = world.desk
    return Frozen(
        queue=tuple(_line(world, entry) for entry in desk.queue.entries()),
        thinking=desk.thinking,
        assumed=Frozen({pod.key: pod.spec.node_name for pod in desk.cache.assumed()}),
        nominated=Frozen({name: keys for name in world.kubelets.working if (keys := tuple(pod.key for pod in desk.nominator.on(name)))}),
        pods=Frozen({pod.key: _pod(world, pod, keep) for pod in world.pods() if pod.status.phase not in {"Succeeded", "Failed"}}),
        nodes=Frozen({node.name: _node(world, node, keep) for node in world.informers["Node"].cache}),
        scores=_scores(world),
        scheduler=Frozen(works=desk.works),
        apiserver=Frozen(works=world.api_works),
    )


def _line(world: World, entry: object) -> Frozen:
    told = entry._asdict()  # type: ignore[attr-defined]  # an Entry of the queue
    return Frozen(**told, task=world.books.roles.task_of(told["pod"]), message=world.desk.messages.get(told["pod"], ""))


def _pod(world: World, pod: Pod, keep: Keep) -> Frozen:
    nominated = world.desk.nominator.node_of(pod)

    def draw() -> Frozen:
        phase = "Terminating" if pod.metadata.deletion_timestamp else pod.status.phase
        return Frozen(
            task=world.books.roles.task_of(pod.key), node=pod.spec.node_name, nominated=nominated, phase=phase,
            priority=pod.spec.priority or 0,
        )  # fmt: skip

    return keep(f"pod/{pod.key}", (pod.metadata.resource_version, nominated), draw)


def _node(world: World, node: Node, keep: Keep) -> Frozen:
    works, reachable = world.kubelets.working[node.name], world.kubelets.reachable[node.name]
    silent = node.name in world.controllers.silent

    def draw() -> Frozen:
        taints = tuple(map(taint_text, node.spec.taints))
        return Frozen(
            works=works, reachable=reachable, silent=silent, unschedulable=node.spec.unschedulable, taints=taints,
            labels=Frozen(node.labels),
        )  # fmt: skip

    return keep(f"node/{node.name}", (node.metadata.resource_version, works, reachable, silent), draw)


def _scores(world: World) -> Frozen:
    decision = world.desk.decision
    if decision is None or decision.scores is None or decision.node != world.desk.cache.node_of(decision.cycle.pod.pod):
        return Frozen()
    scored = decision.scores
    names = scored.nodes.names
    weighted = {plugin: (column * scored.weights[plugin]).tolist() for plugin, column in scored.normalized.items()}
    return Frozen({plugin: Frozen(dict(zip(names, column, strict=True))) for plugin, column in weighted.items()})


def taint_text(taint: Taint) -> str:
    """A taint as kubectl writes it.

    >>> taint_text(Taint(key="gpu", value="yes")), taint_text(Taint(key="gpu", effect="NoExecute"))
    ('gpu=yes:NoSchedule', 'gpu:NoExecute')
    """
    return f"{taint.key}={taint.value}:{taint.effect}" if taint.value else f"{taint.key}:{taint.effect}"
