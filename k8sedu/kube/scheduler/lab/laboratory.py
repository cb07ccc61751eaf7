"""The live laboratory of the scheduler: change a pod or a node, and see all verdicts and scores change.

Whatever the reader does happens in the chapter at which they stand. "Place it" ends a chapter: the pod runs, and another one like it comes.
Whoever steps back to an earlier chapter and does something there forks: later chapters are gone, "undo" brings them back.

Left out: time. Backoff and grace periods are in the runs of `kube.scheduler.simulate`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

from k8sedu.kube import manifest
from k8sedu.kube.objects import Pod
from k8sedu.kube.objects.meta import ApiObject
from k8sedu.kube.scheduler.lab.bench import PROFILES, Bench, BenchError, example
from k8sedu.kube.scheduler.lab.chapters import CHAPTER_US, Chapter, film, outcome_step, step_at
from k8sedu.kube.scheduler.lab.picks import picks
from k8sedu.kube.scheduler.pods import PodInfo
from k8sedu.kube.scheduler.profiles import Profile
from k8sedu.language import Words
from k8sedu.stage.document import Button, Choice, Control, Document, Slider, TextBox
from k8sedu.stage.explore import Event, Explorer

MEBIBYTE = 1024 * 1024
PRIORITIES = ("0", "100", "500", "1000")
RELEASES = ("1.24", "1.30", "1.33", "1.34", "1.35")
NAMED = {
    "least": Words("default: the emptier node", "默认：偏向更空的节点"),
    "most": Words("MostAllocated: the fuller node", "MostAllocated：偏向更满的节点"),
    "ratio": Words("RequestedToCapacityRatio: 70 % full", "RequestedToCapacityRatio：偏向 70% 满"),
}


class Laboratory(Explorer):
    """A cluster and a pod under the reader's hands. `explanation` says why the pod goes where it goes, or nowhere.

    >>> laboratory = lab()
    >>> laboratory.explanation.node
    'n4'
    >>> laboratory.act(Event(time_us=0, step=0, action="cordon", shape="node/n4"))
    >>> laboratory.explanation.verdicts["n4"].reasons
    ('node(s) were unschedulable',)
    """

    def __init__(self, bench: Bench, *, language: str | None = None) -> None:
        """Open the laboratory on a bench."""
        self.language = language
        self.chapters: tuple[Chapter, ...] = (Chapter.of(bench),)
        self._past: list[tuple[Chapter, ...]] = []
        super().__init__(self._film(), self._happen)

    @property
    def bench(self) -> Bench:
        """The present bench: cluster and pod."""
        return self.chapters[-1].bench

    @property
    def explanation(self) -> Any:
        """Why the present pod goes where it goes."""
        return self.chapters[-1].explanation

    @property
    def preemption(self) -> Any:
        """Who would have to make room for it, if it fits nowhere."""
        return self.chapters[-1].preemption

    def _happen(self, event: Event) -> None:
        """One thing that the reader did: another film, at the same instant, or at the next pod's outcome."""
        place = min(max(0, event.time_us) // CHAPTER_US, len(self.chapters) - 1)
        if event.control == "undo":
            if self._past:
                before = self._past.pop()
                self._turn_to(before, event.time_us if len(before) == len(self.chapters) else None)
            return
        wish = WISHES.get(event.action or event.control or "") or _pick
        kept = self.chapters[: place + 1]
        chapters = wish(kept, event)
        self._past.append(self.chapters)
        self._turn_to(chapters, event.time_us if len(chapters) == len(kept) else None)

    def _turn_to(self, chapters: tuple[Chapter, ...], instant_us: int | None) -> None:
        """Show these chapters, at an instant, or at their end."""
        self.chapters = chapters
        self.show(self._film(instant_us))

    def _film(self, instant_us: int | None = None) -> Document:
        document = film(self.chapters, tuple(_controls(self.bench, self.chapters[-1])), language=self.language)
        return replace(document, start=outcome_step(document) if instant_us is None else step_at(document, instant_us))


def lab(
    objects: Iterable[ApiObject] | None = None, *, pod: Pod | None = None, profiles: Iterable[Profile] = (), release: str = "1.35",
    language: str | None = None,
) -> Laboratory:  # fmt: skip
    """Open the live laboratory of the scheduler.

    Args:
        objects: nodes, the pods on them, budgets and whatever else the scheduler looks at; without them, six nodes in three zones.
        pod: who comes; without it, the first pod without a node among the objects, else a small one.
        profiles: of your own, to be chosen beside the known ones by their names; the first one decides to begin with.
        release: of Kubernetes.
        language: "en" or "zh".

    Raises:
        BenchError: there is no node among the objects, or two profiles have one name.
    """
    found, newcomer = example() if objects is None else (tuple(objects), None)
    waiting = next((each for each in found if isinstance(each, Pod) and not each.spec.node_name), None)
    return Laboratory(Bench.of(found, pod or newcomer or waiting or example()[1], release=release, own=profiles), language=language)


# -- what can be touched -----------------------------------------------------------------------------------------------------------------


def _controls(bench: Bench, chapter: Chapter) -> Iterator[Control]:
    info = PodInfo(bench.candidate(), bench.release)
    cores, mebibytes = info.requests.get("cpu", 0), info.requests.get("memory", 0) // MEBIBYTE
    yield Slider("cpu", Words("cpu", "cpu"), 0, max(4_000, cores), 100, cores, "{}m")
    yield Slider("memory", Words("memory", "内存"), 0, max(8_192, mebibytes), 256, mebibytes, "{}Mi")
    priorities = sorted({*PRIORITIES, str(info.priority)}, key=int)
    yield Choice("priority", Words("priority", "优先级"), tuple((name, name) for name in priorities), str(info.priority))
    yield from (pick.control(bench) for pick in picks(bench))
    yield Choice("profile", Words("profile", "配置（profile）"), _profiles(bench), bench.profile)
    releases = sorted({*RELEASES, bench.release}, key=lambda text: tuple(map(int, text.split("."))))
    yield Choice("release", Words("Kubernetes", "Kubernetes"), tuple((name, name) for name in releases), bench.release)
    if chapter.explanation.node:
        yield Button("place", Words("place it, the next one comes", "放上去，下一个来"))
    elif chapter.preemption is not None and chapter.preemption.victims:
        yield Button("evict", Words("evict the victims", "驱逐牺牲者"))
    yield Button("undo", Words("undo", "撤销"))
    yield TextBox("manifest", Words("the pod as a manifest (Ctrl+Enter)", "Pod 清单（Ctrl+Enter 应用）"), manifest.to_yaml(bench.pod))


def _profiles(bench: Bench) -> tuple[tuple[str, str | Words], ...]:
    """The known profiles and those of the reader's own."""
    return (*((name, NAMED[name]) for name in PROFILES), *((profile.name, profile.name) for profile in bench.own))


# -- what a wish means -------------------------------------------------------------------------------------------------------------------

Chapters = tuple[Chapter, ...]


def _changed(change: Callable[[Bench, Event], Bench]) -> Callable[[Chapters, Event], Chapters]:
    """Another bench in the last of these chapters."""
    return lambda kept, event: (*kept[:-1], Chapter.of(change(kept[-1].bench, event)))


def _pick(kept: Chapters, event: Event) -> Chapters:
    """Another line of a list."""
    bench = kept[-1].bench
    chosen = next((pick for pick in picks(bench) if pick.id == event.control), None)
    if chosen is None:
        raise BenchError(f"met the control {event.control!r}, expected one of those below the picture")
    return (*kept[:-1], Chapter.of(chosen.put(bench, str(event.value))))


def _place(kept: Chapters, _: Event) -> Chapters:
    last = kept[-1]
    if not last.explanation.node:
        raise BenchError(f"{last.explanation.pod.name} has no node, expected one before it can be placed")
    return (*kept, Chapter.of(last.bench.placed(last.explanation.node)))


def _evict(kept: Chapters, _: Event) -> Chapters:
    last = kept[-1]
    if last.preemption is None or not last.preemption.victims:
        raise BenchError(f"{last.explanation.pod.name} has no victims, expected some before they can be evicted")
    return (*kept, Chapter.of(last.bench.evicted(last.preemption.victims, last.preemption.nominated_node)))


def _node(event: Event) -> str:
    return (event.shape or "").partition("/")[2]


WISHES: dict[str, Callable[[Chapters, Event], Chapters]] = {
    "cpu": _changed(lambda bench, event: bench.with_request("cpu", f"{int(event.value or 0)}m")),
    "memory": _changed(lambda bench, event: bench.with_request("memory", f"{int(event.value or 0)}Mi")),
    "priority": _changed(lambda bench, event: bench.with_priority(int(event.value or 0))),
    "profile": _changed(lambda bench, event: bench._replace(profile=str(event.value))),
    "release": _changed(lambda bench, event: bench._replace(release=str(event.value))),
    "manifest": _changed(lambda bench, event: bench.with_manifest(str(event.value))),
    "cordon": _changed(lambda bench, event: bench.cordoned(_node(event), is_on=True)),
    "uncordon": _changed(lambda bench, event: bench.cordoned(_node(event), is_on=False)),
    "NoSchedule": _changed(lambda bench, event: bench.tainted(_node(event), "NoSchedule")),
    "PreferNoSchedule": _changed(lambda bench, event: bench.tainted(_node(event), "PreferNoSchedule")),
    "untaint": _changed(lambda bench, event: bench.tainted(_node(event), "")),
    "empty": _changed(lambda bench, event: bench.emptied(_node(event))),
    "remove": _changed(lambda bench, event: bench.without(_node(event))),
    "place": _place,
    "evict": _evict,
}
"""What the reader may do → the chapters that follow from it."""
