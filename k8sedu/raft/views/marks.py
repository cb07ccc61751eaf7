"""The stage's icons as matplotlib markers, so that a crown is the same crown in the player and in a chart.

Left out: curves other than arcs of circles; no icon has any but the disk, which comes out angular.
"""

from __future__ import annotations

import math
import re

from matplotlib.path import Path

from k8sedu.stage.icons import outline

_PART = re.compile(r"([MLHVAZC])([^A-Za-z]*)")


def icon_path(name: str) -> tuple[Path, bool]:
    """An icon's outline around (0, 0), y upwards, and whether it is drawn as lines.

    >>> path, is_stroked = icon_path("minus")
    >>> path.vertices.tolist(), is_stroked
    ([[-5.0, 0.0], [5.0, 0.0]], True)
    """
    d, is_stroked = outline(name)
    points: list[tuple[float, float]] = []
    codes: list[int] = []
    for command, text in _PART.findall(d):
        numbers = [float(number) for number in re.findall(r"-?[\d.]+", text)]
        for place, point in enumerate(_moves(command, numbers, points[-1] if points else (0.0, 0.0))):
            codes.append(int(Path.MOVETO if command == "M" and place == 0 else Path.LINETO))
            points.append(point)
        if command == "Z":
            codes.append(int(Path.CLOSEPOLY))
            points.append(points[-1])
    return Path([(x - 8, 8 - y) for x, y in points], codes), is_stroked


def _moves(command: str, numbers: list[float], last: tuple[float, float]) -> list[tuple[float, float]]:
    """The points that one SVG command goes to."""
    if command == "H":
        return [(x, last[1]) for x in numbers]
    if command == "V":
        return [(last[0], y) for y in numbers]
    if command == "A":
        points: list[tuple[float, float]] = []
        for first in range(0, len(numbers), 7):
            r, _, _, is_large, is_clockwise, x, y = numbers[first : first + 7]
            points += _arc(points[-1] if points else last, (x, y), r, is_large=bool(is_large), is_clockwise=bool(is_clockwise))
        return points
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def _arc(
    start: tuple[float, float], end: tuple[float, float], r: float, *, is_large: bool, is_clockwise: bool
) -> list[tuple[float, float]]:
    """An arc of a circle as short lines; y points downwards, as in SVG."""
    half = math.dist(start, end) / 2
    height = math.sqrt(max(r * r - half * half, 0)) * (1 if is_large == is_clockwise else -1)
    away = (end[1] - start[1]) / (2 * half), (start[0] - end[0]) / (2 * half)
    centre = (start[0] + end[0]) / 2 + height * away[0], (start[1] + end[1]) / 2 + height * away[1]
    first, last = (math.atan2(point[1] - centre[1], point[0] - centre[0]) for point in (start, end))
    turn = (last - first) % (2 * math.pi) - (0 if is_clockwise else 2 * math.pi)
    steps = 16
    return [
        (centre[0] + r * math.cos(first + turn * step / steps), centre[1] + r * math.sin(first + turn * step / steps))
        for step in range(1, steps + 1)
    ]
