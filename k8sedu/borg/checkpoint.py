"""Checkpoints: a snapshot of the cell's state and the changes since, and the Fauxmaster, which plays with them at a desk.

The same file serves three people. A replica that restarts reads its own. Somebody who looks for a fault steps through the changes one after
the other and sees the cell as it was. And somebody who plans asks *what if*: the Fauxmaster runs the real code of master and scheduler over
a checkpoint, and instead of ten thousand borglets it has stubs that obey at once.

Source: Verma et al., EuroSys 2015, section 3.1 ("Fauxmaster").
Left out: real binaries and real checkpoints.
"""

from __future__ import annotations

from typing import NamedTuple

from k8sedu.borg.borgmaster import CellState


class Checkpoint(NamedTuple):
    """The state of a cell at one point (`CellState.dump`), and the lines of the log that came after it."""

    snapshot: str
    changes: tuple[str, ...]

    def replay(self, count: int | None = None) -> CellState:
        """The state after so many of the changes; after all of them without a number. O(state + changes).

        >>> from k8sedu.borg.borgmaster import change
        >>> Checkpoint(CellState([]).dump(), (change("finish", tasks=[]),)).replay().changes
        1
        """
        state = CellState([])
        state.load(self.snapshot)
        for line in self.changes[:count]:
            state.apply(line)
        return state
