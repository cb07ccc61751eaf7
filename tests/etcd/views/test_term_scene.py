"""Term and revision as a still: every answer is a step, no revision falls, and terms that nobody won are named."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path

import pytest

from k8sedu import etcd
from k8sedu.etcd.views.term_scene import BOTTOM, LEFT, WIDTH, term_revision_scene
from k8sedu.language import Words
from k8sedu.stage.lettering import text_width
from k8sedu.stage.scene import Scene, walk
from k8sedu.stage.shapes import Label, Rect
from k8sedu.stage.shapes import Path as Outline


def stairs(scene: Scene) -> dict[int, list[float]]:
    """By term: the heights of its steps, one for each answer."""
    found = [shape for shape in scene.shapes if isinstance(shape, Outline) and shape.id.endswith("/stairs")]
    return {int(shape.id.split("/")[1]): [float(y) for y in re.findall(r"V([\d.]+)", shape.d)] for shape in found}


@pytest.mark.conformance("etcd/cluster/expected.json")
def test_every_answer_of_a_real_cluster_is_a_step(conformance_path: Path) -> None:
    """Each response of a real cluster is a step in its term, in order, and no step goes down."""
    rows = json.loads(conformance_path.read_text(encoding="utf-8"))["responses"]
    found = stairs(term_revision_scene(rows))
    assert {term: len(heights) for term, heights in found.items()} == {
        term: sum(row["raft_term"] == term for row in rows) for term in sorted({row["raft_term"] for row in rows})
    }
    heights = [y for term in found for y in found[term]]
    assert heights == sorted(heights, reverse=True)
    top = max(row["revision"] for row in rows)
    assert heights[-1] == pytest.approx(62, abs=0.1)
    assert heights[0] == pytest.approx(BOTTOM - (BOTTOM - 62) * rows[0]["revision"] / top, abs=0.1)


def test_terms_stand_apart_and_lost_ones_are_named() -> None:
    """Bands do not overlap and stay on the paper; term 4 of the specimen, which nobody won, is named below."""
    scene = term_revision_scene(etcd.specimens.responses())
    scene.check()
    bands = [shape for shape in scene.shapes if isinstance(shape, Rect)]
    assert float(bands[0].x) == LEFT  # type: ignore[arg-type]  # bands stand still
    for one, other in pairwise(bands):
        assert one.x + one.w < other.x  # type: ignore[operator]
    assert bands[-1].x + bands[-1].w <= WIDTH + 0.01  # type: ignore[operator]
    missing = [shape.text for shape in walk(scene.shapes) if isinstance(shape, Label) and shape.id.endswith("/missing")]
    assert [text.en for text in missing if isinstance(text, Words)] == ["term 4: nobody won"]


def test_a_run_of_the_model() -> None:
    """A run of one term has no election in it; its words are not small and stay inside of the band."""
    run = etcd.simulate(seed=7, duration_ms=4_000, clients=2)
    scene = term_revision_scene(run, caption="x")
    assert not [shape for shape in scene.shapes if shape.id.startswith("election/")]
    labels = [shape for shape in walk(scene.shapes) if isinstance(shape, Label)]
    assert all(shape.size >= 12 and text_width(str(shape.text), shape.size) < WIDTH for shape in labels)
