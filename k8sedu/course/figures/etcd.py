"""The pictures of etcd: made from the model's own runs, so that they show what it does today."""

from __future__ import annotations

from k8sedu.course.figures import Draw
from k8sedu.etcd.sim.story import tell
from k8sedu.etcd.views.story_captions import caption
from k8sedu.etcd.views.two_trees import two_trees
from k8sedu.language import Words
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


FIGURES: dict[str, Draw] = {
    "etcd-revision-and-key.svg": lambda: revision_and_key("en"),
    "etcd-revision-and-key-zh.svg": lambda: revision_and_key("zh"),
    "etcd-two-trees.svg": lambda: trees("en"),
    "etcd-two-trees-zh.svg": lambda: trees("zh"),
}
"""File name → figure."""
