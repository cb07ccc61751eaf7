"""Who runs where, asked by label: how many pods of a selector are on each node.

Spreading and affinity ask this for every pod that is placed, on every node. Counting pods each time would be quadratic. So pods that agree
in namespace, labels and fate are one *kin*, and a question that was asked before has a column of its own, which every pod that comes or
goes keeps up to date. The first question costs O(kins that could match + pods that do); the next ones cost nothing.

The other way round, the terms of the pods that run are kept by term: a thousand replicas with one anti-affinity term are one entry with a
thousand places.

Source: none for the index; what is counted is that of kubernetes 1.35, plugins/interpodaffinity and plugins/podtopologyspread.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from k8sedu.kube.scheduler.columns import Columns
from k8sedu.kube.scheduler.label_index import ByLabels, BySelector, anchors
from k8sedu.kube.scheduler.pods import Kin, PodInfo
from k8sedu.kube.scheduler.terms import NO_TERMS, Term, Terms
from k8sedu.kube.selectors import Selector

Counts = NDArray[np.int32]

REMEMBERED = 4096
"""Of so many kins is remembered which terms mean them."""
QUESTIONS = 2048
"""So many questions keep a column (40 MB at 5,000 nodes); the one not asked for longest makes room."""


class Condition(NamedTuple):
    """Pods with these labels in these namespaces; None means all namespaces."""

    selector: Selector
    namespaces: tuple[str, ...] | None = None


class Question(NamedTuple):
    """Pods for which all of these conditions hold."""

    conditions: tuple[Condition, ...]
    counts_terminating: bool = True

    @property
    def anchor(self) -> Selector:
        """The selector by which it is kept: the first that is about a label with certain values."""
        return next((each.selector for each in self.conditions if anchors(each.selector) is not None), self.conditions[0].selector)

    def matches(self, kin: Kin) -> bool:
        """Is a pod of this kin meant?"""
        namespace, labels, terminating = kin
        if terminating and not self.counts_terminating:
            return False
        return all((known is None or namespace in known) and selector.matches(labels) for selector, known in self.conditions)


class _Family:
    """The pods of one kin: how many are in which row, and which questions they answer."""

    __slots__ = ("questions", "rows")

    def __init__(self, questions: list[Question]) -> None:
        self.rows: dict[int, int] = {}
        self.questions = questions


class Held(NamedTuple):
    """A term that pods which run have: of which sort, and which one."""

    sort: str
    """A name of `Terms`."""
    term: Term


class Neighbours:
    """The pods of all rows, by what selectors and terms ask.

    Args:
        length: how many rows there is room for.
    """

    def __init__(self, length: int) -> None:
        self._families: dict[Kin, _Family] = {}
        self._by_labels: ByLabels[Kin] = ByLabels()
        self._by_selector: BySelector[Question] = BySelector()
        self._columns = Columns(np.int32, length=length)
        self._asked: OrderedDict[Question, None] = OrderedDict()
        self._held: dict[Held, dict[int, int]] = {}
        self._held_by_selector: BySelector[Held] = BySelector()
        self._matching: dict[tuple[Kin, Mapping[str, str]], tuple[Held, ...]] = {}

    def resize(self, length: int) -> None:
        """Make room for more rows."""
        self._columns.resize(length)

    def add(self, info: PodInfo, row: int) -> None:
        """A pod comes. O(questions that it answers + its terms)."""
        family = self._families.get(info.kin)
        if family is None:
            family = self._new_family(info.kin)
        family.rows[row] = family.rows.get(row, 0) + 1
        for question in family.questions:
            self._columns[question][row] += 1
        if info.terms is not NO_TERMS:
            for held in _held_by(info.terms):
                self._hold(held, row)

    def _new_family(self, kin: Kin) -> _Family:
        possible = self._by_selector.candidates(kin[1])
        family = self._families[kin] = _Family([question for question in possible if question.matches(kin)])
        self._by_labels.add(kin[1], kin)
        return family

    def remove(self, info: PodInfo, row: int) -> None:
        """A pod goes. O(questions that it answers + its terms)."""
        family = self._families[info.kin]
        _less(family.rows, row)
        for question in family.questions:
            self._columns[question][row] -= 1
        if not family.rows:
            del self._families[info.kin]
            self._by_labels.remove(info.kin[1], info.kin)
        if info.terms is not NO_TERMS:
            for held in _held_by(info.terms):
                self._let_go(held, row)

    def _hold(self, held: Held, row: int) -> None:
        rows = self._held.get(held)
        if rows is None:
            rows = self._held[held] = {}
            self._held_by_selector.add(held.term.selector, held)
            self._matching.clear()
        rows[row] = rows.get(row, 0) + 1

    def _let_go(self, held: Held, row: int) -> None:
        rows = self._held[held]
        _less(rows, row)
        if not rows:
            del self._held[held]
            self._held_by_selector.remove(held.term.selector, held)
            self._matching.clear()

    # -- questions about the pods that run ----------------------------------------------------------------------------------------------

    def count(self, question: Question) -> Counts:
        """How many pods of each row are meant. Not to be changed."""
        if question in self._asked:
            self._asked.move_to_end(question)
        else:
            self._learn(question)
        column: Counts = self._columns[question]
        return column

    def _learn(self, question: Question) -> None:
        if len(self._asked) >= QUESTIONS:
            self._unlearn(next(iter(self._asked)))
        self._asked[question] = None
        self._by_selector.add(question.anchor, question)
        column = self._columns[question]
        for kin in self._by_labels.candidates(question.anchor):
            if question.matches(kin):
                family = self._families[kin]
                family.questions.append(question)
                for row, number in family.rows.items():
                    column[row] += number

    def _unlearn(self, question: Question) -> None:
        del self._asked[question]
        self._columns.drop(question)
        self._by_selector.remove(question.anchor, question)
        for kin in self._by_labels.candidates(question.anchor):
            if question.matches(kin):
                self._families[kin].questions.remove(question)

    # -- the terms of the pods that run ---------------------------------------------------------------------------------------------------

    def terms_that_mean(self, info: PodInfo, namespace_labels: Mapping[str, str]) -> tuple[Held, ...]:
        """The terms of running pods that mean this pod. O(different terms that could), once per kin."""
        asked = (info.kin, namespace_labels)
        found = self._matching.get(asked)
        if found is None:
            if len(self._matching) > REMEMBERED:
                self._matching.clear()
            possible = self._held_by_selector.candidates(info.labels)
            found = tuple(held for held in possible if held.term.matches(info.namespace, info.labels, namespace_labels))
            self._matching[asked] = found
        return found

    def holders(self, held: Held) -> Mapping[int, int]:
        """How many pods of which row have a term."""
        return self._held[held]

    def check(self, pods: Iterator[tuple[PodInfo, int]]) -> None:
        """Assert that the index says what a fresh one says that has seen these pods only."""
        fresh = Neighbours(self._columns.length)
        for info, row in pods:
            fresh.add(info, row)
        assert {kin: family.rows for kin, family in self._families.items()} == {kin: each.rows for kin, each in fresh._families.items()}
        assert self._held == fresh._held
        for question in self._asked:
            assert (self._columns[question] == fresh.count(question)).all()


def _held_by(terms: Terms) -> Iterator[Held]:
    for sort, found in zip(Terms._fields, terms, strict=True):
        for term in found:
            yield Held(sort, term)


def _less(counts: dict[int, int], row: int) -> None:
    counts[row] -= 1
    if not counts[row]:
        del counts[row]
