"""One moment of a pod's scheduling cycle: who is out and why, and how the scores of the others have grown so far.

Each node is a row. On its left two thin bars say how full it is, of cpu and of memory, with what the pod would add. Then a column per
filter plugin: a check mark, a cross where the node is refused, a wall where it is refused and no eviction would help. Behind the first
refusal a row stays empty, because nobody asks any further. On the right the scores stack up, a colour per plugin.

Source: Kubernetes documentation, "Scheduling Framework", the picture of the extension points.
Left out: how a score comes about; `heat_map` and `score_table` show raw, normalised and weighted numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from k8sedu.kube.scheduler.statuses import Code
from k8sedu.kube.scheduler.views.cycle_card import card
from k8sedu.kube.scheduler.views.grid import FILTER_X, NAME_W, SIGN_X, TOTAL_X, WIDTH, Grid
from k8sedu.kube.scheduler.views.moment import Moment
from k8sedu.kube.scheduler.views.tones import amount, colour_of, said, short_name
from k8sedu.language import Words
from k8sedu.stage.lettering import fit, text_width
from k8sedu.stage.scene import Scene
from k8sedu.stage.shapes import Circle, Detail, Icon, Label, Rect, Shape

LETTERS = 12.0


def cycle_scene(
    explanation: Any, grid: Grid, moment: Moment, *, caption: str | Words = "", menus: Mapping[str, str] = MappingProxyType({})
) -> Scene:
    """One moment as a picture.

    Args:
        explanation: of one pod, as `Framework.explain` gives it.
        grid: where things stand.
        moment: how far the cycle has come.
        caption: the sentence below.
        menus: node → the name of a menu of the document that it offers; for a laboratory.
    """
    shapes = [*_heads(grid, moment)]
    for place, name in enumerate(grid.nodes):
        shapes += Row(name, place, explanation, grid, moment).shapes(menus.get(name))
    if grid.rest is not None:
        y = grid.top(len(grid.nodes)) + 9
        shapes.append(Label("rest", 10, y, grid.rest, size=LETTERS, anchor="start", fill="muted"))
    focus = moment.chosen or moment.nominated
    return Scene(
        shapes=tuple(shapes), card=tuple(card(explanation, grid, moment)), card_height=grid.card_height, caption=caption, width=WIDTH,
        height=grid.height, focus=f"node/{focus}" if focus in grid.nodes else None, details=_counts(explanation, grid, moment),
    )  # fmt: skip


def _heads(grid: Grid, moment: Moment) -> Iterator[Shape]:
    yield Label("head/usage", 10, 29, Words("cpu, memory", "cpu、内存"), size=LETTERS, anchor="start", fill="muted")
    if grid.filters:
        yield Label("head/filter", FILTER_X, 8, Words("filter", "过滤（filter）"), size=LETTERS, anchor="start", fill="muted")
    for place, plugin in enumerate(grid.filters):
        is_active, is_done = plugin == moment.active and not moment.scorers, place < moment.filters
        fill = "accent" if is_active else "paper"
        yield Circle(f"head/{plugin}", grid.column(place), 29, 9, fill=fill, stroke="accent" if is_done else "grey")
        ink = "on:accent" if is_active else "ink" if is_done else "muted"
        yield Label(f"head/{plugin}/number", grid.column(place), 29, str(place + 1), size=LETTERS, fill=ink, layer=1)
    if grid.scorers:
        yield Label("head/score", grid.bar_x, 29, Words("score", "打分（score）"), size=LETTERS, anchor="start", fill="muted")
        most = Words(f"at most {grid.most}", f"最高 {grid.most}")
        yield Label("head/most", TOTAL_X, 29, most, size=LETTERS, anchor="end", fill="muted")


# -- a node ------------------------------------------------------------------------------------------------------------------------------


def refused_at(name: str, explanation: Any, grid: Grid) -> int | None:
    """The place of the filter that refuses a node; -1 if it is out before any filter, None if it passes."""
    status = explanation.verdicts.get(name)
    if status is None or not explanation.pre_filter.is_success:
        return -1
    if status.is_success:
        return None
    return grid.filters.index(status.plugin) if status.plugin in grid.filters else -1


class Row(NamedTuple):
    """One node at one moment."""

    name: str
    place: int
    explanation: Any
    grid: Grid
    moment: Moment

    @property
    def middle(self) -> float:
        """The height of its letters."""
        return self.grid.top(self.place) + self.grid.row_h / 2

    @property
    def refusal(self) -> int | None:
        """Which filter refuses it."""
        return refused_at(self.name, self.explanation, self.grid)

    @property
    def is_out(self) -> bool:
        """By now, and nothing good has come of it."""
        refusal = self.refusal
        return refusal is not None and refusal < self.moment.filters and self.moment.kind != "pop"

    @property
    def is_first(self) -> bool:
        """It is the one."""
        return self.name in {self.moment.chosen, self.moment.nominated}

    @property
    def opacity(self) -> float:
        """Who is out is pale."""
        return 0.5 if self.is_out and not self.is_first else 1.0

    def shapes(self, menu: str | None) -> Iterator[Shape]:
        """The box, and what stands in it."""
        own, is_first = f"node/{self.name}", self.is_first
        yield Rect(
            own, 0, self.grid.top(self.place), WIDTH - 2, self.grid.row_h, r=7, fill="card", stroke="ink" if is_first else "line",
            width=2.5 if is_first else 1.5, dashed=self.name == self.moment.nominated, label=_spoken(self.name, self.explanation),
            details=node_details(self.name, self.explanation), menu=menu,
        )  # fmt: skip
        yield Label(
            f"{own}/name", 10, self.middle - 7, fit(self.name, NAME_W - 16, 13), anchor="start", weight=600, opacity=self.opacity, layer=1,
            fill="muted" if self.is_out and not is_first else "ink",
        )  # fmt: skip
        yield from self._usage()
        yield from self._cells()
        yield from self._right()
        yield from self._sign()

    def _right(self) -> Iterator[Shape]:
        """A few words, or the scores."""
        if self.name in self.moment.notes:
            yield self._note(self.moment.notes[self.name])
        elif self.is_out:
            yield self._note(_why(self.name, self.explanation))
        else:
            yield from self._bar()

    def _sign(self) -> Iterator[Shape]:
        if self.name == self.moment.chosen:
            yield Icon(f"node/{self.name}/sign", SIGN_X, self.middle, "check", size=16, fill="green", layer=3)
        elif self.name == self.moment.nominated:
            yield Icon(f"node/{self.name}/sign", SIGN_X, self.middle, "flag", size=15, fill="vermillion", layer=3)

    def _note(self, text: Words) -> Label:
        """A few words where a row has no bar."""
        room = TOTAL_X - self.grid.bar_x
        shown = Words(fit(text.en, room, LETTERS), fit(text.zh, room, LETTERS))
        return Label(f"node/{self.name}/note", self.grid.bar_x, self.middle, shown, size=LETTERS, anchor="start", fill="muted", layer=2)

    def _usage(self) -> Iterator[Shape]:
        """How full the node is, of cpu above and of memory below, and what the pod would add."""
        for number, resource in enumerate(("cpu", "memory")):
            used, whole = self.explanation.usage.get(self.name, {}).get(resource, (0, 0))
            if whole:
                yield from self._level(resource, self.middle + 4 + 5.5 * number, used / whole, whole)

    def _level(self, resource: str, y: float, share: float, whole: int) -> Iterator[Shape]:
        own, room, opacity = f"node/{self.name}/{resource}", NAME_W - 18, self.opacity
        adds = self.explanation.pod.requests.get(resource, 0) / whole
        before, is_over = min(1.0, share) * room, share + adds > 1
        more = min(room - before, adds * room) or (1.5 if is_over and adds else 0)
        yield Rect(f"{own}/whole", 10, y, room, 4, fill="line", opacity=opacity, layer=1)
        yield Rect(f"{own}/used", 10, y, before, 4, fill="muted", opacity=opacity, layer=2)
        yield Rect(f"{own}/more", 10 + before, y, more, 4, fill="vermillion" if is_over else "accent", opacity=opacity, layer=3)

    def _cells(self) -> Iterator[Shape]:
        """What each filter has said of the node, up to the first that refuses it."""
        refusal = self.refusal
        for place in range(self.moment.filters if refusal is None else min(self.moment.filters, refusal + 1)):
            own, x = f"cell/{self.name}/{place}", self.grid.column(place)
            if self.grid.filters[place] not in self.explanation.filters:
                yield Icon(own, x, self.middle, "minus", size=10, fill="line", layer=2)
            elif place == refusal:
                is_final = self.explanation.verdicts[self.name].code is Code.UNRESOLVABLE
                yield Icon(own, x, self.middle, "wall" if is_final else "cross", size=13, fill="vermillion", layer=2)
            else:
                yield Icon(own, x, self.middle, "check", size=12, fill="green", opacity=self.opacity, layer=2)

    def _bar(self) -> Iterator[Shape]:
        """The scores so far, one piece per plugin, and their sum."""
        if self.name not in self.explanation.totals or not self.moment.scorers:
            return
        x, total = self.grid.bar_x, 0
        for place, plugin in enumerate(self.grid.scorers):
            score = self.explanation.weighted.get(plugin, {}).get(self.name, 0) if place < self.moment.scorers else 0
            w = self.grid.length(max(score, 0))
            yield from self._piece(plugin, x, w, score)
            x, total = x + w, total + score
        weight = 600 if self.is_first or not self.moment.chosen else 400
        yield Label(f"node/{self.name}/total", TOTAL_X, self.middle, str(total), size=13, anchor="end", weight=weight, layer=3)

    def _piece(self, plugin: str, x: float, w: float, score: int) -> Iterator[Shape]:
        own, role, h = f"score/{self.name}/{plugin}", colour_of(plugin), min(22.0, self.grid.row_h - 10)
        yield Rect(own, x, self.middle - h / 2, w, h, r=1.5, fill=role, stroke="paper" if w > 0 else None, width=1, layer=2)
        if text_width(str(score), LETTERS) + 4 <= w:
            yield Label(f"{own}/number", x + w / 2, self.middle, str(score), size=LETTERS, fill=f"on:{role}", layer=3)


def _spoken(name: str, explanation: Any) -> Words:
    """A node in words, for whoever cannot see the picture."""
    status = explanation.verdicts.get(name)
    if status is None:
        return Words(f"node {name}, not looked at", f"节点 {name}，没有查看")
    if not status.is_success:
        why = said(status.reasons)
        return Words(f"node {name}, out: {why.en}", f"节点 {name}，出局：{why.zh}")
    total = explanation.totals.get(name)
    if total is None or not explanation.was_scored:
        return Words(f"node {name}, passes", f"节点 {name}，通过")
    return Words(f"node {name}, scores {total}", f"节点 {name}，得分 {total}")


def _why(name: str, explanation: Any) -> Words:
    status = explanation.verdicts.get(name)
    if status is None:
        return Words("not looked at", "没有查看")
    return said(status.reasons)


# -- the panel ---------------------------------------------------------------------------------------------------------------------------


def node_details(name: str, explanation: Any) -> tuple[Detail, ...]:
    """What the panel says of a node: how full it is, then why it is out, or its scores: raw → normalised × weight."""
    return (*_levels(name, explanation), *(_refusal(name, explanation) or _scores(name, explanation)))


def _levels(name: str, explanation: Any) -> Iterator[Detail]:
    for resource, (used, whole) in explanation.usage.get(name, {}).items():
        if resource in {"cpu", "memory"}:
            parts = amount(resource, used), amount(resource, whole)
            yield resource, Words(f"{parts[0]} of {parts[1]}", f"{parts[0]} / {parts[1]}")


def _refusal(name: str, explanation: Any) -> list[Detail]:
    status = explanation.verdicts.get(name)
    if status is None or status.is_success:
        return []
    maybe, never = Words("if pods left, perhaps", "有 Pod 离开才可能"), Words("no eviction helps", "驱逐也没用")
    rows: list[Detail] = [(Words("out by", "被谁拒绝"), short_name(status.plugin) or "–")]
    rows.append((Words("preemption", "抢占"), never if status.code is Code.UNRESOLVABLE else maybe))
    return [*rows, *_others(name, explanation)]


def _scores(name: str, explanation: Any) -> Iterator[Detail]:
    if not explanation.was_scored:
        return
    for plugin, column in explanation.weighted.items():
        if column.get(name):  # who gives nothing needs no line
            raw, normal, weight = explanation.raw[plugin][name], explanation.normalized[plugin][name], explanation.weights.get(plugin, 1)
            yield short_name(plugin), f"{raw} → {normal} × {weight}"
    if name in explanation.totals:
        yield Words("total", "总分"), str(explanation.totals[name])


def _others(name: str, explanation: Any) -> Iterator[Detail]:
    """Who else would have refused the node; in the cycle nobody asks them any more."""
    first = explanation.verdicts[name].plugin
    for plugin, column in explanation.filters.items():
        status = column.get(name)
        if plugin != first and status is not None and not status.is_success:
            yield Words("also against it", "同样拒绝"), short_name(plugin)


def _counts(explanation: Any, grid: Grid, moment: Moment) -> tuple[Detail, ...]:
    """How many nodes there are, and how many are left by now."""
    places = (refused_at(name, explanation, grid) for name in explanation.nodes)
    left = sum(place is None or place >= moment.filters for place in places)
    return ((Words("nodes", "节点"), str(len(explanation.nodes))), (Words("left", "剩下"), str(left)))
