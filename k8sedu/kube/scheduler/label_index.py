"""Who could match whom, by a single label: so that a thousand selectors need not all be asked.

Most selectors say `app=web` or `app in (web, db)` somewhere. Such a condition is an *anchor*: whoever lacks that label with one of those
values cannot match, whatever else the selector says. So selectors are kept by their anchors, and labels by their pairs; what remains are a
few candidates, who are asked in full.

Source: none; search engines call it an inverted index.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from typing import Generic, TypeVar

from k8sedu.kube.selectors import Selector

Item = TypeVar("Item", bound=Hashable)
Pair = tuple[str, str]


def anchors(selector: Selector) -> tuple[Pair, ...] | None:
    """The pairs of which a match must have one; None if any labels may match.

    >>> from k8sedu.kube.selectors import parse
    >>> anchors(parse("app in (web, db), !old")), anchors(parse("!old"))
    ((('app', 'db'), ('app', 'web')), None)
    """
    if selector.selects_nothing:
        return ()
    found = next((each for each in selector.requirements if each.operator == "In"), None)
    return None if found is None else tuple((found.key, value) for value in dict.fromkeys(found.values))


class BySelector(Generic[Item]):
    """Things that have a selector, found by the labels that it may match.

    >>> from k8sedu.kube.selectors import parse
    >>> index = BySelector()
    >>> for text in ("app=web", "app=db", "!old"):
    ...     index.add(parse(text), text)
    >>> list(index.candidates({"app": "web"}))
    ['!old', 'app=web']
    """

    def __init__(self) -> None:
        self._by_pair: dict[Pair, dict[Item, None]] = {}
        self._others: dict[Item, None] = {}

    def add(self, selector: Selector, item: Item) -> None:
        """Keep a thing under the anchors of its selector."""
        pairs = anchors(selector)
        if pairs is None:
            self._others[item] = None
        for pair in pairs or ():
            self._by_pair.setdefault(pair, {})[item] = None

    def remove(self, selector: Selector, item: Item) -> None:
        """Forget a thing."""
        pairs = anchors(selector)
        if pairs is None:
            del self._others[item]
        for pair in pairs or ():
            _take_out(self._by_pair, pair, item)

    def candidates(self, labels: Mapping[str, str]) -> Iterator[Item]:
        """The things whose selector may match these labels; each once, since an anchor is about one key."""
        yield from self._others
        for pair in labels.items():
            yield from self._by_pair.get(pair, ())


class ByLabels(Generic[Item]):
    """Things that have labels, found by a selector that may match them.

    >>> from k8sedu.kube.selectors import parse
    >>> index = ByLabels()
    >>> for name, labels in (("a", {"app": "web"}), ("b", {"app": "db"}), ("c", {})):
    ...     index.add(labels, name)
    >>> list(index.candidates(parse("app=web"))), list(index.candidates(parse("!old")))
    (['a'], ['a', 'b', 'c'])
    """

    def __init__(self) -> None:
        self._all: dict[Item, None] = {}
        self._by_pair: dict[Pair, dict[Item, None]] = {}

    def add(self, labels: Mapping[str, str], item: Item) -> None:
        """Keep a thing under all of its labels."""
        self._all[item] = None
        for pair in labels.items():
            self._by_pair.setdefault(pair, {})[item] = None

    def remove(self, labels: Mapping[str, str], item: Item) -> None:
        """Forget a thing."""
        del self._all[item]
        for pair in labels.items():
            _take_out(self._by_pair, pair, item)

    def candidates(self, selector: Selector) -> Iterator[Item]:
        """The things that the selector may match; each once."""
        pairs = anchors(selector)
        if pairs is None:
            yield from self._all
        for pair in pairs or ():
            yield from self._by_pair.get(pair, ())


def _take_out(by_pair: dict[Pair, dict[Item, None]], pair: Pair, item: Item) -> None:
    del by_pair[pair][item]
    if not by_pair[pair]:
        del by_pair[pair]
