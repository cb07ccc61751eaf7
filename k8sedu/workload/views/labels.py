"""Names at the ends of lines: read without a legend, and never on top of each other."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.axes import Axes

from k8sedu.stage.theme import Theme, colour

Ends = Mapping[str, tuple[float, float, str]]
"""Name → where its line ends (x and y in the units of the chart), and the role of its colour."""


def name_ends(ax: Axes, ends: Ends, *, theme: Theme = "light", size: float = 10) -> None:
    """Write each name to the right of its line's end; names that would overlap are pushed apart, in the order of their lines.

    Call it when the limits of the axes are set.
    """
    heights = spread([y for _, y, _ in ends.values()], apart=_apart(ax, size), low=ax.get_ylim()[0], high=ax.get_ylim()[1])
    margin = 0.012 * (ax.get_xlim()[1] - ax.get_xlim()[0])
    for (name, (x, _, role)), height in zip(ends.items(), heights, strict=True):
        ax.text(x + margin, height, name, color=colour(role, theme), va="center", fontsize=size)


def spread(heights: list[float], *, apart: float, low: float, high: float) -> list[float]:
    """The nearest heights that stand `apart` from each other and, where there is room, within `low` and `high`.

    >>> spread([10.0, 10.2, 30.0], apart=2.0, low=0, high=100)
    [9.1, 11.1, 30.0]
    >>> spread([99.0, 99.5], apart=2.0, low=0, high=100)
    [98.0, 100.0]
    """
    def bottom(cluster: list[int]) -> float:
        """Where the lowest of a cluster stands, when the cluster's middle is the mean of its lines."""
        height = apart * (len(cluster) - 1)
        middle = sum(heights[place] for place in cluster) / len(cluster)
        return max(min(middle - height / 2, high - height), low)

    clusters: list[list[int]] = []
    for place in sorted(range(len(heights)), key=lambda place: heights[place]):
        clusters.append([place])
        while len(clusters) > 1 and bottom(clusters[-2]) + apart * len(clusters[-2]) > bottom(clusters[-1]):
            clusters[-2:] = [clusters[-2] + clusters[-1]]
    placed = {place: bottom(cluster) + number * apart for cluster in clusters for number, place in enumerate(cluster)}
    return [round(placed[place], 6) for place in range(len(heights))]


def _apart(ax: Axes, size: float) -> float:
    """The height of a line of text, in the units of the chart."""
    figure = ax.get_figure(root=True)
    inches = ax.bbox.height / figure.dpi if figure else 3.0
    return size * 1.3 / 72 / max(inches, 0.5) * (ax.get_ylim()[1] - ax.get_ylim()[0])
