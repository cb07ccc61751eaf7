from __future__ import annotations

from itertools import pairwise

import pytest

from k8sedu import etcd
from k8sedu.etcd.accounts import asked, compared
from k8sedu.etcd.commands import parse
from k8sedu.etcd.mvcc import Store
from k8sedu.etcd.views.txn_card import Progress, summary, txn_card
from k8sedu.etcd.views.txn_film import LEGEND, NoTransactionError, txn_film
from k8sedu.language import Words
from k8sedu.stage.lettering import text_width
from k8sedu.stage.motion import text_at
from k8sedu.stage.scene import Scene, walk
from k8sedu.stage.shapes import Icon, Label, Rect
from k8sedu.stage.svg import still
from k8sedu.trace import Frozen

LONG = "/registry/deployments/default/" + "frontend-" * 12
REQUESTS = (
    "txn if mod /config = 2 and version /nodes/a > 0 and value /jobs = 7 then put /config v3 and put /nodes/a down else get /config",
    "txn if mod /config = 4 then put /jobs x and txn if version /nodes/a = 1 then delete /nodes/ prefix else get /nodes/a else get /config",
    "txn then put a 1",
    "txn if mod /nope = 0 then put /nope 1 lease 5",
    f"txn if value {LONG} = {LONG} then put {LONG} {LONG} else get {LONG} and get /nodes/ prefix and delete {LONG}",
    "txn if version /nodes/ > 3 then get a else get b",
)


def store() -> Store:
    """A few keys: revision 5."""
    filled = Store()
    for key, value in (("/config", "v1"), ("/nodes/a", "up"), ("/config", "v2"), ("/nodes/b", "up")):
        filled.put(key, value)
    return filled


def accounts() -> list[Frozen]:
    """One transaction of each kind, carried out."""
    return [etcd.txn_account(store(), parse(request)) for request in REQUESTS]


def check(scene: Scene) -> None:
    """Nothing leaves the paper, words stay inside their box and apart from each other, no text is small."""
    scene.check()
    rows: dict[float, list[tuple[float, float, str]]] = {}
    for shape in walk(scene.shapes):
        if isinstance(shape, Rect):
            assert 0 <= shape.x <= shape.x + shape.w <= scene.width, shape.id
            assert 0 <= shape.y <= shape.y + shape.h <= scene.height, shape.id
        if isinstance(shape, Label):
            assert shape.size >= 12, shape.id
            width = max(text_width(text_at(shape.text, 0, code), shape.size) for code in ("en", "zh"))
            left = shape.x - (width if shape.anchor == "end" else width / 2 if shape.anchor == "middle" else 0)
            assert 0 <= left <= left + width <= scene.width, shape.id
            rows.setdefault(shape.y, []).append((left, left + width, shape.id))
    for row in rows.values():
        row.sort()
        for (_, end, one), (start, _, other) in pairwise(row):
            assert end <= start + 1, (one, other)


@pytest.mark.parametrize("number", range(len(REQUESTS)))
def test_every_card_is_a_sound_picture(number: int) -> None:
    """Whatever a transaction asks, and at every step of it, the card fits: long keys, nested branches, refusals."""
    for frame in txn_film(accounts()[number]).frames:
        check(frame.scene)


def test_the_branch_that_runs_is_lit() -> None:
    """The taken branch has a thick orange rim and says so; the other is dashed; both are told by more than colour."""
    scene = txn_card(accounts()[0])
    assert (scene.find("otherwise").stroke, scene.find("otherwise").dashed) == ("orange", False)
    assert (scene.find("then").stroke, scene.find("then").dashed) == ("grey", True)
    assert scene.find("otherwise/taken").text.en == "runs"  # type: ignore[attr-defined]  # a label in two languages
    names = [scene.find(f"if/{place}/verdict").name for place in range(3)]  # type: ignore[attr-defined]  # icons
    assert names == ["cross", "check", "cross"]


def test_what_was_met_stands_in_the_card() -> None:
    """Each comparison shows what it met and which revision wrote that, and the head says what all of them see."""
    scene = txn_card(accounts()[0])
    told = {shape.id: text_at(shape.text, 0, "en") for shape in scene.shapes if isinstance(shape, Label)}
    assert (told["if/0/wanted"], told["if/0/met"], told["if/0/since"]) == ("= 2", "4", "revision 4")
    assert told["if/2/met"] == "no such key"
    assert told["if/view"].endswith("revision 5")
    assert told["otherwise/0/answer"] == "v2 (mod 4)"
    assert told["revision/why"] == "nothing was written: it stays"


def test_nothing_is_shown_before_it_is_known() -> None:
    """A card that is only asked shows no verdict and no answer; one that is compared shows no answer."""
    request = parse(REQUESTS[0])
    before, between = txn_card(asked(request)), txn_card(compared(store(), request))
    assert not [shape for shape in before.shapes if isinstance(shape, Icon) or shape.id.endswith(("0/met", "/answer"))]
    assert [shape for shape in between.shapes if isinstance(shape, Icon)]
    assert not [shape for shape in between.shapes if shape.id.endswith(("/answer", "/mark"))]


def test_the_film_answers_all_comparisons_before_the_first_operation() -> None:
    """Ask, one step per comparison, the choice, one step per operation, the revision: in etcd's order."""
    film = txn_film(accounts()[:2])
    kinds = [frame.kind for frame in film.frames]
    assert kinds == ["ask", *["compare"] * 3, "choose", "get", "answer", "ask", "compare", "choose", "put", "delete", "answer"]
    assert len({frame.scene.height for frame in film.frames}) == 1
    assert film.jumps[0].steps == (0, 7)
    assert film.legend == LEGEND
    for frame in film.frames:
        words = frame.scene.caption
        assert isinstance(words, Words)
        assert max(text_width(words.en, 15), text_width(words.zh, 15)) < 2 * 860


def test_a_story_and_a_cluster_are_played_as_cards() -> None:
    """`play(trace, "txn")` takes each transaction of a run once; a run without any is refused in one sentence."""
    story = etcd.tell(["put a 1", REQUESTS[2], "txn if mod a = 9 then get a else get b"])
    assert len(etcd.views.play(story, "txn").film.bands) == 2
    run = etcd.simulate(seed=5, duration_ms=5_000, clients=etcd.Clients(counters=2))
    txns = {step.detail["index"] for step in run.where("txn")}
    assert len(etcd.views.play(run, "txn").film.bands) == len(txns) > 3
    assert len(etcd.views.play(accounts()[2]).film.frames) == 4
    with pytest.raises(NoTransactionError, match="without transactions"):
        txn_film(etcd.tell("put a 1"))


def test_the_trees_show_the_transaction_in_their_corner() -> None:
    """While a story's request is a transaction its card stands beside the index, above the pages, and inside the paper."""
    lines = [*(f"put /k{number} v" for number in range(20)), *REQUESTS[:2], "get /k1"]
    for step, frame in zip(etcd.tell(lines), etcd.views.story_film(etcd.tell(lines)).frames, strict=True):
        is_txn = step.frame["txn"] is not None
        shown = [shape for shape in frame.scene.shapes if shape.id == "txn"]
        assert bool(shown) == is_txn
        for box in shown:
            pages = [shape for shape in frame.scene.shapes if shape.id.startswith("page/") and isinstance(shape, Rect)]
            assert isinstance(box, Rect)
            assert all(box.y + box.h < page.y for page in pages if page.x + page.w > box.x)


def test_the_card_as_a_still_in_both_languages() -> None:
    """The card draws itself as SVG, light and dark, and its sentence exists in both languages."""
    account = accounts()[1]
    assert "全部成立" in still(txn_card(account), theme="dark", language="zh")
    assert "all hold" in still(txn_card(account, Progress(1, is_chosen=True, done=0, is_over=False)), language="en")
    assert summary(account).en.endswith("one revision, 6.")
