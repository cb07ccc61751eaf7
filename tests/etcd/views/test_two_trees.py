from __future__ import annotations

from pathlib import Path

import pytest

from k8sedu.etcd import specimens
from k8sedu.etcd.datadir import load
from k8sedu.etcd.file_frames import database_frame
from k8sedu.etcd.frames import store_frame
from k8sedu.etcd.mvcc import Store
from k8sedu.etcd.sim.story import tell
from k8sedu.etcd.views import play, story_film, two_trees
from k8sedu.etcd.views.story_captions import SENTENCES, caption
from k8sedu.etcd.views.story_film import StoryError
from k8sedu.language import Words
from k8sedu.stage.lettering import text_width
from k8sedu.stage.scene import Scene, walk
from k8sedu.stage.shapes import Label, Rect
from k8sedu.stage.svg import still
from k8sedu.trace import Trace

STORY = """
put /config a
put /hosts b
put /nodes/a up
delete /nodes/a
put /svc/web v1
put /nodes/a up
put /jobs x
txn if mod /jobs = 8 then put /jobs y and put /z 1
put /nodes/a down
get /nodes/a at 7
get /nodes/ prefix
get /nothing
compact 7
get /nodes/a at 3
"""


@pytest.fixture(scope="module")
def story() -> Trace:
    """A story in which everything happens."""
    return tell(STORY)


def overlaps(scene: Scene) -> list[tuple[str, str]]:
    """Pairs of cells that lie upon each other, which cells of one tree must not."""
    boxes = [shape for shape in walk(scene.shapes) if isinstance(shape, Rect) and shape.id.split("/")[0] in ("key", "record", "strip")]
    return [
        (one.id, other.id)
        for number, one in enumerate(boxes)
        for other in boxes[number + 1 :]
        if one.x + one.w > other.x + 0.01 and other.x + other.w > one.x + 0.01 and one.y + one.h > other.y and other.y + other.h > one.y
    ]


def check(scene: Scene) -> None:
    """A picture whose cells keep apart, inside the paper, with words that fit."""
    scene.check()
    assert not overlaps(scene)
    for shape in walk(scene.shapes):
        if isinstance(shape, Rect):
            assert -1 <= shape.x <= shape.x + shape.w <= scene.width + 1, shape.id
            assert 0 <= shape.y <= shape.y + shape.h <= scene.height, shape.id
        if isinstance(shape, Label):
            assert shape.size >= 12, shape.id


def test_every_step_is_a_sound_picture(story: Trace) -> None:
    """In every step no cell lies upon another, nothing leaves the paper, and no text is small."""
    for step in story:
        check(two_trees(step.frame, caption=caption(step)))


@pytest.mark.parametrize("keys", [1, 7, 30, 200])
@pytest.mark.parametrize("order", [3, 4, 8, 64])
def test_trees_of_any_size_fit(keys: int, order: int) -> None:
    """From one key to two hundred, with long and Chinese names, the picture fits; what has no room is counted."""
    store = Store(order=order, page_records=order, traced=True)
    for number in range(keys):
        store.put(f"/registry/节点/worker-{number % (keys * 2 // 3 + 1)}", f"value {number}")
    scene = two_trees(store_frame(store))
    check(scene)
    assert scene.find(f"strip/{store.revision}")
    if keys == 200:
        assert isinstance(scene.find("pages/left"), Label)


def cut(scene: Scene) -> list[str]:
    """Words of a record that are wider than its cell."""
    cells = {shape.id: shape for shape in walk(scene.shapes) if isinstance(shape, Rect) and shape.id.startswith("record/")}
    labels = [shape for shape in walk(scene.shapes) if isinstance(shape, Label) and shape.id.startswith("record/")]
    said = {shape.id: shape.text.en if isinstance(shape.text, Words) else str(shape.text) for shape in labels}
    return [shape.id for shape in labels if text_width(said[shape.id], shape.size) > cells[shape.id.rpartition("/")[0]].w + 4]


def test_a_walk_in_a_long_page_is_seen() -> None:
    """Of a page with sixty records those around the one that is read are drawn, and the rest is counted; so it is with keys."""
    lines = [*(f"put /k{number:02} {number}" for number in range(60)), "get /k05"]
    step = tell(lines, order=64, page_records=64)[-1]
    scene = two_trees(step.frame)
    check(scene)
    assert scene.find("record/7.0").fill == "orange"
    assert scene.find("key//k05").fill == "blue"
    assert scene.find("page/1/name").text.en == "page 1: 16 of 60 records"  # type: ignore[union-attr]  # a label
    assert scene.find("index/1/some").text.en == "12 of 60 keys"  # type: ignore[union-attr]
    assert scene.find("walk/down")


@pytest.mark.parametrize("name", ["datadir", "cluster/m1", "cluster/m3"])
def test_pages_of_a_real_file(name: str) -> None:
    """A real file is drawn page by page, under its own numbers, with words that fit into their cells."""
    member = load(specimens.path(name))
    scene = two_trees(database_frame(member))
    check(scene)
    assert not cut(scene)
    shown = {shape.id.split("/")[1] for shape in walk(scene.shapes) if shape.id.startswith("page/") and shape.id.endswith("/name")}
    assert shown <= {str(page.number) for page in member.bolt.page_map() if page.owner == "key"}


def test_the_walk_is_shown(story: Trace) -> None:
    """While a request walks, its key, its record and its revision are marked, and a line ties them."""
    step = next(step for step in story if step.kind == "store_walk")
    scene = two_trees(step.frame)
    revision = step.detail["revisions"][0]
    assert scene.find("key//nodes/a").fill == "blue"
    assert scene.find(f"record/{revision}").fill == "orange"
    assert scene.find("walk/down").stroke == "orange"


def test_holes_stay_where_they_were(story: Trace) -> None:
    """Compaction moves no record: what stays keeps its place, what goes leaves a dashed cell."""
    before, after = (next(step for step in story if step.kind == kind) for kind in ("index_compact", "pages_compact"))
    one, other = two_trees(before.frame), two_trees(after.frame)
    records = [shape.id for shape in one.shapes if shape.id.startswith("record/") and isinstance(shape, Rect)]
    for name in records:
        assert (one.find(name).x, one.find(name).y) == (other.find(name).x, other.find(name).y)  # type: ignore[attr-defined]  # boxes
    assert sum(other.find(name).dashed for name in records) == after.detail["removed"] > 0


def test_captions_in_both_languages(story: Trace) -> None:
    """Every kind of step has its sentence, in English and in Chinese, that fits under the picture in two lines."""
    kinds = {step.kind for step in story}
    assert kinds <= SENTENCES.keys()
    for step in story:
        words = caption(step)
        assert isinstance(words, Words)
        assert words.en != words.zh
        assert max(text_width(words.en, 15), text_width(words.zh, 15)) < 2 * 860


def test_a_real_member_in_the_same_picture() -> None:
    """The directory of a real etcd is drawn as the same two trees."""
    folder = Path(__file__).parents[2] / "conformance/etcd/datadir"
    scene = two_trees(store_frame(load(folder).server.store))
    check(scene)
    assert scene.find("record/43.0")


def test_the_film(story: Trace) -> None:
    """The film has a frame for each step, jumps to requests, and offers the story as text."""
    film = story_film(story, language="zh")
    assert len(film.frames) == len(story)
    assert film.source.splitlines()[0] == "put /config a"
    assert len(film.jumps[0].steps) == len(film.source.splitlines())
    assert "第 1 页" in still(film.frames[-1].scene, title=film.title, language="zh")
    assert play(story).to_html().startswith("<!doctype html>")


def test_another_trace_is_refused() -> None:
    """A trace that is no story is refused in one sentence."""
    with pytest.raises(StoryError, match=r"expected one that etcd\.tell has made"):
        story_film(Trace("raft", 0, {}, tell("put a 1").steps))
