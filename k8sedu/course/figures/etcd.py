"""The pictures of etcd: made from the model's own runs, so that they show what it does today."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache, partial
from typing import Any

from k8sedu import etcd
from k8sedu.course.figures import Draw, titled
from k8sedu.etcd import views
from k8sedu.etcd.api import WatchCreateRequest
from k8sedu.etcd.commands import parse
from k8sedu.etcd.sim.story import tell
from k8sedu.etcd.views.api_scene import Call, Card, api_scene
from k8sedu.etcd.views.member_ways import A_WRITE
from k8sedu.etcd.views.story_captions import caption
from k8sedu.etcd.views.term_scene import term_revision_scene
from k8sedu.etcd.views.two_trees import two_trees
from k8sedu.language import Words
from k8sedu.stage import charts
from k8sedu.stage.svg import still
from k8sedu.trace import Step, Trace

REVISION_AND_KEY = ("put key value0", "put other x", "put other y", "put key value1", "put key value2", "get key", "get key at 5")
"""The example of the course notes: put at revisions 5 and 6, and reads of now and of then."""

TWO_TREES = (
    "put /config a", "put /hosts b", "put /nodes/a up", "delete /nodes/a", "put /svc/web v1", "put /nodes/a up", "put /jobs x",
    "put /hosts c", "put /nodes/a down", "put /nodes/a gone", "put /svc/web v2", "put /pods run", "compact 6", "get /nodes/a at 10",
)  # fmt: skip


def _answer(trace: Trace) -> Step:
    """The last answer of a story."""
    return [step for step in trace if step.kind == "answer"][-1]


def _picture(lines: tuple[str, ...], title: Words, language: str) -> str:
    step = _answer(tell(lines))
    assert step.frame is not None
    return still(two_trees(step.frame, caption=caption(step)), title=title, language=language)


def revision_and_key(language: str) -> str:
    """Get(key, rev=5) finds value1 after value2 has been put."""
    return _picture(REVISION_AND_KEY, Words("Revision and key: the past stays readable", "revision 与 key：历史依然可读"), language)


def trees(language: str) -> str:
    """Both trees after a dozen changes and a compaction, and the way of a read into the past."""
    return _picture(TWO_TREES, Words("Two trees: where a value lives", "两棵树：值存放在哪里"), language)


@cache
def cluster() -> Trace:
    """A cluster under load that loses its leader twice; two clients watch."""
    faults = ["at 6000 crash n1", "at 9000 restart n1", "at 11000 crash n3", "at 14000 restart n3"]
    return etcd.simulate(seed=7, duration_ms=20_000, clients=etcd.Clients(writers=2, watchers=2), faults=faults)


@cache
def leases() -> Trace:
    """Two clients hold leases; one crashes, and then the leader does."""
    faults = ["at 8000 crash c1", "at 12000 crash n2", "at 14000 restart n2"]
    return etcd.simulate(seed=3, duration_ms=20_000, clients=etcd.Clients(keepers=2, keys_per_lease=3, ttl_s=4), faults=faults)


LEASE_PLAN = (
    "at 200 timeout n1", 'at 800 request "grant 7 10" to c1', 'at 1000 request "put key1 value1 lease 7" to c1',
    'at 1500 request "put key2 value2 lease 7" to c1', 'at 2000 request "keep 7" to c1', 'at 900 request "grant 8 4" to c2',
    'at 1200 request "put /nodes/b up lease 8" to c2', 'at 1700 request "put /nodes/b/ip 10.0.0.2 lease 8" to c2',
    'at 2200 request "keep 8" to c2', "at 6000 crash c2",
)  # fmt: skip
"""The example of the course notes, a lease of 10 s with two keys that is kept alive; and beside it a client that has crashed."""

TXN = "txn if mod /config = 2 and version /nodes/a > 0 then put /config v3 and put /nodes/a down else get /config"
"""Optimistic concurrency: write only if what was read is still true."""


def lease(language: str) -> str:
    """A keep-alive on its way to one clock, while another one runs out because nobody is left to wind it up."""
    run = etcd.simulate(duration_ms=10_000, clients=etcd.Clients(guests=2, ttl_s=10, think_ms_min=20, think_ms_max=60), faults=LEASE_PLAN)
    film = views.lease_film(run)
    frame = [frame for frame in film.frames if frame.kind == "keep_alive_sent" and frame.actor == "c1"][-1]
    arrival_us = next(other.time_us for other in film.frames if other.time_us > frame.time_us and other.kind == "keep_alive")
    time_us = frame.time_us + 0.45 * (arrival_us - frame.time_us)
    return still(frame.scene, time_us, title=film.title, language=language)


def transaction(language: str) -> str:
    """A transaction whose comparison meets a newer revision than the client had read."""
    store = etcd.Store()
    for key, value in (("/config", "v1"), ("/nodes/a", "up"), ("/config", "v2")):
        store.put(key, value)
    title = Words("A transaction: compare, then write", "事务：先比较，再写入")
    return still(views.txn_card(etcd.txn_account(store, parse(TXN))), title=title, language=language)


def term_and_revision(language: str) -> str:
    """What a real cluster answered while its leader was killed five times."""
    title = Words("Term and revision of a real cluster", "真实集群的 term 与 revision")
    return still(term_revision_scene(etcd.specimens.responses()), title=title, language=language)


def api(language: str) -> str:
    """The calls of etcd, each with the answer of a store that was asked all of them in this order."""
    server = etcd.Server()
    title = Words("The etcd API: what can be asked, and what comes back", "etcd API：可以请求什么，得到什么")
    said = Words(
        "**One store answered all of this, in this order:** every change is one revision; reads, watches and grants are none.",
        "**同一个存储依次作答：** 每次改变是一个 revision；读取、watch 和授予租约都不是。",
    )
    return still(api_scene([*_key_cards(server), *_other_cards(server)], caption=said), title=title, language=language)


def _call(server: etcd.Server, line: str, answer: Callable[[Any], str | Words]) -> Call:
    return Call(line, answer(server.do(parse(line), now_ms=0)))


def _revision(response: Any) -> str:
    return f"revision {response.header.revision}"


def _value(response: Any) -> str:
    return f"{response.kvs[0].value.decode()} (mod_revision {response.kvs[0].mod_revision})" if response.kvs else "–"


def _key_cards(server: etcd.Server) -> Iterator[Card]:
    """Writes and reads."""
    writes = (_call(server, "put key1 value1", _revision), _call(server, "put key1 value2", _revision),
              _call(server, "put key2 bar", _revision), _call(server, "delete key2", lambda response: Words(
                  f"{response.deleted} deleted, {_revision(response)}", f"删除 {response.deleted} 个，{_revision(response)}")))  # fmt: skip
    yield Card("Put, Delete", Words("change the data", "修改数据"), "box", "/v3/kv/put", writes)
    reads = (_call(server, "get key1", _value), _call(server, "get key1 at 2", _value), _call(server, "get key2 at 4", _value),
             _call(server, "get key prefix", lambda response: Words(f"{response.count} key", f"{response.count} 个键")))  # fmt: skip
    yield Card("Range", Words("read keys, now or at a revision", "读取键：现在的，或某个 revision 的"), "eye", "/v3/kv/range", reads)
    yield Card("Watch", Words("be told, from any revision on", "从任意 revision 起获知变化"), "flag", "/v3/watch", _watched(server))


def _watched(server: etcd.Server) -> tuple[Call, ...]:
    """The events that a watch from revision 2 on is told."""
    server.hub.create(WatchCreateRequest(b"key", b"kez", start_revision=2))
    server.hub.sync()
    events = [event for response in server.hub.receive() for event in response.events]
    told = [f"{event.type} {event.kv.key.decode()} {event.kv.value.decode()}".strip() for event in events]
    asked: list[str | Words] = ["watch key prefix from 2", *(Words("and then", "接着") for _ in events[1:])]
    return tuple(Call(line, f"{text}, revision {event.kv.mod_revision}") for line, text, event in zip(asked, told, events, strict=True))


def _other_cards(server: etcd.Server) -> Iterator[Card]:
    """Transactions, leases, and what concerns the whole store."""

    def branch(response: Any) -> Words:
        return Words(f"{'then' if response.succeeded else 'else'} ran, {_revision(response)}",
                     f"执行 {'then' if response.succeeded else 'else'}，{_revision(response)}")  # fmt: skip

    txns = tuple(
        _call(server, line, branch) for line in
        ("txn if mod key1 = 3 then put key1 v3", "txn if mod key1 = 3 then put key1 v4", "txn if create key3 = 0 then put key3 new")
    )  # fmt: skip
    yield Card("Txn", Words("if all comparisons hold, then … else …", "比较全部成立则 then，否则 else"), "swap", "/v3/kv/txn", txns)
    leases = (
        _call(server, "grant 7 10", lambda response: Words(f"granted for {response.TTL} s", f"授予 {response.TTL} 秒")),
        _call(server, "put /nodes/a up lease 7", _revision),
        _call(server, "keep_alive 7", lambda response: Words(f"{response.TTL} s again", f"重新 {response.TTL} 秒")),
        _call(server, "revoke 7", lambda response: Words(f"its key is gone, {_revision(response)}", f"键已删除，{_revision(response)}")),
    )
    yield Card("Lease", Words("keys that live while somebody renews", "有人续约，键才活着"), "clock", "/v3/lease/grant", leases)
    rest = (
        _call(server, "compact 5", lambda _: Words("the past before 5 may go", "5 之前的历史可以丢弃")),
        Call("hash_kv", f"{server.store.hash_kv().hash:08x}"), Call("status", f"revision {server.store.revision}"),
    )  # fmt: skip
    yield Card("Maintenance", Words("the whole store", "整个存储"), "disk", "/v3/kv/compaction", rest)


def member(language: str) -> str:
    """The way of a write through the leader of a cluster, at the moment when it has been applied."""
    step = [step for step in cluster() if step.kind == "put" and step.actor == "n1"][5]
    assert step.frame is not None
    said = Words(
        "**WAL first:** an entry counts when a majority has it on disk; then the store applies it. The database may lag.",
        "**先写 WAL：** 多数成员落盘之后条目才算数，然后由存储应用。数据库可以落后。",
    )
    scene = views.member_scene(step.frame, "n1", A_WRITE, caption=said)
    return still(scene, title=Words("Inside of a member: WAL, Raft and storage", "成员内部：WAL、Raft 与存储"), language=language)


WAL = (
    "append 1 1", "append 1 2 put /config v1", "append 1 3 put /nodes/a up", "state 1 1 2", "state 2 2 2", "append 2 3 put /nodes/a down",
    "append 2 4 put /jobs x", "tear 21",
)  # fmt: skip
"""A log in which a new leader replaces an entry, and whose last record is torn."""


def wal(language: str) -> str:
    """Records and bytes of a log, the torn one chosen."""
    film = views.wal_film(etcd.write_log(WAL))
    title = Words("The write-ahead log: records, bytes, and a torn tail", "预写日志：记录、字节与残缺的尾部")
    return still(film.frames[-1].scene, title=title, language=language)


FIGURES: dict[str, Draw] = {
    "etcd-revision-and-key.svg": titled("A read at revision 5 finds value1 after value2 was put", partial(revision_and_key, "en")),
    "etcd-revision-and-key-zh.svg": titled("写入 value2 之后，按 revision 5 仍能读到 value1", partial(revision_and_key, "zh")),
    "etcd-two-trees.svg": titled("The key index and the store after a compaction", partial(trees, "en")),
    "etcd-two-trees-zh.svg": titled("压缩之后的键索引与存储", partial(trees, "zh")),
    "etcd-term-and-revision.svg": titled(
        "Terms and revisions of a real cluster whose leader was killed again and again", partial(term_and_revision, "en")
    ),
    "etcd-term-and-revision-zh.svg": titled("leader 一再被杀的真实集群：term 与 revision", partial(term_and_revision, "zh")),
    "etcd-api.svg": titled("The calls of the etcd API, each with an answer", partial(api, "en")),
    "etcd-api-zh.svg": titled("etcd API 的各种请求及其答复", partial(api, "zh")),
    "etcd-member.svg": titled("The way of a write through a member: API, Raft, WAL, store", partial(member, "en")),
    "etcd-member-zh.svg": titled("一次写入经过成员的 API、Raft、WAL 与存储", partial(member, "zh")),
    "etcd-wal.svg": titled("A write-ahead log as records and bytes, with a torn tail", partial(wal, "en")),
    "etcd-wal-zh.svg": titled("预写日志的记录与字节，尾部残缺", partial(wal, "zh")),
    "etcd-watch.svg": titled("What two watchers received, and when", lambda: charts.svg(views.watch_lanes(cluster(), language="en"))),
    "etcd-lease.svg": titled("Keys hang on leases; a keep-alive winds one clock up, another one runs out", partial(lease, "en")),
    "etcd-lease-zh.svg": titled("键挂在租约上：续约把一个时钟重新上满，另一个正在走完", partial(lease, "zh")),
    "etcd-lease-timeline.svg": titled(
        "Two leases, one of which runs out", lambda: charts.svg(views.lease_timeline(leases(), language="en"))
    ),
    "etcd-txn.svg": titled("A transaction as if, then, else, with the view that its comparisons saw", partial(transaction, "en")),
    "etcd-txn-zh.svg": titled("以 if、then、else 表示的事务，以及比较时看到的数据", partial(transaction, "zh")),
}
"""File name → figure. Charts by matplotlib are in English only: their letters become outlines, and fonts depend on the machine."""
