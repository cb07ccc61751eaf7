from __future__ import annotations

import pytest

from k8sedu import etcd
from k8sedu.etcd.sim.frames import STEPS
from k8sedu.etcd.views import members_film
from k8sedu.etcd.views.film import FILMS, ViewError
from k8sedu.etcd.views.member_captions import SENTENCES
from k8sedu.language import Words
from k8sedu.raft.views.captions import CAPTIONS
from k8sedu.stage.scene import walk
from k8sedu.stage.shapes import Label
from k8sedu.trace import Trace


@pytest.fixture(scope="module")
def run() -> Trace:
    """Everybody: writers, watchers, keepers and counters, a crash and a restart."""
    clients = etcd.Clients(writers=1, watchers=1, keepers=1, counters=1)
    return etcd.simulate(seed=3, duration_ms=9_000, clients=clients, faults=["at 5000 crash n2", "at 7000 restart n2"])


def test_every_member_shows_its_revision(run: Trace) -> None:
    """Below each member stands the revision of its store, at every step, and its panel tells of its leases."""
    film = members_film(run)
    for frame in film.frames:
        frame.scene.check()
    last, state = film.frames[-1].scene, run[-1].frame
    for name, node in state["nodes"].items():
        shape = last.find(f"node/{name}/revision")
        assert isinstance(shape, Label)
        assert shape.text == f"revision {node['revision']}"
        rows = dict(last.find(f"node/{name}").details)
        told = rows["revision"]
        assert isinstance(told, Words)
        assert told.en.startswith(f"{node['revision']}; 1 lease, {'' if node['is_primary'] else 'not '}counted here")


def test_what_was_applied_is_told(run: Trace) -> None:
    """A put that is applied is told in the sentence of its step, in both languages, behind Raft's own."""
    film = members_film(run)
    texts = [frame.scene.caption for frame in film.frames if isinstance(frame.scene.caption, Words)]
    assert any("applies put" in words.en and "应用 put" in words.zh for words in texts)
    assert any("is committed" in words.en and "applies" in words.en for words in texts)


def test_a_request_is_told_in_etcds_words(run: Trace) -> None:
    """No sentence shows the JSON of an entry; a keep-alive is never said to enter the log, and a passed-on write names the leader."""
    said = [(frame.kind, frame.scene.caption.en) for frame in members_film(run).frames]  # type: ignore[union-attr]  # two languages
    assert not [text for _, text in said if '{"id"' in text]
    taken = [text for kind, text in said if kind == "receive_client_request"]
    assert any("passes" in text and "on to" in text for text in taken)
    assert all("appends" not in text for text in taken if "keep_alive" in text or "keep-alive" in text)


def test_every_step_has_a_sentence() -> None:
    """Each kind of step that etcd adds has a sentence, of Raft or of etcd."""
    assert STEPS.keys() - CAPTIONS.keys() - SENTENCES.keys() == set()


def test_what_did_not_change_is_shared(run: Trace) -> None:
    """A member that nothing happened to is the very same shape in the next frame, which keeps films of thousands of steps small."""
    film = members_film(run)
    pairs = zip(film.frames, film.frames[1:], strict=False)
    shared = [one.scene.find("node/n1") is other.scene.find("node/n1") for one, other in pairs]
    assert sum(shared) > len(shared) / 3
    assert all(not isinstance(shape, Label) or shape.size >= 12 for shape in walk(film.frames[-1].scene.shapes))


@pytest.mark.parametrize(("system", "view"), [(system, view) for system, views in FILMS.items() for view in views])
def test_every_trace_can_be_played(run: Trace, system: str, view: str) -> None:
    """Each view of each kind of trace makes a page that plays by itself."""
    stories = {"etcd-store": etcd.tell(["put a 1", "txn if mod a = 2 then put a 2"]), "etcd-wal": etcd.write_log(["append 1 1 put a 1"])}
    trace = run if system == "etcd" else stories[system]
    stretch = {"start_ms": 1_000, "end_ms": 3_000} if view in ("members", "leases") else {}
    assert etcd.views.play(trace, view, **stretch).to_html().startswith("<!doctype html>")  # type: ignore[arg-type]  # of the table


def test_a_view_that_a_trace_does_not_have_is_refused(run: Trace) -> None:
    """The sentence names the views that there are."""
    with pytest.raises(ViewError, match="expected one of members, member, leases, txn"):
        etcd.views.play(run, "trees")
    with pytest.raises(ViewError, match="expected one of trees, txn"):
        etcd.views.play(etcd.tell("put a 1"), "leases")
    with pytest.raises(ViewError, match="expected the view members, member, leases"):
        etcd.views.play(etcd.tell("put a 1"), start_ms=0)
    with pytest.raises(ViewError, match="expected one with frames"):
        etcd.views.play(etcd.simulate(duration_ms=100, frames=False))
    with pytest.raises(ViewError, match="met a trace of 'raft'"):
        etcd.views.play(Trace("raft", 0, {}, run.steps))
