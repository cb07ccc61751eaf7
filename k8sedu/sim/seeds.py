"""One stream of random numbers per actor, all derived from one seed by name.

If all actors drew from one stream, a single extra draw by one of them would change what happens to every other, and two runs that differ
in one fault could not be compared. Here the network of a run draws the same numbers whatever the nodes do. Names are mixed with
SHA-256 and not with `hash`, which differs from one Python process to the next.

Left out: streams of NumPy; `numpy.random.default_rng(derive(seed, "columns"))` is one line.
"""

from __future__ import annotations

import hashlib
import json
from random import Random


def stream(seed: int, *names: str | int) -> Random:
    """The random numbers of one actor in the run with this seed.

    >>> stream(7, "node", "n1").random() == stream(7, "node", "n1").random()
    True
    >>> stream(7, "node", "n1").random() == stream(7, "node", "n2").random()
    False
    """
    return Random(derive(seed, *names))


def derive(seed: int, *names: str | int) -> int:
    """A new 64-bit seed: what trial 12 of an experiment starts from, for example.

    >>> derive(0, "trial", 12)
    5981003273568423034
    """
    text = json.dumps([seed, *names])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
