"""Laws of the pictures of a Docker host: everything has its place and keeps it, and the numbers are the trace's."""

from __future__ import annotations

from pathlib import Path

import pytest

from k8sedu import docker
from k8sedu.docker.views.film import PortsError, film, kept
from k8sedu.docker.views.scene import CONTAINERS, HEIGHT, ROWS, WIDTH
from k8sedu.stage.scene import walk
from k8sedu.stage.shapes import Label, Rect
from k8sedu.trace import Trace

CROWD_FAULTS = ["at 9000 crash tomcat-1", 'at 9300 request "outside curl 192.168.0.10:9080"', "at 9500 crash host"]


@pytest.fixture(scope="module")
def peers() -> Trace:
    """The notes' example."""
    return docker.simulate()


@pytest.fixture(scope="module")
def crowd() -> Trace:
    """More containers and ports than there is room for."""
    return docker.simulate(containers=16, insist=True, seed=3, every_ms=500, faults=CROWD_FAULTS)


def test_every_scene_is_whole_and_inside_its_paper(crowd: Trace) -> None:
    """No id twice, and no box beyond the edge."""
    for frame in film(crowd).frames:
        frame.scene.check()
        for shape in walk(frame.scene.shapes):
            if isinstance(shape, Rect):
                assert 0 <= float(shape.x) <= WIDTH - float(shape.w)  # type: ignore[arg-type]  # nothing here is a ramp
                assert 0 <= float(shape.y) <= HEIGHT - float(shape.h)  # type: ignore[arg-type]  # nothing here is a ramp
            if isinstance(shape, Label):
                assert shape.size >= 12


def test_the_table_that_is_drawn_is_the_table_that_is(peers: Trace) -> None:
    """A row for each published port, and a line from it to its container."""
    for frame, step in zip(film(peers).frames, peers, strict=True):
        rows = {f"row/{row.host_port}/tcp/0.0.0.0" for row in step.frame.rows}  # type: ignore[union-attr]  # it has pictures
        assert {shape.id for shape in frame.scene.shapes if shape.id.startswith("row/") and shape.id.count("/") == 3} == rows
        assert {shape.id.removesuffix("/lead") for shape in frame.scene.shapes if shape.id.endswith("/lead")} == rows


def test_what_has_a_place_keeps_it(crowd: Trace) -> None:
    """From step to step no box of a container and no row of the table moves, unless all containers are laid out anew."""
    before: dict[str, tuple[object, object]] = {}
    moved = 0
    for frame in film(crowd).frames:
        now = {shape.id: (shape.x, shape.y) for shape in frame.scene.shapes if isinstance(shape, Rect) and shape.id.startswith("row/")}
        moved += sum(before[name] != place for name, place in now.items() if name in before)
        before = now
    assert moved == 0


def test_places_are_kept_and_free_ones_are_filled() -> None:
    """Who leaves, leaves a hole; who comes takes the lowest."""
    places = kept(kept({}, "abcd"), "acd")
    assert places == {"a": 0, "c": 2, "d": 3}
    assert kept(places, "acde")["e"] == 1


def test_what_is_hidden_is_counted(crowd: Trace) -> None:
    """16 containers and their ports: 12 and 10 are drawn, the rest is a number."""
    scene = film(crowd).frames[-3].scene
    shown = [shape for shape in scene.shapes if isinstance(shape, Rect) and shape.id.startswith("container/")]
    assert len(shown) == CONTAINERS
    assert scene.find("shelf/more").text.en == "and 4 more containers"  # type: ignore[attr-defined]  # it is a label
    rows = docker.views.port_table(crowd, step=len(crowd) - 3)
    assert scene.find("table/more").text.en == f"and {len(rows) - ROWS} more rows"  # type: ignore[attr-defined]  # it is a label


def test_an_address_that_was_rewritten_is_marked_there_and_only_there(peers: Trace) -> None:
    """At the table the destination, on the way out the source."""
    marked = {}
    for frame, step in zip(film(peers).frames, peers, strict=True):
        ids = {shape.id for shape in frame.scene.shapes}
        for end in ("source", "destination"):
            if f"packet/{end}/changed" in ids:
                marked.setdefault(step.detail.place, end)
                assert end in step.detail.changed
    assert marked["PREROUTING"] == "destination"
    assert marked["POSTROUTING"] == "source"


def test_every_step_is_said_in_both_languages(crowd: Trace, peers: Trace) -> None:
    """No caption is a bare word, and the Chinese one is Chinese."""
    for frame in (*film(crowd).frames, *film(peers).frames):
        english, chinese = frame.scene.caption  # type: ignore[misc]  # a pair of words
        assert english.startswith("**")
        assert any("\u4e00" <= letter <= "\u9fff" for letter in chinese)


def test_the_film_saves_and_refuses_other_runs(peers: Trace, tmp_path: Path) -> None:
    """One file; a run of something else, or without frames, is told apart."""
    assert docker.views.play(peers).save(tmp_path / "ports.html").stat().st_size > 10_000
    for other in (Trace("raft", 0, peers.parameters, tuple(peers)), docker.simulate(frames=False)):
        with pytest.raises(PortsError, match=r"expected one of docker\.simulate with frames"):
            film(other)


def test_the_chart_of_growth_has_the_numbers_of_its_table(crowd: Trace) -> None:
    """Three lines, each named at its end with its last number."""
    ax = docker.views.growth_chart(crowd, language="en")
    rows = docker.views.growth(crowd)
    assert [list(line.get_ydata()) for line in ax.lines] == [list(rows[name]) for name in ("rules", "conflicts", "rows")]
    assert ax.texts[2].get_text() == f"{rows['rows'].iloc[-1]} rows"
    assert [str(kind) for kind in rows.dtypes] == ["int64"] * 4


def test_an_address_belongs_to_one_container_at_a_time() -> None:
    """Tenures of one address never overlap, and the chart has a bar for each."""
    plan = ["docker run --name a nginx", "docker run --name b redis", "docker stop a", "docker run --name c redis", "docker start a"]
    trace = docker.simulate(plan)
    spans = sorted(docker.views.tenures(trace), key=lambda span: (span[1], span[2]))
    assert [span[:2] for span in spans] == [("a", "172.17.0.2"), ("c", "172.17.0.2"), ("b", "172.17.0.3"), ("a", "172.17.0.4")]
    assert spans[0][3] <= spans[1][2]
    assert len(docker.views.address_timeline(trace).patches) == len(spans)


def test_the_table_of_a_run_has_a_row_per_step(peers: Trace) -> None:
    """Time, kind, actor, and what the terminal would have said."""
    rows = docker.views.table(peers)
    assert len(rows) == len(peers)
    assert str(rows.time_us.dtype) == "int64"
    assert rows.text[rows.kind == "conflict"].item() == "Bind for 0.0.0.0:7051 failed: port is already allocated"
