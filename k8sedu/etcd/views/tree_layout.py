"""Where the nodes and pages of the two trees stand, so that everything fits and nothing jumps.

Leaves stand side by side from left to right, in the order of their keys; a parent stands above the middle of its children. When there is
no room cells get narrower, and when they would be too narrow to read, leaves far from the present walk are left out and counted at the
edge.

Left out: balance. A tree that grows to the right is drawn as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from k8sedu.stage.lettering import text_width
from k8sedu.trace import Frozen

CELL_MIN, CELL_MAX = 46.0, 86.0
GAP = 14.0
LETTERS = 12


class Box(NamedTuple):
    """Where a node or page stands: its left upper corner, and the width of each of its cells."""

    x: float
    y: float
    cell: float
    cells: int

    @property
    def width(self) -> float:
        """Of all its cells."""
        return self.cell * max(self.cells, 1)

    @property
    def middle(self) -> float:
        """The x of its middle."""
        return self.x + self.width / 2


class Layout(NamedTuple):
    """A tree with its place on the paper."""

    boxes: dict[str, Box]
    hidden_left: int
    hidden_right: int
    floors: int


def place(
    floors: Sequence[Sequence[str]], sizes: Mapping[str, int], children: Mapping[str, Sequence[str]], *, left: float, width: float,
    tops: Sequence[float], wanted: Sequence[str] = (), cell_max: float = CELL_MAX, gap: float = GAP,
) -> Layout:  # fmt: skip
    """Give every node its box.

    Args:
        floors: ids floor by floor, the leaves last.
        sizes: how many cells each node needs.
        children: ids of each inner node's children.
        left: where the room begins.
        width: of the room.
        tops: the y of each floor.
        wanted: ids that must be seen, the most important last.
        cell_max: no cell gets wider.
        gap: between neighbours on the lowest floor.
    """
    leaves = list(floors[-1])
    shown, cell = _window(leaves, sizes, width + gap, wanted, cell_max=cell_max, gap=gap)
    boxes: dict[str, Box] = {}
    x = left
    for leaf in shown:
        boxes[leaf] = Box(x, tops[-1], cell, sizes[leaf])
        x += boxes[leaf].width + gap
    for floor, top in reversed(list(zip(floors[:-1], tops, strict=False))):
        for node in floor:
            below = [boxes[child] for child in children[node] if child in boxes]
            if below:
                middle = (below[0].x + below[-1].x + below[-1].width) / 2
                boxes[node] = Box(max(left, middle - cell * sizes[node] / 2), top, cell, sizes[node])
        _part([boxes[node] for node in floor if node in boxes], boxes, [node for node in floor if node in boxes])
    first = leaves.index(shown[0]) if shown else 0
    return Layout(boxes, first, len(leaves) - first - len(shown), len(floors))


def _part(row: list[Box], boxes: dict[str, Box], names: list[str]) -> None:
    """Push boxes of one floor apart where they would overlap."""
    end = 0.0
    for name, box in zip(names, row, strict=True):
        x = max(box.x, end)
        boxes[name] = box._replace(x=x)
        end = x + box.width + GAP / 2


def _window(
    leaves: list[str], sizes: Mapping[str, int], width: float, wanted: Sequence[str], *, cell_max: float, gap: float
) -> tuple[list[str], float]:
    """Which leaves are shown, and how wide a cell is."""
    shown = list(leaves)
    focus = next((leaves.index(name) for name in reversed(wanted) if name in leaves), len(leaves) - 1)
    while True:
        cells = sum(max(sizes[leaf], 1) for leaf in shown)
        cell = (width - gap * len(shown)) / max(cells, 1)
        if cell >= CELL_MIN or len(shown) == 1:
            return shown, min(cell, cell_max)
        middle = shown.index(leaves[focus])
        del shown[0 if middle > (len(shown) - 1) / 2 else -1]


def window(items: Sequence[str], wanted: str | None, most: int) -> range:
    """The places of the items that are shown when there is no room for all: those around the wanted one, or the last ones.

    >>> window(["a", "b", "c", "d", "e"], "b", 4), window(["a", "b", "c", "d", "e"], None, 4), window(["a", "b"], None, 4)
    (range(0, 4), range(1, 5), range(0, 2))
    """
    middle = items.index(wanted) if wanted in items else len(items)
    first = max(min(middle - most // 2, len(items) - most), 0)
    return range(first, min(first + most, len(items)))


def index_floors(index: Frozen) -> list[list[str]]:
    """The nodes of the key index, floor by floor from the root."""
    floors = [[index["root"]]]
    while index["nodes"][floors[-1][0]]["children"]:
        floors.append([child for node in floors[-1] for child in index["nodes"][node]["children"]])
    return floors


def page_floors(pages: Frozen) -> list[list[str]]:
    """The pages of the store, floor by floor from the root."""
    floors = [[pages["root"]]]
    while pages["pages"][floors[-1][0]]["kind"] == "branch":
        floors.append([child for page in floors[-1] for child in pages["pages"][page]["children"]])
    return floors


def tail(text: str, width: float, size: float = LETTERS) -> str:
    """A text that fits, shortened at its beginning: keys of one folder differ at their end.

    >>> tail("/registry/pods/web-7", 80)
    '…ods/web-7'
    """
    if text_width(text, size) <= width:
        return text
    while text and text_width("…" + text, size) > width:
        text = text[1:]
    return "…" + text
