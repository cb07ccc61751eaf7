"""What is written down of a run: steps, and the frame of the whole cluster after each of them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from k8sedu.kube.objects.service import Endpoint
from k8sedu.kube.proxy.packet import Step, Walk
from k8sedu.sim.recorder import Recorder
from k8sedu.trace import Frozen, freeze

if TYPE_CHECKING:
    from k8sedu.kube.proxy.sim.world import Client, SimNode, World

OUTCOMES = ("answered", "lost", "rejected", "dropped", "refused")


class Picture:
    """The scribe of one run."""

    def __init__(self, recorder: Recorder, world: World) -> None:
        self.recorder, self._world = recorder, world
        self._counts: Counter[str] = Counter(dict.fromkeys(OUTCOMES, 0))
        self._last: Frozen | None = None
        self._open: dict[str, str] = {}

    def note(self, kind: str, actor: str, **detail: Any) -> None:
        """Write a step down."""
        frame = self._frame() if self.recorder.frames else None
        self.recorder.record(self._world.now_us, kind, actor, freeze(detail), frame)

    def request(self, client: Client, walk: Walk, outcome: str) -> None:
        """A client's new connection, and what came of it."""
        self._counts[outcome] += 1
        tries = sum("gives up" in step.verdict for step in walk.steps)
        detail = {
            "client": client.name, "node": client.node.name, "endpoint": walk.endpoint, "outcome": outcome, "is_known": walk.is_known,
            "tries": tries + 1, "rules_asked": walk.rules_asked, "reason_en": walk.reason.en, "reason_zh": walk.reason.zh,
            "chains": tuple(dict.fromkeys(f"{step.table}/{step.chain}" for step in walk.steps if step.chain)),
            "steps": tuple(map(_told, walk.steps)),
        }  # fmt: skip
        self._last = freeze(detail)
        self.note("request", client.name, **detail)

    def opened(self, client: Client, line: int, endpoint: str) -> None:
        """A connection that is kept open has begun."""
        self._open[f"{client.name}/{line}"] = endpoint
        self.note("connection_opened", client.name, client=client.name, node=client.node.name, endpoint=endpoint, line=line)

    def broken(self, client: Client, line: int, walk: Walk, endpoint: str) -> None:
        """It has ended without the client's wish."""
        self._open[f"{client.name}/{line}"] = ""
        self.note(
            "connection_broken", client.name, client=client.name, node=client.node.name, endpoint=endpoint, line=line, sent_to=walk.endpoint
        )  # fmt: skip

    # -- frames ---------------------------------------------------------------------------------------------------------------------------

    def _frame(self) -> Frozen:
        world = self._world
        pods = {pod.name: Frozen(ip=pod.ip, node=pod.node, state=pod.state, is_ready=pod.is_ready) for pod in world.pods.values()}
        written = tuple((found.addresses[0], *_conditions(found)) for found in world.written.endpoints)
        return Frozen(
            pods=Frozen(pods), slice=written, nodes=Frozen({name: _node(node, world.settings.mode) for name, node in world.nodes.items()}),
            counts=Frozen(self._counts), last=self._last, open=Frozen(self._open),
        )  # fmt: skip


def _node(node: SimNode, mode: str) -> Frozen:
    return Frozen(
        known=node.known(), is_stale=node.is_stale, is_syncing=node.is_syncing, syncs=node.syncs, rules=node.rules,
        connections=len(node.proxy.mode(mode).conntrack),
    )  # fmt: skip


def _conditions(found: Endpoint) -> tuple[bool, bool, bool]:
    conditions = found.conditions
    return conditions.ready is not False, conditions.serving is not False, conditions.terminating is True


def _told(step: Step) -> tuple[str, str, str, str, str]:
    return step.hook, step.table, step.chain, step.rule, step.verdict
