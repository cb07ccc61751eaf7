"""Laws of the film of a run: every step is told, every waiting pod carries the sign of its queue, and a node says what is special."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from k8sedu.kube import scheduler
from k8sedu.kube.scheduler import sketch
from k8sedu.kube.scheduler.views import film, play, table
from k8sedu.kube.scheduler.views.run import SIGNS
from k8sedu.kube.scheduler.views.run_words import SENTENCES, caption
from k8sedu.language import Words
from k8sedu.stage.document import Document
from k8sedu.stage.shapes import Label
from k8sedu.trace import Frozen, Step, Trace
from k8sedu.workload.views.film import ScheduleError

OWN = {
    "permit_wait": {"pod": "default/a", "node": "n1", "plugin": "P", "until_us": 0},
    "bind_failed": {"pod": "default/a", "node": "n1", "why": "conflict", "to": "backoff"},
    "delete": {"task": "a/0", "machine": ""}, "submit": {"job": "web", "user": "ann", "tasks": 3, "priority": 0},
    "denominate": {"pod": "default/a", "node": "n1", "by": "default/b"},
    "scheduler_up": {}, "scheduler_down": {}, "apiserver_down": {}, "apiserver_up": {},
    "node_cut_off": {}, "node_back": {}, "node_restart": {}, "machine_up": {},
}  # fmt: skip
"""Kinds of steps that this run has not, or not in this form, with a detail as the simulation writes it."""


@pytest.fixture(scope="module")
def trace() -> Trace:
    """Preemption, a gate, a cordon, a taint, a node that fails, somebody who deletes."""
    nodes = [sketch.node(f"n{n}", cpu="2", zone="ab"[n % 2], taints=["gpu=yes:NoSchedule"] if n == 3 else ()) for n in (1, 2, 3)]
    arrivals: list[Any] = [(100 + 300 * n, sketch.pod(f"web-{n}", cpu="1200m")) for n in range(4)]
    arrivals += [(2_000, sketch.pod("vip", cpu="1500m", priority=100)), (2_500, sketch.pod("shy", schedulingGates=[{"name": "x"}]))]
    changes = ["at 7000 delete web-0", "at 7000 delete vip", "at 9500 cordon n2"]
    return scheduler.simulate(objects=nodes, arrivals=arrivals, changes=changes, faults=["at 12000 crash n1"], duration_ms=80_000)


@pytest.fixture(scope="module")
def document(trace: Trace) -> Document:
    return film(trace)


def test_every_scene_is_whole(document: Document) -> None:
    """No id occurs twice, whatever can be clicked has a name, and no letter is smaller than 12."""
    for frame in document.frames:
        frame.scene.check()
        assert min(shape.size for shape in frame.scene.shapes if isinstance(shape, Label)) >= 12


def test_every_step_is_told_in_both_languages(trace: Trace) -> None:
    """No placeholder is left over, and no caption is the same in both languages; so for the kinds that this run has not."""
    steps = [*trace, *(Step(0, 0, kind, "n1", Frozen(detail), None) for kind, detail in OWN.items())]
    for step in steps:
        english, chinese = caption(step)
        assert english != chinese
        assert "{" not in english + chinese
        assert " :" not in english
        assert english.count("**") == chinese.count("**") == 2
    assert {step.kind for step in steps} >= SENTENCES.keys()


def test_a_waiting_pod_carries_the_sign_of_its_queue(trace: Trace, document: Document) -> None:
    """The icon beside a task in the queue is that of the queue in which its pod waits, and the desk counts them all."""
    seen = set()
    for step, frame in zip(trace, document.frames, strict=True):
        assert step.frame is not None
        for entry in step.frame.more.queue:
            queue = "gated" if entry.gated_by else entry.queue
            sign: Any = frame.scene.find(f"task/{entry.task}/sign")
            assert sign.name == SIGNS[queue][0]
            seen.add(queue)
        numbers: list[Any] = [frame.scene.find(f"desk/{queue}/number") for queue in SIGNS]
        assert sum(int(number.text) for number in numbers) == len(step.frame.more.queue)
    assert seen >= {"unschedulable", "gated"}


def test_a_node_says_what_is_special(trace: Trace, document: Document) -> None:
    """Promised to a pod, cordoned, tainted, or silent; the one thing that matters most."""
    told = set()
    for frame in document.frames:
        told |= {shape.text.en for shape in frame.scene.shapes if isinstance(shape, Label) and shape.id.endswith("/special/text")
                 if isinstance(shape.text, Words)}  # fmt: skip
    assert told >= {"for vip", "cordoned", "taint gpu", "no heartbeat", "one pod ends"}
    assert trace.where("nominate")


def test_why_a_node_is_out_is_said_in_the_readers_language(document: Document) -> None:
    """The picture has few words, the caption the system's own sentence."""
    refused = next(frame for frame in document.frames if frame.kind == "refuse")
    verdict: Any = refused.scene.find("machine/n1/verdict")
    assert verdict.text == Words("too little cpu", "cpu 不足")
    assert "0/3 nodes are available: " in str(refused.scene.caption)


def test_the_table_tells_the_run(trace: Trace) -> None:
    """A row per step: when, what, who, which pod, which node, and a sentence."""
    found = table(trace)
    assert list(found.columns) == ["time_ms", "kind", "actor", "pod", "node", "says"]
    assert len(found) == len(trace)
    assert found[found.kind == "nominate"].pod.tolist() == ["vip"]


def test_it_draws_its_own_runs_only(trace: Trace, tmp_path: Path) -> None:
    """Another system's run is refused in one sentence; its own can be saved."""
    with pytest.raises(ScheduleError, match=r"expected one of kube\.scheduler\.simulate"):
        film(Trace("borg", 0, Frozen(), ()))
    assert "调度器在工作" in play(trace, language="zh").save(tmp_path / "run.html").read_text(encoding="utf-8")
