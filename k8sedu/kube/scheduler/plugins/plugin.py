"""What a plugin may do: one method per extension point, and each may be left out.

A plugin looks at all nodes at once. A filter names the nodes that it rejects, with a reason; a score is a whole number per node. So the
formula stands in the plugin as it stands in the documentation, and it is fast, because it is one expression over columns.

    pre_enqueue → [queue] → pre_filter → filter → (nobody left: post_filter) → pre_score → score → normalize
                → reserve → permit → pre_bind → bind → post_bind

Source: kubernetes 1.35, staging/src/k8s.io/kube-scheduler/framework/interface.go.
Left out: Sign (batches of equal pods), which changes how fast an answer is found and not the answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from k8sedu.kube.fields import EMPTY, Value
from k8sedu.kube.scheduler.statuses import SUCCESS, Ints, Rejection, Status

if TYPE_CHECKING:
    from k8sedu.kube.scheduler.cycle import Cycle
    from k8sedu.kube.scheduler.nodes import Nodes
    from k8sedu.kube.scheduler.pods import PodInfo


class PreFiltered(NamedTuple):
    """What a plugin knows before it has looked at a node."""

    status: Status = SUCCESS
    """Skip: its filter has no business with this pod; a rejection: no node will do."""
    node_names: tuple[str, ...] | None = None
    """Only these nodes can be right; None for all."""


class PostFiltered(NamedTuple):
    """What a plugin has achieved for a pod that fits nowhere."""

    status: Status
    nominated_node: str = ""
    victims: tuple[Any, ...] = ()


class NoArgs(Value):
    """A plugin without anything to set."""


class Plugin:
    """A plugin that does nothing: inherit, and write the methods that you need.

    Args:
        args: what the configuration says for it.
        release: of Kubernetes.
    """

    NAME: ClassVar[str] = ""
    ARGS: ClassVar[type[Value]] = NoArgs
    """The form of its arguments in a configuration."""

    def __init__(self, args: Mapping[str, Any] | Value = EMPTY, release: str = "1.35") -> None:
        self.args: Any = args if isinstance(args, Value) else self.ARGS.of(args)
        self.release = release
        self.check_args()

    @property
    def name(self) -> str:
        """The name by which a profile knows it."""
        return self.NAME

    @classmethod
    def has(cls, point: str) -> bool:
        """Does it have this extension point?

        >>> Plugin.has("filter")
        False
        """
        return getattr(cls, point) is not getattr(Plugin, point)

    def check_args(self) -> None:
        """Refuse arguments that make no sense together; called when the plugin is made."""

    def pre_enqueue(self, pod: PodInfo) -> Status:
        """May the pod enter the queue?"""
        raise NotImplementedError

    def pre_filter(self, cycle: Cycle) -> PreFiltered:
        """What is known of the pod before any node is looked at."""
        raise NotImplementedError

    def filter(self, cycle: Cycle, nodes: Nodes) -> Sequence[Rejection]:
        """Which of these nodes cannot run the pod, and why."""
        raise NotImplementedError

    def post_filter(self, cycle: Cycle, decision: Any) -> PostFiltered:
        """The pod fits nowhere: can room be made?"""
        raise NotImplementedError

    def pre_score(self, cycle: Cycle, nodes: Nodes) -> Status:
        """Is there anything to score? Skip says no."""
        raise NotImplementedError

    def score(self, cycle: Cycle, nodes: Nodes) -> Ints:
        """How good each node is: a whole number per node."""
        raise NotImplementedError

    def normalize(self, cycle: Cycle, nodes: Nodes, scores: Ints) -> Ints:
        """The scores brought to 0…100; what `score` answers is within that already if this is left out."""
        raise NotImplementedError

    def reserve(self, cycle: Cycle, node_name: str) -> Status:
        """The pod will go there: keep what it needs."""
        raise NotImplementedError

    def unreserve(self, cycle: Cycle, node_name: str) -> None:
        """It will not after all: give it back."""

    def permit(self, cycle: Cycle, node_name: str) -> Status:
        """Now, later (Wait) or not at all?"""
        raise NotImplementedError

    def pre_bind(self, cycle: Cycle, node_name: str) -> Status:
        """What must be done before the pod is bound."""
        raise NotImplementedError

    def bind(self, cycle: Cycle, node_name: str) -> Status:
        """Tell the API server; Skip leaves it to the next plugin."""
        raise NotImplementedError

    def post_bind(self, cycle: Cycle, node_name: str) -> Status:
        """The pod is bound."""
        raise NotImplementedError
