"""Plugins of one's own: a function in a notebook's cell becomes a plugin.

    @score_plugin("FewestPods")
    def fewest_pods(pod, nodes):
        return 100 - 100 * nodes.pod_count // nodes.allocatable("pods")

    profile = default_profile().with_plugin(fewest_pods, weight=5)

The function gets the pod (`PodInfo`) and the nodes as columns (`Nodes`), and answers one place per node: a truth (may the pod go there?) or
a whole number. What it answers is checked, since the first plugin that one writes answers one number instead of a column.

Source: none; the rules that are checked are those of kubernetes 1.35, framework/runtime/framework.go (RunScorePlugins).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np

from k8sedu.kube.scheduler.cycle import Cycle
from k8sedu.kube.scheduler.nodes import Nodes
from k8sedu.kube.scheduler.plugins.normalizing import scaled, stretched
from k8sedu.kube.scheduler.plugins.plugin import Plugin
from k8sedu.kube.scheduler.pods import PodInfo
from k8sedu.kube.scheduler.statuses import MAX_SCORE, MIN_SCORE, Code, Ints, Rejection, SchedulerError

Function = Callable[[PodInfo, Nodes], Any]

NORMALIZERS: dict[str, Callable[[Ints], Ints]] = {
    "scaled": scaled,
    "reversed": lambda scores: scaled(scores, reverse=True),
    "stretched": stretched,
}
"""Ways to bring scores to 0…100: the highest becomes 100; the highest becomes 0; the lowest becomes 0 and the highest 100."""


class PluginError(SchedulerError):
    """A plugin that answers what nobody can use."""


def filter_plugin(name: str, reason: str = "", *, resolvable: bool = True) -> Callable[[Function], type[Plugin]]:
    """Make a filter of a function that says for each node whether the pod may go there.

    Args:
        name: the plugin's name.
        reason: what is told of a node that is rejected; the plugin's name if nothing is said.
        resolvable: could an eviction help?
    """
    code = Code.UNSCHEDULABLE if resolvable else Code.UNRESOLVABLE
    told = reason or f"node(s) didn't pass {name}"

    def make(function: Function) -> type[Plugin]:
        class Own(Plugin):
            NAME: ClassVar[str] = name
            __doc__ = function.__doc__

            def filter(self, cycle: Cycle, nodes: Nodes) -> Sequence[Rejection]:
                passes = _column(name, function(cycle.pod, nodes), nodes)
                if passes.dtype != np.bool_:
                    raise PluginError(f"the filter {name} answered {_kind(passes)}, expected True or False for each node")
                return [Rejection(~passes, code, told)]

        return _dressed(Own, function)

    return make


def score_plugin(name: str, *, weight: int = 1, normalize: str = "") -> Callable[[Function], type[Plugin]]:
    """Make a score of a function that says how good each node is.

    Args:
        name: the plugin's name.
        weight: what its points count, unless the profile says otherwise.
        normalize: how its answers are brought to 0…100: "scaled", "reversed", "stretched"; "" if they are within already.
    """
    if normalize and normalize not in NORMALIZERS:
        raise PluginError(f"met normalize={normalize!r} for {name}, expected one of {', '.join(NORMALIZERS)}")

    def make(function: Function) -> type[Plugin]:
        class Own(Plugin):
            NAME: ClassVar[str] = name
            WEIGHT: ClassVar[int] = weight
            __doc__ = function.__doc__

            def score(self, cycle: Cycle, nodes: Nodes) -> Ints:
                return checked_scores(name, function(cycle.pod, nodes), nodes)

        class Normalized(Own):
            def normalize(self, cycle: Cycle, nodes: Nodes, scores: Ints) -> Ints:  # noqa: ARG002 (all normalisers are called alike)
                return NORMALIZERS[normalize](scores)

        return _dressed(Normalized if normalize else Own, function)

    return make


def _dressed(made: type[Plugin], function: Function) -> type[Plugin]:
    made.__name__ = made.__qualname__ = getattr(function, "__name__", made.NAME)
    made.__doc__ = function.__doc__ or f"{made.NAME}, a plugin of one's own."
    made.FUNCTION = staticmethod(function)  # type: ignore[attr-defined]  # so that a cell can call the formula by itself
    return made


# -- checks -------------------------------------------------------------------------------------------------------------------------------


def checked_rejections(name: str, found: Any, nodes: Nodes) -> Sequence[Rejection]:
    """What a filter answered, if it can be used: rejections, each with a truth per node.

    Raises:
        PluginError: it cannot.
    """
    if not isinstance(found, tuple | list):
        raise PluginError(f"the filter {name} answered {_kind(found)}, expected a list of Rejection(where, code, reason)")
    for each in found:
        if not isinstance(each, Rejection):
            raise PluginError(f"the filter {name} answered a list with {_kind(each)}, expected Rejection(where, code, reason)")
        if len(each.where) != len(nodes):
            raise PluginError(f"the filter {name} answered {len(each.where)} places, expected one for each of the {len(nodes)} nodes")
    return found


def checked_scores(name: str, found: Any, nodes: Nodes) -> Ints:
    """What a score answered, if it can be used: a whole number per node.

    Raises:
        PluginError: it cannot.
    """
    column: Ints = _column(name, found, nodes)
    if column.dtype.kind not in "iu":
        raise PluginError(f"the score {name} answered {_kind(column)}, expected whole numbers; `//` divides, and `.astype(int)` cuts")
    return column


def within_range(name: str, column: Ints, nodes: Nodes) -> Ints:
    """Scores that are done: from 0 to 100.

    Raises:
        PluginError: one of them is not.
    """
    if len(column) and not (column.min() >= MIN_SCORE and column.max() <= MAX_SCORE):
        place = int(np.flatnonzero((column < MIN_SCORE) | (column > MAX_SCORE))[0])
        raise PluginError(
            f"the score {name} answered {column[place]} for the node {nodes.names[place]}, expected {MIN_SCORE} to {MAX_SCORE}; "
            f"normalize=… of score_plugin brings it there"
        )
    return column


def _column(name: str, found: Any, nodes: Nodes) -> Any:
    column = found if isinstance(found, np.ndarray) else np.asarray(found)
    if column.shape != (len(nodes),):
        met = "one value" if column.ndim == 0 else f"a column of shape {column.shape}"
        raise PluginError(f"the plugin {name} answered {met}, expected a column with one place for each of the {len(nodes)} nodes")
    return column


def _kind(found: Any) -> str:
    return f"a column of {found.dtype}" if isinstance(found, np.ndarray) else f"a {type(found).__name__}"
