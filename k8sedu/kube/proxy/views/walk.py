"""One request as a film: from the client through chains and rules to a pod, and the answer's way back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

import pandas as pd

from k8sedu.errors import K8sEduError
from k8sedu.kube.proxy.packet import Step, Walk
from k8sedu.kube.proxy.views.course import Moment, moments
from k8sedu.kube.proxy.views.walk_scene import drawn_of
from k8sedu.kube.proxy.views.walk_scene import walk_scene as drawn_scene
from k8sedu.kube.proxy.views.walk_words import caption
from k8sedu.language import Words
from k8sedu.stage.document import Document, Frame, Jump, Legend
from k8sedu.stage.player import Player
from k8sedu.stage.scene import Scene

STEP_US = 1_000_000


class WalkError(K8sEduError, ValueError):
    """Something that is no packet's way, or not the same packet's."""


def packet_walk(
    walk: Walk, node: Any = None, *, names: Mapping[str, str] | None = None, language: str | None = None,
    theme: Literal["auto", "light", "dark"] = "auto",
) -> Player:  # fmt: skip
    """One packet's way, rule by rule; `.save("walk.html")` makes one file that needs nothing else.

    Args:
        walk: as `route(…, with_misses=True)` gives it; without misses only the rules that matched are seen.
        node: the node that it was made on, for its endpoints, its name and the rules that were not asked.
        names: address → the name of the pod that has it.
        language: "en" or "zh"; without it, the chosen one.
        theme: the paper.

    Raises:
        WalkError: there is no step in the walk.
    """
    return Player(packet_walk_film(walk, node, names=names, language=language, theme=theme))


def packet_walk_film(
    walk: Walk, node: Any = None, *, names: Mapping[str, str] | None = None, language: str | None = None,
    theme: Literal["auto", "light", "dark"] = "auto", **more: Any,
) -> Document:  # fmt: skip
    """The same as a document for the stage; `more` goes to the document."""
    told = tuple(_told(walk, node))
    drawn = drawn_of(walk, node, names)
    frames = tuple(
        Frame(number * STEP_US, moment.kind, "", drawn_scene(moment, drawn, caption=caption(moment, walk, node)))
        for number, moment in enumerate(told)
    )
    more.setdefault("title", Words("One request finds its pod", "一个请求如何找到它的 Pod"))
    return Document(
        frames=frames, jumps=_jumps(told), legend=LEGEND, pace="step", end_us=len(frames) * STEP_US, language=language, theme=theme, **more
    )  # fmt: skip


def packet_scene(walk: Walk, node: Any = None, *, names: Mapping[str, str] | None = None) -> Scene:
    """The moment at which the destination is rewritten, or where the walk ended without that; for a slide or a page."""
    told = tuple(_told(walk, node))
    chosen = next((each for each in told if each.step is not None and _rewrites(each.step)), told[-1])
    return drawn_scene(chosen, drawn_of(walk, node, names), caption=caption(chosen, walk, node))


def _rewrites(step: Step) -> bool:
    return step.verdict.startswith(("DNAT to", "connects to"))


def _told(walk: Walk, node: Any) -> Iterator[Moment]:
    if not walk.steps:
        raise WalkError(f"met a walk of {walk.packet} without steps, expected a Walk as route(packet, node, mode, rng=…) gives it")
    return moments(walk, node)


def _jumps(told: tuple[Moment, ...]) -> tuple[Jump, ...]:
    wanted = {
        Words("rewriting", "改写"): [n for n, each in enumerate(told) if each.step is not None and _changes(each.step)],
        Words("pod", "Pod"): [n for n, each in enumerate(told) if each.kind == "arrive"],
        Words("end", "结束"): [len(told) - 1],
    }
    return tuple(Jump(label, tuple(steps)) for label, steps in wanted.items() if steps)


def _changes(step: Step) -> bool:
    return step.verdict.startswith(("DNAT", "SNAT", "MASQUERADE", "REDIRECT", "connects to", "rewritten"))


LEGEND = (
    Legend(Words("the packet on its way", "在途的数据包"), letter="?", role="blue"),
    Legend(Words("the answer on its way back", "返回的应答"), icon="plus", role="green", hollow=True),
    Legend(Words("a rule that matches", "匹配的规则"), icon="check", role="orange"),
    Legend(Words("a rule that was asked and does not match", "问过但不匹配的规则"), icon="cross", role="grey", hollow=True),
    Legend(Words("the packet ended here", "数据包在此结束"), icon="cross", role="vermillion", hollow=True),
)


def walk_table(walk: Walk) -> pd.DataFrame:
    """One row per step, there and back.

    Columns: way ("there" or "back"), hook, table, chain, number int64, rule, is_match bool, verdict, packet, why.
    """
    rows = [(way, *step[:7], str(step.packet), step.why) for way, steps in (("there", walk.steps), ("back", walk.back)) for step in steps]
    columns = ["way", "hook", "table", "chain", "number", "rule", "is_match", "verdict", "packet", "why"]
    return pd.DataFrame(rows, columns=columns).astype({"number": "int64", "is_match": "bool"})
