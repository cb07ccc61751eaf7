"""Leases as a film: clocks that run out and are wound up again, a leader that dies, keys that go as one revision.

Between two moments simulated time goes on, so arcs shrink and keep-alives fly; but each moment gets the same time on the screen, because a
keep-alive takes three milliseconds and a lease lasts for seconds.

Left out: Raft's messages; `members` shows them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from k8sedu.errors import K8sEduError
from k8sedu.etcd.views.lease_captions import caption
from k8sedu.etcd.views.lease_moments import Moment, ended, flights, keeper, leases, moments
from k8sedu.etcd.views.lease_scene import HEIGHT, ROWS_MAX, WIDTH, Floor, card_height, card_shapes, client_places, stage_shapes
from k8sedu.etcd.views.source import scenario_text
from k8sedu.language import Words
from k8sedu.raft.views.bands import reign
from k8sedu.stage.document import Band, Document, Frame, Jump, Legend, Mark
from k8sedu.stage.scene import Scene
from k8sedu.trace import Trace

FAULTS = frozenset({"crash", "restart", "partition", "heal", "client_crash", "client_restart", "pause", "resume"})
CLIENTS_MAX = 5


class LeaseFilmError(K8sEduError, ValueError):
    """A run that no film of leases can be made of."""


def lease_film(
    trace: Trace, *, title: str | Words | None = None, language: str | None = None, theme: Literal["auto", "light", "dark"] = "auto",
    start_ms: float | None = None, end_ms: float | None = None, is_live: bool = False,
) -> Document:  # fmt: skip
    """The leases of a cluster's run as a document for the stage.

    Raises:
        LeaseFilmError: the trace is no cluster's, has no frames, or the stretch is empty.
    """
    if trace.system != "etcd" or trace[0].frame is None:
        raise LeaseFilmError(f"met a trace of {trace.system!r}, expected one of etcd.simulate with frames.")
    everything = moments(trace)
    floor = floor_of(everything, is_live=is_live)
    shown = _between(everything, start_ms, end_ms)
    end_us = shown[-1].time_us
    return Document(
        title=title or Words("Leases: keys that live while somebody renews", "租约：有人续约，键才活着"),
        frames=tuple(_frames(shown, floor, trace)), bands=_bands(shown, end_us), marks=tuple(_marks(shown)), jumps=_jumps(shown),
        legend=LEGEND, source=scenario_text(trace), pace="step", end_us=end_us, language=language, theme=theme,
    )  # fmt: skip


def _between(everything: tuple[Moment, ...], start_ms: float | None, end_ms: float | None) -> tuple[Moment, ...]:
    low = 0 if start_ms is None else start_ms * 1000
    high = float("inf") if end_ms is None else end_ms * 1000
    shown = tuple(moment for moment in everything if low <= moment.time_us <= high)
    if not shown:
        raise LeaseFilmError(f"nothing happens from {start_ms} to {end_ms} ms, expected times between 0 and the end of the run.")
    return shown


def floor_of(shown: tuple[Moment, ...], *, is_live: bool = False) -> Floor:
    """Rows for leases, each its own as long as it lives; places for clients that have to do with leases."""
    slots: dict[int, int] = {}
    busy: dict[int, int] = {}
    kept: dict[str, list[int]] = {}
    revoked = set()
    for moment in shown:
        gone = ended(moment)
        alive = {held.lease for held in leases(moment.frame)} | ({gone.lease} if gone else set())
        busy = {lease: slot for lease, slot in busy.items() if lease in alive}
        for lease in sorted(alive - busy.keys()):
            free = next(slot for slot in range(len(busy) + 1) if slot not in busy.values())
            slots[lease] = busy[lease] = slots.get(lease, free)
        if gone is not None and gone.keys and moment.detail["changed"]:
            revoked.add(moment.detail["revision"])
        _note_clients(moment, kept, everybody=is_live)
    rows = min(1 + max(slots.values(), default=0), ROWS_MAX)
    floor = Floor(slots, rows, {}, frozenset(revoked), is_live)
    mine = {name: sorted(set(held) & slots.keys()) for name, held in list(kept.items())[:CLIENTS_MAX]}
    return floor._replace(clients=client_places(floor, mine))


def _note_clients(moment: Moment, kept: dict[str, list[int]], *, everybody: bool) -> None:
    """Who has to do with leases, and with which."""
    for name, client in moment.frame["clients"].items():
        is_told = name == moment.actor and moment.kind not in ("tick", "start")
        if client["leases"] or is_told or everybody:
            kept.setdefault(name, []).extend(row[0] for row in client["leases"])


def _frames(shown: tuple[Moment, ...], floor: Floor, trace: Trace) -> Iterator[Frame]:
    arrivals = flights(shown)
    focus: str | None = None
    for place, moment in enumerate(shown):
        lease = moment.detail.get("lease")
        gone = ended(moment)
        alive = {held.lease for held in leases(moment.frame)} | ({gone.lease} if gone else set())
        focus = f"lease/{lease}" if lease in alive and floor.slots[lease] < ROWS_MAX else focus
        if focus is not None and int(focus.removeprefix("lease/")) not in alive:
            focus = None
        yield Frame(moment.time_us, moment.kind, moment.actor, _scene(moment, floor, arrivals.get(place), focus, trace.seed))


def _scene(moment: Moment, floor: Floor, arrival_us: int | None, focus: str | None, seed: int) -> Scene:
    term, _ = reign(moment.frame)
    revision = keeper(moment.frame)["revision"]
    return Scene(
        shapes=stage_shapes(moment, floor, arrival_us), card=tuple(card_shapes(moment.frame, is_live=floor.is_live)),
        caption=caption(moment), focus=focus, width=WIDTH, height=HEIGHT, card_height=card_height(len(moment.frame["nodes"])),
        subtitle=f"seed {seed} · term {term} · revision {revision}",
    )  # fmt: skip


def _bands(shown: tuple[Moment, ...], end_us: int) -> tuple[Band, ...]:
    found: list[tuple[int, int, str]] = []
    for moment in shown:
        term, leader = reign(moment.frame)
        if not found or found[-1][1:] != (term, leader):
            found.append((moment.time_us, term, leader))
    ends = [*(start for start, *_ in found[1:]), end_us]
    return tuple(
        Band(start, max(end, start), _reign(term, leader), f"term-{term}" if term else "grey", faint=not leader)
        for (start, term, leader), end in zip(found, ends, strict=True)
    )


def _reign(term: int, leader: str) -> Words | str:
    if not leader:
        return Words("nobody leads", "没有 leader")
    return Words(f"term {term} · {leader} leads", f"term {term} · {leader} 为 leader")


def _marks(shown: tuple[Moment, ...]) -> Iterator[Mark]:
    for moment in shown:
        if moment.kind in ("crash", "client_crash"):
            yield Mark(moment.time_us, "cross", Words(f"{moment.actor} crashes", f"{moment.actor} 崩溃"))
        elif moment.kind == "lessor_promoted":
            yield Mark(moment.time_us, "crown", Words(f"{moment.actor} leads", f"{moment.actor} 成为 leader"))
        elif moment.kind == "lease_expired":
            lease = moment.detail["lease"]
            yield Mark(moment.time_us, "clock", Words(f"lease {lease} has run out", f"租约 {lease} 到期"))


def _jumps(shown: tuple[Moment, ...]) -> tuple[Jump, ...]:
    def places(*kinds: str) -> tuple[int, ...]:
        return tuple(place for place, moment in enumerate(shown) if moment.kind in kinds)

    return (
        Jump(Words("next keep-alive", "下个续约"), places("keep_alive"), Words("keep-alive", "续约")),
        Jump(Words("next end of a lease", "下个租约结束"), places("lease_expired", "lease_revoke"), Words("end", "结束")),
        Jump(Words("next fault", "下个故障"), places(*sorted(FAULTS)), Words("fault", "故障")),
    )


LEGEND = (
    Legend(Words("a lease's clock: what is left of its time", "租约的时钟：剩余的时间"), icon="clock", role="blue", hollow=True),
    Legend(Words("keep-alive: winds the clock up again", "keep-alive 续约：重新上满时钟"), letter="K", role="blue"),
    Legend(Words("request of a client", "客户端的请求"), letter="R", role="yellow"),
    Legend(Words("leader: only its clocks count", "leader：只有它的时钟在倒数"), icon="crown", role="blue"),
    Legend(Words("dashed: a clock that does not count, a key that is gone", "虚线：不倒数的时钟，已删除的键"), role="grey", hollow=True),
    Legend(Words("crashed, lost or ended", "崩溃、丢失或结束"), icon="cross", role="bad", hollow=True),
)
"""The key to the picture."""
