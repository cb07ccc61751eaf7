"""A profile: which plugins, in which order, with which weights and arguments.

A scheduler may have several, and a pod chooses by `spec.schedulerName`. A profile never changes; each method makes a changed one.

Source: kubernetes 1.35, pkg/scheduler/profile/profile.go, apis/config/types.go (KubeSchedulerProfile, Plugins).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from k8sedu.kube.fields import EMPTY, FieldError, Value, nearest
from k8sedu.kube.scheduler.plugins.plugin import Plugin
from k8sedu.kube.scheduler.plugins.registry import default_plugins, plugin_class
from k8sedu.kube.scheduler.releases import minor
from k8sedu.kube.scheduler.statuses import SchedulerError
from k8sedu.trace.frozen import Frozen

POINTS = ("pre_enqueue", "pre_filter", "filter", "post_filter", "pre_score", "score", "reserve", "permit", "pre_bind", "bind", "post_bind")
"""The extension points in the order in which a pod meets them (the order of the queue is `PrioritySort`'s, always)."""


class ProfileError(SchedulerError):
    """A profile that cannot be."""


class Profile(NamedTuple):
    """Plugins with their weights and arguments, under the name of a scheduler.

    >>> profile = default_profile()
    >>> profile.at("score")
    ('TaintToleration', 'NodeAffinity', 'NodeResourcesFit', 'VolumeBinding', 'PodTopologySpread', 'InterPodAffinity', 'DynamicResources',
    'NodeResourcesBalancedAllocation', 'ImageLocality')
    >>> profile.without("ImageLocality").with_weight("NodeAffinity", 10).weights["NodeAffinity"]
    10
    """

    name: str = "default-scheduler"
    release: str = "1.35"
    plugins: Mapping[str, type[Plugin]] = EMPTY
    """By name, in the order in which they are asked."""
    weights: Mapping[str, int] = EMPTY
    """What a score counts; 1 where nothing is said."""
    args: Mapping[str, Value] = EMPTY
    only: Mapping[str, tuple[str, ...]] = EMPTY
    """Extension points whose plugins are listed and not derived."""
    percentage_of_nodes_to_score: int | None = None
    """None: what the configuration says for all profiles; 0: by the number of nodes."""

    def at(self, point: str) -> tuple[str, ...]:
        """The plugins that are asked at an extension point, in order."""
        if point in self.only:
            return self.only[point]
        return tuple(name for name, plugin in self.plugins.items() if plugin.has(point))

    @property
    def filters(self) -> tuple[str, ...]:
        """The plugins that filter."""
        return self.at("filter")

    @property
    def scorers(self) -> tuple[str, ...]:
        """The plugins that score."""
        return self.at("score")

    def weight(self, name: str) -> int:
        """What a point of this plugin counts."""
        return self.weights.get(name) or 1

    # -- changed ones -------------------------------------------------------------------------------------------------------------------

    def named(self, name: str) -> Profile:
        """The same under another name."""
        return self._replace(name=name)

    def without(self, *names: str) -> Profile:
        """Without these plugins."""
        for name in names:
            self._known(name)
        kept = Frozen({name: plugin for name, plugin in self.plugins.items() if name not in names})
        only = Frozen({point: tuple(name for name in listed if name not in names) for point, listed in self.only.items()})
        return self._replace(plugins=kept, only=only)

    def with_weight(self, name: str, weight: int) -> Profile:
        """With another weight of a plugin that scores."""
        self._known(name)
        if not self.plugins[name].has("score"):
            raise ProfileError(f"met a weight for {name}, which does not score; expected one of {', '.join(self.scorers)}")
        if weight < 1:
            raise ProfileError(f"met the weight {weight} for {name}, expected 1 or more; .without({name!r}) leaves it out")
        return self._replace(weights=Frozen({**self.weights, name: weight}))

    def with_plugin(self, plugin: type[Plugin], weight: int | None = None, args: Mapping[str, Any] = EMPTY) -> Profile:
        """With one more plugin, asked after all others."""
        name = plugin.NAME
        if name in self.plugins:
            raise ProfileError(f"met a second plugin {name}, expected a new name")
        counts = weight if weight is not None else getattr(plugin, "WEIGHT", 1)
        added = self._replace(plugins=Frozen({**self.plugins, name: plugin}), weights=Frozen({**self.weights, name: counts}))
        only = Frozen({point: (*listed, name) if plugin.has(point) else listed for point, listed in self.only.items()})
        return added._replace(only=only).with_args(name, args)

    def with_args(self, name: str, args: Mapping[str, Any]) -> Profile:
        """With other arguments of a plugin, in the form of the configuration: `{"scoringStrategy": {"type": "MostAllocated"}}`.

        Raises:
            FieldError: an argument that the plugin does not know, or a value that it cannot take.
        """
        self._known(name)
        read = self.plugins[name].ARGS.of(args)
        if read.extra:
            raise FieldError(min(read.extra), read.extra[min(read.extra)], f"an argument of {name}")
        return self._replace(args=Frozen({**self.args, name: read}))

    def _known(self, name: str) -> None:
        if name not in self.plugins:
            raise ProfileError(f"met the plugin {name!r}, {nearest(name, list(self.plugins))}")


def default_profile(release: str = "1.35") -> Profile:
    """The profile that a scheduler of this release has if nobody configures it."""
    minor(release)
    weights = default_plugins(release)
    plugins = Frozen({name: plugin_class(name) for name in weights})
    return Profile(release=release, plugins=plugins, weights=Frozen({name: weight for name, weight in weights.items() if weight}))


def most_allocated(release: str = "1.35") -> Profile:
    """Pods are packed: the fuller node wins."""
    return default_profile(release).with_args("NodeResourcesFit", {"scoringStrategy": {"type": "MostAllocated"}}).named("most-allocated")


def requested_to_capacity_ratio(
    shape: Sequence[tuple[int, int]] = ((0, 0), (100, 10)), resources: Mapping[str, int] = EMPTY, release: str = "1.35"
) -> Profile:
    """Nodes are scored along a shape over their utilization.

    Args:
        shape: points (utilization 0 to 100, score 0 to 10).
        resources: name → weight; cpu and memory alike if none is given.
        release: of Kubernetes.
    """
    points = [{"utilization": x, "score": y} for x, y in shape]
    counted = [{"name": name, "weight": weight} for name, weight in (resources or {"cpu": 1, "memory": 1}).items()]
    strategy = {"type": "RequestedToCapacityRatio", "resources": counted, "requestedToCapacityRatio": {"shape": points}}
    return default_profile(release).with_args("NodeResourcesFit", {"scoringStrategy": strategy}).named("requested-to-capacity-ratio")
