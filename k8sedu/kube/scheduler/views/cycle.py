"""One pod's scheduling cycle as a film: filter by filter nodes turn grey, scorer by scorer the bars grow, and one node is taken.

The film is made from an explanation, which is the same cycle with nothing left unasked; so each picture shows what really decided, and the
panel of a node what else would have.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

from k8sedu.kube.scheduler.views import cycle_words as words
from k8sedu.kube.scheduler.views.cycle_scene import cycle_scene as drawn
from k8sedu.kube.scheduler.views.cycle_scene import refused_at
from k8sedu.kube.scheduler.views.grid import ROWS, Grid
from k8sedu.kube.scheduler.views.moment import Moment
from k8sedu.kube.scheduler.views.tones import colour_of
from k8sedu.language import Words
from k8sedu.stage.document import Document, Frame, Jump, Legend
from k8sedu.stage.player import Player
from k8sedu.stage.scene import Scene

STEP_US = 1_000_000


class Told(NamedTuple):
    """A moment and what is said of it."""

    moment: Moment
    said: Words


def cycle(
    explanation: Any, *, preemption: Any = None, nodes: int = ROWS, language: str | None = None,
    theme: Literal["auto", "light", "dark"] = "auto",
) -> Player:  # fmt: skip
    """One pod's cycle, step by step; `.save("cycle.html")` makes one file that needs nothing else.

    Args:
        explanation: of one pod, as `Framework.explain` gives it.
        preemption: who would have to go for it, where no node was left.
        nodes: how many nodes are drawn at most; of more, those that say the most are chosen and the rest is counted.
        language: "en" or "zh"; without it, the chosen one.
        theme: the paper.
    """
    return Player(cycle_film(explanation, preemption=preemption, nodes=nodes, language=language, theme=theme))


def cycle_film(
    explanation: Any, *, preemption: Any = None, nodes: int = ROWS, language: str | None = None,
    theme: Literal["auto", "light", "dark"] = "auto", **more: Any,
) -> Document:  # fmt: skip
    """The same as a document for the stage; `more` goes to the document."""
    pays = preemption.nominated_node if preemption is not None else ""
    grid = Grid(explanation, limit=nodes, always=[pays] if pays else [])
    frames = tuple(
        Frame(number * STEP_US, told.moment.kind, told.moment.active, drawn(explanation, grid, told.moment, caption=told.said))
        for number, told in enumerate(moments(explanation, grid, preemption))
    )
    more.setdefault("title", Words(f"The cycle of {explanation.pod.name}", f"{explanation.pod.name} 的一次调度"))
    return Document(
        frames=frames, jumps=_jumps(frames), legend=legend(grid), pace="step", end_us=len(frames) * STEP_US, language=language, theme=theme,
        **more,
    )  # fmt: skip


def cycle_scene(explanation: Any, *, nodes: int = ROWS) -> Scene:
    """The end of the cycle as one picture: every verdict and every score."""
    grid = Grid(explanation, limit=nodes)
    told = list(moments(explanation, grid))
    last = next((each for each in reversed(told) if each.moment.kind in {"select_host", "fit_error", "only"}), told[-1])
    return drawn(explanation, grid, last.moment, caption=last.said)


def moments(explanation: Any, grid: Grid, preemption: Any = None) -> Iterator[Told]:
    """Every moment of the cycle, in the order in which they come."""
    whole = len(grid.filters)
    yield Told(Moment("pop"), words.popped(explanation))
    yield Told(Moment("pre_filter"), words.prefiltered(explanation))
    whole = whole if explanation.pre_filter.is_success else 0
    for place, plugin in enumerate(grid.filters[:whole]):
        if plugin not in explanation.filters:
            continue
        refused = [name for name in explanation.nodes if refused_at(name, explanation, grid) == place]
        yield Told(Moment("filter", place + 1, active=plugin), words.filtered(plugin, refused, explanation))
    if not explanation.feasible:
        yield Told(Moment("fit_error", whole), words.nobody(explanation))
        if preemption is not None:
            yield from _preempting(preemption, whole)
        return
    yield from _scoring(explanation, grid) if explanation.was_scored else _without(explanation, whole)
    chosen = Moment("bind", whole, len(grid.scorers) if explanation.was_scored else 0, chosen=explanation.node)
    yield Told(chosen, words.bound(explanation))


def _preempting(found: Any, whole: int) -> Iterator[Told]:
    """Somebody may have to go."""
    notes = {search.node: words.victims(search) for search in found.searches}
    yield Told(Moment("post_filter", whole, notes=notes), words.searched(found))
    if found.nominated_node:
        yield Told(Moment("nominate", whole, nominated=found.nominated_node, notes=notes), words.nominated(found))


def _without(explanation: Any, whole: int) -> Iterator[Told]:
    """Where a single node is left nobody scores."""
    yield Told(Moment("only", whole, chosen=explanation.node), words.only(explanation.node))


def _scoring(explanation: Any, grid: Grid) -> Iterator[Told]:
    whole = len(grid.filters)
    yield Told(Moment("pre_score", whole), words.prescored(explanation))
    for place, plugin in enumerate(grid.scorers):
        if plugin not in explanation.weighted:
            continue
        yield Told(Moment("score", whole, place + 1, plugin), words.scored(plugin, explanation))
    yield Told(Moment("select_host", whole, len(grid.scorers), chosen=explanation.node), words.selected(explanation))


def _jumps(frames: tuple[Frame, ...]) -> tuple[Jump, ...]:
    wanted = {
        "filter": (Words("filter", "过滤"), "filter"), "score": (Words("score", "打分"), "pre_score"),
        "end": (Words("decision", "决定"), ""),
    }  # fmt: skip
    kinds = [frame.kind for frame in frames]
    ends = [place for place, kind in enumerate(kinds) if kind in {"select_host", "only", "fit_error"}]
    found = {name: [kinds.index(kind)] if kind in kinds else [] for name, (_, kind) in wanted.items()} | {"end": ends}
    return tuple(Jump(wanted[name][0], tuple(steps)) for name, steps in found.items() if steps)


def legend(grid: Grid) -> tuple[Legend, ...]:
    """The key to the picture."""
    return (
        Legend(Words("passes this filter", "通过这个过滤插件"), icon="check", role="green"),
        Legend(Words("refused; if pods left, perhaps not", "被拒绝；有 Pod 离开就可能通过"), icon="cross", role="vermillion"),
        Legend(Words("refused, and no eviction would help", "被拒绝，驱逐谁都没用"), icon="wall", role="vermillion"),
        Legend(Words("in use (upper bar cpu, lower memory)", "已占用（上条 cpu，下条内存）"), role="grey"),
        Legend(Words("what the pod would add", "这个 Pod 要增加的部分"), role="blue"),
        *(Legend(Words(f"points of {plugin}", f"{plugin} 的得分"), role=colour_of(plugin)) for plugin in grid.scorers),
    )
