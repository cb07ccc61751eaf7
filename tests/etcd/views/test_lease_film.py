from __future__ import annotations

import pytest

from k8sedu import etcd
from k8sedu.etcd.views.lease_captions import SENTENCES
from k8sedu.etcd.views.lease_film import LeaseFilmError, floor_of, lease_film
from k8sedu.etcd.views.lease_moments import ALWAYS, APPLIED, counting, ended, leases, moments
from k8sedu.language import Words
from k8sedu.stage.document import Document
from k8sedu.stage.encoding import encode
from k8sedu.stage.lettering import text_width
from k8sedu.stage.motion import Countdown, Ramp, number_at, text_at
from k8sedu.stage.scene import Scene, walk
from k8sedu.stage.shapes import Arc, Circle, Label, Rect, Token
from k8sedu.trace import Trace

FAULTS = ["at 8000 crash c1", "at 12000 crash n2", "at 14000 restart n2"]


@pytest.fixture(scope="module")
def run() -> Trace:
    """Two clients hold leases with three keys each; one crashes, and then the leader does."""
    return etcd.simulate(seed=3, duration_ms=20_000, clients=etcd.Clients(keepers=2, keys_per_lease=3, ttl_s=4), faults=FAULTS)


@pytest.fixture(scope="module")
def film(run: Trace) -> Document:
    """Its film."""
    return lease_film(run)


def check(scene: Scene) -> None:
    """Boxes stay on the paper and apart from each other; no text is small."""
    scene.check()
    boxes = [shape for shape in walk(scene.shapes) if isinstance(shape, Rect) and shape.id != "lessor"]
    for number, one in enumerate(boxes):
        assert 0 <= one.x <= one.x + one.w <= scene.width, one.id  # type: ignore[operator]  # boxes stand still here
        assert 0 <= one.y <= one.y + one.h <= scene.height, one.id  # type: ignore[operator]
        for other in boxes[number + 1 :]:
            apart = one.x + one.w <= other.x or other.x + other.w <= one.x or one.y + one.h <= other.y or other.y + other.h <= one.y  # type: ignore[operator]
            assert apart, (one.id, other.id)
    for shape in walk((*scene.shapes, *scene.card)):
        assert not isinstance(shape, Label) or shape.size >= 12, shape.id


def at(film: Document, kind: str, number: int = 0) -> Scene:
    """The picture at the n-th moment of a kind."""
    return [frame.scene for frame in film.frames if frame.kind == kind][number]


def test_every_moment_is_a_sound_picture(film: Document) -> None:
    """At every moment nothing overlaps or leaves the paper, and the sentence below fits, in both languages."""
    for frame in film.frames:
        check(frame.scene)
        words = frame.scene.caption
        assert isinstance(words, Words)
        assert max(text_width(words.en, 15), text_width(words.zh, 15)) < 2 * 860


def test_a_clock_shows_what_the_leader_counts(run: Trace, film: Document) -> None:
    """Arc and seconds are those of the leader's lessor, at every moment and between them."""
    for moment, frame in zip(moments(run), film.frames, strict=True):
        for held in leases(moment.frame):
            if held.expiry_us is None or held.expiry_us < moment.time_us:
                continue
            arc, rest = frame.scene.find(f"lease/{held.lease}/arc"), frame.scene.find(f"lease/{held.lease}/rest")
            assert isinstance(arc, Arc)
            assert isinstance(rest, Label)
            left_us = held.expiry_us - moment.time_us
            assert number_at(arc.sweep, moment.time_us) == pytest.approx(min(left_us / held.ttl_s / 1e6, 1))
            assert text_at(rest.text, moment.time_us, "en") == f"{-(-left_us // 1_000_000)} s"


def test_a_keep_alive_flies_until_the_clock_is_wound_up(run: Trace, film: Document) -> None:
    """Its dot arrives when the leader answers; one that nobody answers stops at the edge, with a cross."""
    sent = [frame for frame in film.frames if frame.kind == "keep_alive_sent"]
    wound = {frame.time_us for frame in film.frames if frame.kind == "keep_alive"}
    lost = 0
    for frame in sent:
        token = next(shape for shape in frame.scene.shapes if isinstance(shape, Token))
        assert isinstance(token.x, Ramp)
        if [shape for shape in frame.scene.shapes if shape.id.endswith("/lost")]:
            lost += 1
        else:
            assert token.x.end_us in wound
    assert len(sent) - lost == len(run.where("keep_alive"))
    assert lost >= 1


def test_what_is_under_way_at_the_end_is_not_lost() -> None:
    """A keep-alive that the end of the run overtakes has no cross; one that stays unanswered has."""
    plan = ["at 200 timeout n1", 'at 800 request "grant 7 60" to c1', 'at 1500 request "keep 7" to c1']
    clients = etcd.Clients(guests=1, ttl_s=3)
    lost = {}
    for name, faults, duration_ms in (("end", plan, 1_500.2), ("cut", [*plan, "at 1400 partition c1 | n1 n2 n3"], 2_400)):
        scene = at(lease_film(etcd.simulate(duration_ms=duration_ms, clients=clients, faults=faults)), "keep_alive_sent")
        lost[name] = [shape.id for shape in scene.shapes if shape.id.endswith("/lost")]
    assert lost == {"end": [], "cut": ["keep-alive/c1/7/lost"]}


def test_all_keys_of_a_lease_go_as_one_revision_in_their_order(film: Document) -> None:
    """The moment a lease ends its keys are dashed, each under a sub revision of the same revision, in key order."""
    scene = at(film, "lease_revoke")
    labels = [shape for shape in scene.shapes if isinstance(shape, Label) and shape.id.endswith("/revision")]
    told = {shape.id.split("/key/")[1].removesuffix("/revision"): shape.text for shape in labels if "/key/" in shape.id}
    assert told == {"c1/1": "8.0", "c1/2": "8.1", "c1/3": "8.2"}
    assert scene.find("lease/1004/key/c1/1").dashed
    assert scene.find("strip/8/cross")


def test_nobody_counts_without_a_leader(run: Trace, film: Document) -> None:
    """Between the leader's crash and the next election the clocks are dashed; the next leader begins them anew, and longer."""
    crashed = at(film, "crash")
    face = crashed.find("lease/2003/face")
    assert isinstance(face, Circle)
    assert face.dashed
    assert crashed.find("lessor").dashed
    moment = next(moment for moment in moments(run) if moment.kind == "lessor_promoted" and moment.detail["leases"])
    (held,) = leases(moment.frame)
    assert held.expiry_us is not None
    assert held.expiry_us - moment.time_us > held.ttl_s * 1_000_000
    assert counting(moment.frame)["id"] == moment.actor  # type: ignore[index]  # there is one


def test_a_lease_keeps_its_row(film: Document) -> None:
    """No clock moves while it lives."""
    places: dict[str, tuple[object, object]] = {}
    for frame in film.frames:
        for shape in frame.scene.shapes:
            if shape.id.startswith("lease/") and shape.id.count("/") == 1:
                here = shape.x, shape.y  # type: ignore[attr-defined]  # a group
                assert places.setdefault(shape.id, here) == here


def test_many_leases_and_many_keys_fit() -> None:
    """A dozen leases and a dozen keys on one of them stay on the paper; what has no room is counted."""
    grants = [f'at {1000 + 20 * lease} request "grant {lease} 60"' for lease in range(1, 13)]
    puts = [f'at {2000 + 20 * key} request "put /registry/节点/{key} up lease 1"' for key in range(12)]
    run = etcd.simulate(duration_ms=4_000, faults=["at 200 timeout n1", *grants, *puts])
    film = lease_film(run)
    for frame in film.frames:
        check(frame.scene)
    last = film.frames[-1].scene
    assert text_at(last.find("lessor/more").text, 0, "en") == "6 more leases"  # type: ignore[attr-defined]  # a label
    assert last.find("lease/1/more").text.startswith("+")  # type: ignore[attr-defined]


def test_rows_are_used_again() -> None:
    """A lease that is granted after another one has ended takes its row; a lease that is granted again keeps its own."""
    lines = [(1000, "grant 1 60"), (1200, "grant 2 60"), (1400, "revoke 1"), (1600, "grant 3 60"), (1800, "grant 1 60")]
    run = etcd.simulate(duration_ms=2_500, faults=["at 200 timeout n1", *(f'at {ms} request "{line}"' for ms, line in lines)])
    floor = floor_of(moments(run))
    assert {lease: floor.slots[lease] for lease in (2, 3)} == {2: 1, 3: 0}
    lease_film(run)


def test_every_kind_of_moment_has_a_sentence() -> None:
    """Whatever the film may show is told in words of its own."""
    assert SENTENCES.keys() >= (APPLIED | ALWAYS)


def test_the_end_of_a_lease_is_the_first_members(run: Trace) -> None:
    """Three members end the lease; the film shows it once, with the keys that it had."""
    found = [gone for gone in map(ended, moments(run)) if gone is not None]
    assert [(gone.lease, gone.keys) for gone in found] == [(1004, ("c1/1", "c1/2", "c1/3"))]


def test_seconds_travel_to_the_player(film: Document) -> None:
    """A countdown in seconds is written with its unit, one in milliseconds without."""
    shapes = [change for frame in encode(film)["frames"] for change in frame.get("s", {}).values()]
    texts = [change["text"] for change in shapes if isinstance(change.get("text"), list)]
    assert texts
    assert all(text[2] == 1_000_000 for text in texts)
    assert text_at(Countdown(2_000, Words("{}", "{}")), 0, "en") == "2"


def test_what_is_no_cluster_is_refused(run: Trace) -> None:
    """A story has no clocks, and a stretch outside of the run shows nothing: both are told in one sentence."""
    with pytest.raises(LeaseFilmError, match=r"expected one of etcd\.simulate"):
        lease_film(etcd.tell("put a 1"))
    with pytest.raises(LeaseFilmError, match="nothing happens"):
        lease_film(run, start_ms=90_000)
