"""The pictures of etcd: made from the model's own runs, so that they show what it does today."""

from __future__ import annotations

from functools import cache, partial

from k8sedu import etcd
from k8sedu.course.figures import Draw, titled
from k8sedu.etcd import views
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
    "etcd-lease.svg": titled("Two leases, one of which runs out", lambda: charts.svg(views.lease_timeline(leases(), language="en"))),
}
"""File name → figure. Charts by matplotlib are in English only: their letters become outlines, and fonts depend on the machine."""
