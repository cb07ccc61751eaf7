"""The pictures of etcd: made from the model's own runs, so that they show what it does today."""

from __future__ import annotations

from functools import cache, partial

from k8sedu import etcd
from k8sedu.course.figures import Draw, titled
from k8sedu.etcd import views
from k8sedu.etcd.commands import parse
from k8sedu.etcd.sim.story import tell
from k8sedu.etcd.views.story_captions import caption
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


FIGURES: dict[str, Draw] = {
    "etcd-revision-and-key.svg": titled("A read at revision 5 finds value1 after value2 was put", partial(revision_and_key, "en")),
    "etcd-revision-and-key-zh.svg": titled("写入 value2 之后，按 revision 5 仍能读到 value1", partial(revision_and_key, "zh")),
    "etcd-two-trees.svg": titled("The key index and the store after a compaction", partial(trees, "en")),
    "etcd-two-trees-zh.svg": titled("压缩之后的键索引与存储", partial(trees, "zh")),
    "etcd-term-and-revision.svg": titled(
        "Terms and revisions of a real cluster whose leader was killed again and again",
        lambda: charts.svg(views.term_revision_timeline(etcd.specimens.responses(), language="en")),
    ),
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
