"""A served store as a picture that moves: whatever a terminal asks, the trees in the notebook show.

    gateway = etcd.serve()          # prints where it listens
    etcd.follow(gateway)            # the picture; now use curl in a terminal

Each request becomes a step, so one can step back to see what it did. Only the newest are kept. Of a group the leader's store is shown; that
a member stops, starts or becomes the leader is a step as well:

    gateway = etcd.serve(members=3)
    etcd.follow(gateway)
    gateway.live.stop_member("n1")

Left out: the way through the trees. A request from outside is shown when it is answered, as one step.
"""

from __future__ import annotations

from typing import Any

from k8sedu.etcd.errors import EtcdError
from k8sedu.etcd.frames import EMPTY, readable, store_frame
from k8sedu.etcd.gateway import Gateway
from k8sedu.etcd.views.two_trees import NO_WALK, two_trees
from k8sedu.language import Words
from k8sedu.stage.document import Document, Frame
from k8sedu.stage.player import Player
from k8sedu.stage.scene import Scene
from k8sedu.trace import Frozen

STEPS_KEPT = 60
STEP_US = 1_000_000
STATES = {
    "become_leader": Words("**{name} leads** in term {term}.", "**{name} 成为领导者（leader）**，term 是 {term}。"),
    "stop": Words("**{name} stops.** A majority goes on without it.", "**{name} 停止。** 多数成员继续服务。"),
    "start": Words("**{name} runs again,** from its disk.", "**{name} 再次运行，** 从自己的磁盘恢复。"),
}
"""What is told of a member, by what happens to it."""


class Followed(Player):
    """The picture of a served store; it grows by a step with every request."""

    def __init__(self, gateway: Gateway) -> None:
        """Begin with the store as it is, and listen to its journal."""
        self.gateway = gateway
        self._is_group = len(gateway.live.group.disks) > 1
        with gateway.live.changed:
            self._frame: Frozen = store_frame(gateway.live.server.store)
        start = Words(f"**Listening on {gateway.url}:** ask it with curl.", f"**正在监听 {gateway.url}：** 请用 curl 提出请求。")
        self._frames = [Frame(0, "start", "store", two_trees(self._frame, caption=start))]
        super().__init__(self._film())
        self._told_before = gateway.live.group.told
        gateway.live.journal, gateway.live.group.told = self.told, self.happened

    def told(self, request: Any, response: Any) -> None:
        """A request was answered: show the store as it is now, at its newest step."""
        before, self._frame = self._frame, store_frame(self.gateway.live.server.store, self._frame)
        caption = _caption(request, response, is_group=self._is_group)
        walk = NO_WALK.evolve(key=_key(request), revisions=tuple(sorted(_revisions(self._frame) - _revisions(before))))
        self._add("answer", two_trees(self._frame.evolve(walk=walk), caption=caption))

    def happened(self, name: str, kind: str, detail: dict[str, Any]) -> None:
        """Something happened to a member: what matters to a client is shown, with the store as it was."""
        if self._told_before is not None:
            self._told_before(name, kind, detail)
        if self._is_group and kind in STATES:
            caption = Words(*(text.format(name=name, term=detail.get("term", 0)) for text in STATES[kind]))
            self._add(kind, two_trees(self._frame, caption=caption))

    def _add(self, kind: str, scene: Scene) -> None:
        self._frames = [*self._frames, Frame(self._frames[-1].time_us + STEP_US, kind, "store", scene)][-STEPS_KEPT:]
        self.show(self._film())
        self.step = len(self._frames) - 1

    def _film(self) -> Document:
        return Document(title=Words("A store, served", "正在服务的存储"), frames=tuple(self._frames), pace="step")


def follow(gateway: Gateway) -> Followed:
    """Show a served store, live."""
    return Followed(gateway)


def _key(request: Any) -> str:
    key = getattr(request, "key", "")
    return readable(key) if isinstance(key, bytes) else str(key)


def _revisions(frame: Frozen) -> set[str]:
    return {row[0] for page in frame.get("pages", EMPTY).get("pages", EMPTY).values() for row in page["records"]}


def _caption(request: Any, response: Any, *, is_group: bool) -> Words:
    subject = _key(request) or str(getattr(request, "ID", "") or "")
    what = f"{type(request).__name__.removesuffix('Request')} {subject}".strip()
    if isinstance(response, EtcdError):
        return Words(f"**{what}** is refused: {response.message}.", f"**{what}** 被拒绝：{response.message}。")
    revision, term, who = response.header.revision, response.header.raft_term, f"n{response.header.member_id}"
    if is_group:
        return Words(
            f"**{what}** is answered by {who} in term {term}; the store is at revision {revision}.",
            f"**{what}** 由 {who} 在 term {term} 答复；存储的 revision 是 {revision}。",
        )
    return Words(f"**{what}** is answered; the store is at revision {revision}.", f"**{what}** 得到答复；存储的 revision 是 {revision}。")
