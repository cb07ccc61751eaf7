"""ImageLocality: better where the images lie already.

A large image counts more than a small one, and an image that few nodes have counts less: else one node that happens to have it would draw
every pod of it.

Source: kubernetes 1.35, plugins/imagelocality/image_locality.go.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from k8sedu.kube.scheduler.cycle import Cycle
from k8sedu.kube.scheduler.nodes import Nodes
from k8sedu.kube.scheduler.plugins.plugin import Plugin
from k8sedu.kube.scheduler.statuses import MAX_SCORE, Ints
from k8sedu.kube.scheduler.table import NodeTable

MIB = 1024 * 1024
LEAST = 23 * MIB
"""Less than this is nothing."""
MOST_PER_CONTAINER = 1000 * MIB
"""More than this is no better."""


class ImageLocality(Plugin):
    """Scores the bytes that need not be pulled."""

    NAME: ClassVar[str] = "ImageLocality"

    def score(self, cycle: Cycle, nodes: Nodes) -> Ints:
        """The size of the pod's images that lie there, between 23 MB and 1000 MB per container, as 0 to 100."""
        images = cycle.pod.amounts.images
        column: Ints = cycle.table.remember(("images", images), lambda: locality(cycle.table, images))
        return nodes.pick(column)


def locality(table: NodeTable, images: tuple[str, ...]) -> Ints:
    """The score of each row for a pod with these images, one per container."""
    there = np.zeros(table.size, dtype=np.int64)
    for name in images:
        image = table.occupancy.image(name)
        if image is not None:
            there[list(image.rows)] += int(image.size * (len(image.rows) / len(table)))
    most = MOST_PER_CONTAINER * len(images)
    return MAX_SCORE * (np.clip(there, LEAST, max(most, LEAST)) - LEAST) // max(most - LEAST, 1)
