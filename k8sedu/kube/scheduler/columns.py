"""Columns that grow together: one place per row, whatever they count.

Source: none; an array that doubles when it is full is every textbook's.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

FIRST = 16


class Columns:
    """Columns by name, of equal length, each made when first asked for.

    >>> used = Columns(np.int64)
    >>> used["cpu"][3] += 250
    >>> used.resize(32)
    >>> used["cpu"][:5].tolist(), len(used["memory"]), sorted(used)
    ([0, 0, 0, 250, 0], 32, ['cpu', 'memory'])
    """

    def __init__(self, dtype: DTypeLike, fill: int = 0, length: int = FIRST) -> None:
        self.dtype, self.fill, self.length = dtype, fill, length
        self._columns: dict[Any, NDArray[Any]] = {}

    def __getitem__(self, name: Hashable) -> NDArray[Any]:
        column = self._columns.get(name)
        if column is None:
            column = self._columns[name] = np.full(self.length, self.fill, self.dtype)
        return column

    def __iter__(self) -> Iterator[Any]:
        return iter(self._columns)

    def __contains__(self, name: Hashable) -> bool:
        return name in self._columns

    def __len__(self) -> int:
        return len(self._columns)

    def drop(self, name: Hashable) -> None:
        """Forget a column."""
        del self._columns[name]

    def clear(self, row: int) -> None:
        """Empty a row."""
        for column in self._columns.values():
            column[row] = self.fill

    def resize(self, length: int) -> None:
        """Make all columns longer."""
        for name, column in self._columns.items():
            longer = np.full(length, self.fill, self.dtype)
            longer[: len(column)] = column
            self._columns[name] = longer
        self.length = length
