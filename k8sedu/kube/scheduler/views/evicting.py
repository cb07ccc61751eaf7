"""Preemption before and after: whose pods would have to go on each node, how one node is chosen, and what is left.

The film follows the dry run: on each node all less important pods are lifted off in thought, then put back one after the other, the most
important first, as long as the new pod still fits. Who cannot be put back is a victim. Then the nodes are asked six questions. Nothing has
really happened until the last but one picture.

Source: kubernetes 1.35, pkg/scheduler/framework/preemption/preemption.go, plugins/defaultpreemption/default_preemption.go.
Left out: more than six nodes side by side; of more, the candidates come first.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from k8sedu.errors import K8sEduError
from k8sedu.kube.scheduler.views import evicting_words as words
from k8sedu.kube.scheduler.views.evicting_scene import Floor, Stand, evicting_scene
from k8sedu.language import Words
from k8sedu.stage.document import Document, Frame, Jump, Legend
from k8sedu.stage.player import Player

STEP_US = 1_000_000


class PreemptionError(K8sEduError, ValueError):
    """A preemption that cannot be drawn."""


def preemption(
    found: Any, cluster: Any, *, language: str | None = None, theme: Literal["auto", "light", "dark"] = "auto",
) -> Player:  # fmt: skip
    """Preemption before and after, as a film.

    Args:
        found: the answer of the scheduler's preemption for one pod.
        cluster: as it was then, before anybody has left.
        language: "en" or "zh".
        theme: the paper.

    Raises:
        PreemptionError: no node was looked at.
    """
    return Player(preemption_film(found, cluster, language=language, theme=theme))


def preemption_film(
    found: Any, cluster: Any, *, language: str | None = None, theme: Literal["auto", "light", "dark"] = "auto", **more: Any,
) -> Document:  # fmt: skip
    """The same as a document for the stage; `more` goes to the document.

    Raises:
        PreemptionError: as `preemption`.
    """
    if not found.searches:
        raise PreemptionError(f"met a preemption for {found.pod.name} that has looked at no node, expected one with searches")
    floor = Floor(found, cluster)
    frames = tuple(
        Frame(number * STEP_US, stand.kind, stand.node, evicting_scene(floor, stand, caption=said))
        for number, (stand, said) in enumerate(_stands(found, floor))
    )
    more.setdefault("title", Words(f"Who makes room for {found.pod.name}?", f"谁给 {found.pod.name} 让位？"))
    end_us = len(frames) * STEP_US
    return Document(
        frames=frames, jumps=_jumps(frames), legend=LEGEND, pace="step", end_us=end_us, language=language, theme=theme, **more
    )


def _stands(found: Any, floor: Floor) -> Iterator[tuple[Stand, Words]]:
    """Every picture with what is said of it."""
    yield Stand("before"), words.before(found)
    yield Stand("lift", lifted=True), words.lift(found, floor.trials)
    for trial in range(1, floor.longest + 1):
        yield Stand("reprieve", lifted=True, trials=trial), words.reprieve(found, trial)
    if found.candidate is None:
        yield Stand("nobody", lifted=True, trials=floor.longest), words.nobody(found)
        return
    left = tuple(search.node for search in found.searches if search.candidate is not None)
    whole = Stand("dry_run", lifted=True, trials=floor.longest, left=left)
    yield whole, words.candidates(left)
    for place, asked in enumerate(found.rounds, start=1):
        yield whole._replace(kind="choose", rounds=place, left=asked.left), words.asked(asked)
    chosen = whole._replace(kind="choose", rounds=len(found.rounds), left=(found.candidate.node,), node=found.candidate.node)
    yield chosen, words.chosen(found)
    yield chosen._replace(kind="nominate", evicted=True), words.nominated(found)
    yield chosen._replace(kind="after", evicted=True, settled=True), words.after(found)


def _jumps(frames: tuple[Frame, ...]) -> tuple[Jump, ...]:
    kinds = [frame.kind for frame in frames]
    wanted = {"dry_run": Words("candidates", "候选"), "nominate": Words("eviction", "驱逐")}
    return tuple(Jump(label, (kinds.index(kind),)) for kind, label in wanted.items() if kind in kinds)


LEGEND = (
    Legend(Words("less important than the new pod", "比新 Pod 次要"), role="orange"),
    Legend(Words("at least as important: cannot be evicted", "不比它次要：不能驱逐"), role="grey"),
    Legend(Words("lifted off in thought", "假想移走"), role="orange", hollow=True),
    Legend(Words("a victim", "牺牲者"), icon="cross", role="vermillion"),
    Legend(Words("protected by a PodDisruptionBudget", "受 PodDisruptionBudget 保护"), icon="key", role="purple"),
    Legend(Words("the new pod", "新 Pod"), role="blue"),
)
