"""What of a cluster's run is about leases: the moments that a film of them shows, and the leases as they stand in a frame.

A cluster's trace has thousands of steps, most of them heartbeats. Of those about leases each is shown once, where the first member applied
it; and every whole second, because a clock that only runs is also something to look at.

Left out: what the other members do; they do the same a little later.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from k8sedu.trace import Frozen, Step, Trace

TICK_US = 1_000_000
APART_US = 120_000
"""A second is not shown when something happens as close as this."""

UNDER_WAY_US, FLIGHT_US = 300_000, 10_000
"""A keep-alive sent so shortly before the end of the run is not lost but under way; it is drawn as arriving after this time."""

APPLIED = frozenset({"put", "delete_range", "txn", "lease_grant", "lease_revoke", "lease_checkpoint"})
"""Steps that every member makes, one after the other: the first one counts."""

ALWAYS = frozenset({
    "start", "keep_alive_sent", "keep_alive", "lease_expired", "lessor_promoted", "crash", "restart", "pause", "resume", "partition",
    "heal", "clock_drift", "client_crash", "client_restart", "lease_lost", "violation", "end",
})  # fmt: skip
WISHES = ("grant", "revoke", "keep_alive", "put", "delete", "txn")


class Moment(NamedTuple):
    """One thing to see: a step, or a whole second at which nothing happens but time."""

    time_us: int
    kind: str
    actor: str
    detail: Frozen
    frame: Frozen
    before: Frozen


class Held(NamedTuple):
    """A lease as a frame knows it. `expiry_us` is None where nobody counts."""

    lease: int
    ttl_s: int
    expiry_us: int | None
    keys: tuple[str, ...]


def moments(trace: Trace) -> tuple[Moment, ...]:
    """The moments of a run, in order of time."""
    told = list(_told(trace))
    times = [moment.time_us for moment in told]
    ticks = [time for time in range(TICK_US, trace.duration_us, TICK_US) if all(abs(time - other) > APART_US for other in times)]
    return tuple(sorted((*told, *(_tick(trace, time_us) for time_us in ticks)), key=lambda moment: moment.time_us))


def _tick(trace: Trace, time_us: int) -> Moment:
    frame = trace.at(time_us).frame or Frozen()
    return Moment(time_us, "tick", "", Frozen(), frame, frame)


def _told(trace: Trace) -> Iterator[Moment]:
    seen: set[int] = set()
    before = trace[0].frame or Frozen()
    for step in trace:
        frame = step.frame or Frozen()
        if step.kind in APPLIED:
            is_first = step.detail["index"] not in seen
            seen.add(step.detail["index"])
            is_told = is_first and (step.kind.startswith("lease_") or _leased_keys(frame, step) != _leased_keys(before, step))
        else:
            is_told = step.kind in ALWAYS or _is_wish(step)
        if is_told:
            yield Moment(step.time_us, step.kind, step.actor, step.detail, frame, before)
        before = frame


def _is_wish(step: Step) -> bool:
    """Does a client ask for something about leases, or is it refused?"""
    is_told = step.kind in ("client_request", "client_gives_up") or (step.kind == "client_reply" and not step.detail["ok"])
    command = step.detail.get("command", "") if is_told else ""
    return command.startswith(WISHES) and (" lease " in command or not command.startswith(("put", "delete", "txn")))


def _leased_keys(frame: Frozen, step: Step) -> object:
    leases = frame["nodes"][step.actor]["leases"]
    return tuple((lease, held["keys"]) for lease, held in leases.items())


# -- a frame -----------------------------------------------------------------------------------------------------------------------------


def counting(frame: Frozen) -> Frozen | None:
    """The member whose clocks count: the primary one of the highest term that runs; None while there is none."""
    found = [node for node in frame["nodes"].values() if node["is_primary"] and node["status"] == "up"]
    return max(found, key=lambda node: node["term"], default=None)


def keeper(frame: Frozen) -> Frozen:
    """The member whose leases are shown: the one that counts, else the one that has applied most."""
    found = counting(frame)
    if found is not None:
        return found
    nodes: list[Frozen] = sorted(frame["nodes"].values(), key=lambda node: (node["status"] == "up", node["consistent_index"]))
    return nodes[-1]


def leases(frame: Frozen) -> tuple[Held, ...]:
    """All leases of a frame by their number, their keys in order of their names."""
    member = keeper(frame)
    is_counting = counting(frame) is not None
    return tuple(
        Held(int(lease), held["ttl_s"], held["expiry_us"] if is_counting else None, tuple(sorted(held["keys"])))
        for lease, held in sorted(member["leases"].items(), key=lambda item: int(item[0]))
    )


def ended(moment: Moment) -> Held | None:
    """The lease that this moment ends, as it was before, with the keys that go."""
    if moment.kind != "lease_revoke" or "error" in moment.detail:
        return None
    lease = moment.detail["lease"]
    held = moment.before["nodes"][moment.actor]["leases"].get(str(lease))
    return None if held is None else Held(lease, held["ttl_s"], None, tuple(sorted(held["keys"])))


def renewed_by(frame: Frozen, lease: int) -> tuple[str, ...]:
    """The clients that run and keep this lease alive."""
    return tuple(
        name for name, client in frame["clients"].items()
        if client["status"] != "stopped" and any(row[0] == lease for row in client["leases"])
    )  # fmt: skip


def flights(shown: tuple[Moment, ...]) -> dict[int, int | None]:
    """For each keep-alive that was sent, by its place among the moments: when it wound up the clock, None if it never did."""
    found: dict[int, int | None] = {}
    for place, moment in enumerate(shown):
        if moment.kind == "keep_alive_sent":
            found[place] = _arrival(shown, place)
    return found


def _arrival(shown: tuple[Moment, ...], place: int) -> int | None:
    sent = shown[place]
    for other in shown[place + 1 :]:
        same = other.detail.get("lease") == sent.detail["lease"]
        if same and other.kind == "keep_alive" and other.detail["client"] == sent.actor:
            return other.time_us
        if same and other.kind == "keep_alive_sent" and other.actor == sent.actor:
            return None
    is_under_way = shown[-1].time_us - sent.time_us < UNDER_WAY_US
    return sent.time_us + FLIGHT_US if is_under_way else None
