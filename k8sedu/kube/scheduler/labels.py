"""Labels as columns: for each key a number per node that stands for the value.

A label is text, and comparing text on five thousand nodes is slow. So each value of a key gets a number the first time it is seen, and a
node's column holds that number, -1 where the label is missing. A condition is then decided once per *value*, and looked up per node.

Source: none; databases call it dictionary encoding.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from k8sedu.kube.scheduler.columns import Columns
from k8sedu.kube.scheduler.statuses import Truth

MISSING = -1

Codes = NDArray[np.int32]


class Labels:
    """The labels of all rows, by key.

    >>> labels = Labels()
    >>> labels.set(0, {"zone": "a"}), labels.set(1, {"zone": "b"}), labels.set(2, {})
    (None, None, None)
    >>> labels.codes("zone")[:3].tolist(), labels.where("zone", lambda value: value != "a")[:3].tolist()
    ([0, 1, -1], [False, True, True])
    """

    def __init__(self) -> None:
        self._codes = Columns(np.int32, MISSING)
        self._values: dict[str, dict[str, int]] = {}
        self._rows: dict[int, Mapping[str, str]] = {}

    def resize(self, length: int) -> None:
        """Make room for more rows."""
        self._codes.resize(length)

    def set(self, row: int, labels: Mapping[str, str]) -> None:
        """What a row's labels are now. O(keys that somebody has asked for)."""
        self._rows[row] = labels
        for key, values in self._values.items():
            value = labels.get(key)
            self._codes[key][row] = MISSING if value is None else values.setdefault(value, len(values))

    def clear(self, row: int) -> None:
        """A row without a node."""
        self._rows.pop(row, None)
        self._codes.clear(row)

    def codes(self, key: str) -> Codes:
        """A number per row: which value of the key it has; -1 where it has none. The first question costs O(rows)."""
        if key not in self._values:
            values = self._values[key] = {}
            column = self._codes[key]
            for row, labels in self._rows.items():
                if key in labels:
                    column[row] = values.setdefault(labels[key], len(values))
        return self._codes[key]

    def values(self, key: str) -> dict[str, int]:
        """The values of a key that were seen so far, and their numbers."""
        self.codes(key)
        return self._values[key]

    def where(self, key: str, test: Callable[[str | None], bool]) -> Truth:
        """For which rows a test of the label's value holds; a missing label is None. Asked once per value."""
        codes = self.codes(key)
        answers: list[Any] = [*map(test, self._values[key]), test(None)]
        return np.array(answers, dtype=bool)[codes]

    def one_of(self, key: str, values: tuple[str, ...]) -> Truth:
        """For which rows the label has one of these values. O(rows) per value."""
        codes, known = self.codes(key), self.values(key)
        wanted = [known[value] for value in values if value in known]
        found: Truth = np.isin(codes, wanted) if len(wanted) != 1 else codes == wanted[0]
        return found
