"""The story of a store as a film: the two trees, step by step."""

from __future__ import annotations

from itertools import pairwise
from typing import Literal

from k8sedu.errors import K8sEduError
from k8sedu.etcd.views.story_captions import caption
from k8sedu.etcd.views.two_trees import two_trees
from k8sedu.language import Words
from k8sedu.stage.document import Band, Control, Document, Frame, Jump, Legend, Mark
from k8sedu.trace import Trace


class StoryError(K8sEduError, ValueError):
    """A trace that is no story of a store."""


def story_film(
    trace: Trace, *, title: str | Words | None = None, language: str | None = None, theme: Literal["auto", "light", "dark"] = "auto",
    controls: tuple[Control, ...] = (),
) -> Document:  # fmt: skip
    """A store's story as a document for the stage.

    Raises:
        StoryError: the trace is none of `etcd.tell`.
    """
    if trace.system != "etcd-store" or trace[0].frame is None:
        raise StoryError(f"met a trace of {trace.system!r}, expected one that etcd.tell has made.")
    starts = [step for step in trace if step.kind == "ask"]
    end_us = trace[-1].time_us + 1_000_000
    return Document(
        title=title or Words("Two trees: where a value lives", "两棵树：值存放在哪里"),
        frames=tuple(
            Frame(step.time_us, step.kind, step.actor, two_trees(step.frame, caption=caption(step))) for step in trace if step.frame
        ),
        bands=tuple(
            Band(step.time_us, after_us, step.detail["command"], "blue" if number % 2 == 0 else "sky", faint=number % 2 == 1)
            for number, (step, after_us) in enumerate(zip(starts, [*(step.time_us for step in starts[1:]), end_us], strict=False))
        ),
        marks=tuple(Mark(step.time_us, "cross", Words("refused", "被拒绝")) for step in trace if step.kind == "refused"),
        jumps=_jumps(trace),
        legend=LEGEND,
        source="\n".join(trace.parameters["lines"]),
        pace="step",
        end_us=end_us,
        language=language,
        theme=theme,
        controls=controls,
    )


def _jumps(trace: Trace) -> tuple[Jump, ...]:
    asks = tuple(step.index for step in trace if step.kind == "ask")
    splits = tuple(after.index for _, after in pairwise(trace) if after.detail.get("splits"))
    found = [Jump(Words("request", "请求"), asks)]
    if splits:
        found.append(Jump(Words("split", "分裂"), splits))
    return tuple(found)


LEGEND = (
    Legend(Words("a key in the index, with its revisions (t: deleted)", "索引中的键及其 revision（t 表示删除）"), role="blue"),
    Legend(Words("a record in a page, under its revision", "页中的记录，以 revision 为序"), role="grey", hollow=True),
    Legend(Words("the way of the present request", "当前请求经过的路径"), role="orange"),
    Legend(Words("a hole that compaction left (dashed)", "压缩留下的空洞（虚线）"), role="grey", hollow=True),
)
"""The key to the picture."""
