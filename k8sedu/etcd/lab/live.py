"""A served store as a picture that moves: whatever a terminal asks, the trees in the notebook show.

    gateway = etcd.serve()          # prints where it listens
    etcd.follow(gateway)            # the picture; now use curl in a terminal

Each request becomes a step, so one can step back to see what it did. Only the newest are kept. Of a group the leader's store is shown; that
a member stops, starts or becomes the leader is a step as well:

    gateway = etcd.serve(members=3)
    etcd.follow(gateway)
    gateway.live.stop_member("n1")

What runs elsewhere is followed by its address: `k8sedu etcd serve` in a terminal, or a real etcd. There each *change* is a step, because a
watch tells of nothing else:

    etcd.follow("http://127.0.0.1:2379")

Left out: the way through the trees. A request from outside is shown when it is answered, as one step.
"""

from __future__ import annotations

from typing import Any

from k8sedu.etcd.api import KeyValue
from k8sedu.etcd.errors import EtcdError
from k8sedu.etcd.frames import EMPTY, readable, store_frame
from k8sedu.etcd.gateway import Gateway
from k8sedu.etcd.remote import Remote
from k8sedu.etcd.views.two_trees import NO_WALK, two_trees
from k8sedu.language import Words
from k8sedu.stage.document import Document, Frame
from k8sedu.stage.player import Player
from k8sedu.stage.scene import Scene
from k8sedu.trace import Frozen

STEPS_KEPT = 60
CHANGES_TOLD = 3
STEP_US = 1_000_000
STATES = {
    "become_leader": Words("**{name} leads** in term {term}.", "**{name} 成为领导者（leader）**，term 是 {term}。"),
    "stop": Words("**{name} stops.** A majority goes on without it.", "**{name} 停止。** 多数成员继续服务。"),
    "start": Words("**{name} runs again,** from its disk.", "**{name} 再次运行，** 从自己的磁盘恢复。"),
}
"""What is told of a member, by what happens to it."""


class Growing(Player):
    """A picture of a store that gets a step whenever something happens."""

    def __init__(self, frame: Frozen, url: str) -> None:
        """Begin with the store as it is."""
        self._frame = frame
        start = Words(f"**Listening on {url}:** ask it with curl.", f"**正在监听 {url}：** 请用 curl 提出请求。")
        self._frames = [Frame(0, "start", "store", two_trees(frame, caption=start))]
        super().__init__(self._film())

    def grow(self, kind: str, frame: Frozen, caption: Words, *, key: str = "") -> None:
        """Show the store as it is now, with its newest records marked, as the newest step."""
        before, self._frame = self._frame, frame
        walk = NO_WALK.evolve(key=key, revisions=tuple(sorted(_revisions(frame) - _revisions(before))))
        self._add(kind, two_trees(frame.evolve(walk=walk), caption=caption))

    def _add(self, kind: str, scene: Scene) -> None:
        self._frames = [*self._frames, Frame(self._frames[-1].time_us + STEP_US, kind, "store", scene)][-STEPS_KEPT:]
        self.show(self._film())
        self.step = len(self._frames) - 1

    def _film(self) -> Document:
        return Document(title=Words("A store, served", "正在服务的存储"), frames=tuple(self._frames), pace="step")


class Followed(Growing):
    """The picture of a store that is served here; it grows by a step with every request."""

    def __init__(self, gateway: Gateway) -> None:
        """Begin with the store as it is, and listen to its journal."""
        self.gateway = gateway
        self._is_group = len(gateway.live.group.disks) > 1
        with gateway.live.changed:
            frame = store_frame(gateway.live.server.store)
        super().__init__(frame, gateway.url)
        self._told_before = gateway.live.group.told
        gateway.live.journal, gateway.live.group.told = self.told, self.happened

    def told(self, request: Any, response: Any) -> None:
        """A request was answered: show the store as it is now, at its newest step."""
        frame = store_frame(self.gateway.live.server.store, self._frame)
        self.grow("answer", frame, _caption(request, response, is_group=self._is_group), key=_key(request))

    def happened(self, name: str, kind: str, detail: dict[str, Any]) -> None:
        """Something happened to a member: what matters to a client is shown, with the store as it was."""
        if self._told_before is not None:
            self._told_before(name, kind, detail)
        if self._is_group and kind in STATES:
            caption = Words(*(text.format(name=name, term=detail.get("term", 0)) for text in STATES[kind]))
            self._add(kind, two_trees(self._frame, caption=caption))


class Attached(Growing):
    """The picture of a store that lives elsewhere; it grows by a step with every change."""

    def __init__(self, remote: Remote) -> None:
        """Begin with the copy as it is, and be told of what changes it."""
        self.remote = remote
        with remote.lock:
            super().__init__(store_frame(remote.store), remote.url)
            remote.changed = self.told

    def told(self, revision: int, kvs: tuple[KeyValue, ...]) -> None:
        """Something has changed there: show the copy as it is now."""
        with self.remote.lock:
            frame = store_frame(self.remote.store, self._frame)
        what = ", ".join(f"{'PUT' if kv.version else 'DELETE'} {readable(kv.key)}" for kv in kvs[:CHANGES_TOLD])
        more = " …" if len(kvs) > CHANGES_TOLD else ""
        caption = Words(f"**{what}{more}:** somebody has made revision {revision}.", f"**{what}{more}：** 有人写出了 revision {revision}。")
        self.grow("change", frame, caption, key=readable(kvs[-1].key))


def follow(served: Gateway | str, *, order: int = 64, page_records: int = 64) -> Growing:
    """Show a served store, live: one of this process by its gateway, any other by its address.

    `order` and `page_records` are for what is elsewhere: how large nodes and pages are drawn.

    Raises:
        RemoteError: no etcd answers at the address.
    """
    return Attached(Remote(served, order=order, page_records=page_records)) if isinstance(served, str) else Followed(served)


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
