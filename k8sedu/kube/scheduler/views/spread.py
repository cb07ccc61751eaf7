"""How evenly pods are spread: a tile per pod, a column per node, nodes side by side in their zones, and the skew.

The skew is what the plugin PodTopologySpread compares with `maxSkew`: how many more pods there are in the fullest domain than in the
emptiest.

Left out: which domains count for a given pod (node affinity and taints may exclude some); the plugin decides that, the picture shows all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from k8sedu.kube import selectors
from k8sedu.language import Words
from k8sedu.stage import charts
from k8sedu.stage.theme import Theme, colour

ZONE = "topology.kubernetes.io/zone"
MANY = 40
"""Of more nodes than these a zone is one block: columns would be thinner than their pods."""
BLOCK, SPACE = 3.0, 0.7


class Spread(NamedTuple):
    """Pods by domain and node, and the nodes that belong to no domain."""

    domains: dict[str, dict[str, tuple[str, ...]]]
    outside: tuple[str, ...]

    @property
    def counts(self) -> dict[str, int]:
        """Domain → its pods."""
        return {domain: sum(map(len, nodes.values())) for domain, nodes in self.domains.items()}

    @property
    def skew(self) -> int:
        """How many more pods the fullest domain has than the emptiest."""
        counts = self.counts.values()
        return max(counts) - min(counts) if counts else 0


def spread_of(cluster: Any, selector: Any = None, *, namespace: str = "default", topology_key: str = ZONE) -> Spread:
    """Where the pods of a selector run.

    Args:
        cluster: what the scheduler knows.
        selector: labels as a mapping, or a text such as "app=web"; without it, every pod.
        namespace: where the pods live.
        topology_key: the label whose values are the domains.
    """
    wanted, table = _selector(selector), cluster.table
    domains: dict[str, dict[str, tuple[str, ...]]] = {}
    outside = []
    for name in table.names:
        domain = table.node(name).labels.get(topology_key, "")
        if not domain:
            outside.append(name)
            continue
        pods = (pod for pod in table.pods_on(name) if (pod.metadata.namespace or "default") == namespace)
        found = tuple(pod.name for pod in pods if wanted.matches(pod.labels) and not pod.metadata.deletion_timestamp)
        domains.setdefault(domain, {})[name] = found
    return Spread({domain: domains[domain] for domain in sorted(domains)}, tuple(outside))


def _selector(selector: Any) -> selectors.Selector:
    if selector is None:
        return selectors.Selector()
    if isinstance(selector, str):
        return selectors.parse(selector)
    return selectors.of_labels(selector) if isinstance(selector, Mapping) else selector


def spread_chart(
    cluster: Any, selector: Any = None, *, namespace: str = "default", topology_key: str = ZONE, max_skew: int | None = None,
    ax: Axes | None = None, language: str | None = None, theme: Theme = "light",
) -> Axes:  # fmt: skip
    """A tile per pod, a column per node, zones side by side; above each its sum, and at the right the skew.

    Args:
        cluster: what the scheduler knows, or a `Spread`.
        selector: labels as a mapping, or a text such as "app=web"; without it, every pod.
        namespace: where the pods live.
        topology_key: the label whose values are the domains.
        max_skew: draws the height that no zone may pass.
        ax: where to draw.
        language: "en" or "zh".
        theme: the paper.
    """
    keys: dict[str, Any] = {"namespace": namespace, "topology_key": topology_key}
    spread = cluster if isinstance(cluster, Spread) else spread_of(cluster, selector, **keys)
    ax = charts.axes(ax, title=_title(spread, topology_key).in_(language), theme=theme)
    picture, x = _Picture(ax, spread, language, theme), 0.0
    with charts.style(theme):
        for number, domain in enumerate(spread.domains):
            x += picture.domain(x, domain, "blue" if number % 2 == 0 else "sky") + SPACE
        picture.limits(x, max_skew)
    return ax


def _title(spread: Spread, key: str) -> Words:
    pods, number, name = sum(spread.counts.values()), len(spread.domains), key.rpartition("/")[2]
    what = Words(f"{number} zones", f"{number} 个区") if key == ZONE else Words(f"{number} values of {name}", f"{number} 个 {name}")
    return Words(f"{pods} pods over {what.en}: skew {spread.skew}", f"{pods} 个 Pod 分布在 {what.zh}：偏差（skew）{spread.skew}")


class _Picture(NamedTuple):
    """The paper of a chart of spread."""

    ax: Axes
    spread: Spread
    language: str | None
    theme: Theme

    @property
    def is_dense(self) -> bool:
        """Too many nodes for a column each: a zone is one block."""
        return sum(map(len, self.spread.domains.values())) > MANY

    def domain(self, x: float, domain: str, role: str) -> float:
        """One zone: a column of tiles for each of its nodes, or one block. Gives its width."""
        nodes = self.spread.domains[domain]
        heights = self.heights(domain)
        wide = BLOCK if self.is_dense else 1.0
        for place, height in enumerate(heights):
            for bottom, tall in [(0.0, float(height))] if self.is_dense else [(float(row), 1.0) for row in range(height)]:
                corner = (x + place * wide + 0.07, bottom + 0.05)
                self.ax.add_patch(Rectangle(corner, wide - 0.14, tall - 0.1, facecolor=colour(role, self.theme), linewidth=0))
        if not self.is_dense:
            self._names(x, list(nodes))
        w = wide * max(1, len(heights))
        above = f"{domain}: {self.spread.counts[domain]}"
        self.ax.text(x + w / 2, max([0, *heights]) + 0.15, above, ha="center", va="bottom", fontsize=10.5, weight="bold")
        self.ax.plot([x, x + w], [0, 0], color=colour("muted", self.theme), linewidth=1.5, solid_capstyle="butt")
        return w

    def heights(self, domain: str) -> list[int]:
        """How high the columns of a zone are."""
        return [self.spread.counts[domain]] if self.is_dense else [len(pods) for pods in self.spread.domains[domain].values()]

    def _names(self, x: float, nodes: list[str]) -> None:
        for place, name in enumerate(nodes):
            slanted: dict[str, Any] = {"rotation": 38, "ha": "right"} if len(name) > 4 else {"ha": "center"}
            more: dict[str, Any] = {"fontsize": 9, "color": colour("muted", self.theme), "rotation_mode": "anchor", **slanted}
            self.ax.text(x + place + 0.5, -0.12, name, va="top", **more)

    def limits(self, end: float, max_skew: int | None) -> None:
        """The room around the picture, and a line of words about what may still come."""
        tallest = max([1, *(height for domain in self.spread.domains for height in self.heights(domain))])
        self.ax.set_xlim(-0.3, max(end, 1.0))
        self.ax.set_ylim(-0.9 - 0.05 * tallest, tallest * 1.06 + 0.55)
        self.ax.set_xticks([])
        self.ax.set_yticks([])
        for side in self.ax.spines.values():
            side.set_visible(False)
        text = "    ".join(line.in_(self.language) for line in _remarks(self.spread, max_skew))
        self.ax.text(0, -0.02, text, transform=self.ax.transAxes, va="top", fontsize=10, color=colour("muted", self.theme))


def _remarks(spread: Spread, max_skew: int | None) -> Iterator[Words]:
    """Where the next pod may go, and who is left out."""
    if max_skew is not None and spread.domains:
        least = min(spread.counts.values())
        names = [domain for domain, count in spread.counts.items() if count + 1 - least <= max_skew]
        yield Words(
            f"maxSkew {max_skew}: the next pod may go to {', '.join(names)}", f"maxSkew {max_skew}：下一个 Pod 可以去 {'、'.join(names)}"
        )
    if spread.outside:
        yield Words(f"without the label: {', '.join(spread.outside[:6])}", f"没有该标签：{'、'.join(spread.outside[:6])}")


def spread_table(cluster: Any, selector: Any = None, *, namespace: str = "default", topology_key: str = ZONE) -> pd.DataFrame:
    """Pods by domain and node: a row per node; columns domain str, pods int, domain_pods int, skew int.

    The skew is that of the node's domain: how many more pods it has than the emptiest.
    """
    spread = cluster if isinstance(cluster, Spread) else spread_of(cluster, selector, namespace=namespace, topology_key=topology_key)
    least = min(spread.counts.values(), default=0)
    rows = [
        (name, domain, len(pods), spread.counts[domain], spread.counts[domain] - least)
        for domain, nodes in spread.domains.items()
        for name, pods in nodes.items()
    ]
    return pd.DataFrame(rows, columns=["node", "domain", "pods", "domain_pods", "skew"]).set_index("node")
