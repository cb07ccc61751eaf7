from __future__ import annotations

import json
import shutil
import subprocess
from typing import Any

import pytest

from k8sedu import Words
from k8sedu.stage import Circle, Countdown, Document, Frame, Label, Ramp, Scene, TextBox, Token
from k8sedu.stage.encoding import encode
from k8sedu.stage.source import FOLDER
from k8sedu.stage.specimen import specimen

READ = """
import { decodeFilm } from "./film.js";
import { readFileSync } from "node:fs";
const film = decodeFilm(JSON.parse(readFileSync(0, "utf8")));
console.log(JSON.stringify(film.frames.map((frame) => Object.fromEntries(frame.shapes))));
"""


def film(*scenes: Scene) -> Document:
    return Document(title="x", frames=tuple(Frame(i, "step", "", scene) for i, scene in enumerate(scenes)))


def read_back(document: Document) -> Any:
    """The frames as the player's JavaScript reads them."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node is not installed; the browser tests cover the same code")
    command = [node, "--input-type=module", "-e", READ]
    done = subprocess.run(command, input=json.dumps(encode(document)), text=True, capture_output=True, cwd=str(FOLDER), check=True)
    return json.loads(done.stdout)


def test_what_stays_is_not_written_again() -> None:
    """A frame in which nothing changes holds its time, its kind and its actor only."""
    scene = Scene(shapes=(Circle("dot", 1, 2, 3, fill="ink"),))
    assert encode(film(scene, scene))["frames"][1] == {"t": 1, "k": "step", "a": ""}


def test_a_change_is_written_as_the_changed_fields() -> None:
    """A moved shape costs its new place; a field that goes back to nothing says so."""
    one, other = Circle("dot", 1, 2, 3, fill="ink"), Circle("dot", 1, 9, 3)
    assert encode(film(Scene(shapes=(one,)), Scene(shapes=(other,))))["frames"][1]["s"] == {0: {"y": 9, "fill": None}}


def test_javascript_reads_what_python_wrote() -> None:
    """Decoded from differences, every frame of a long film has the same shapes as if it were written alone."""
    whole = specimen(5, 30)
    alone = [read_back(film(frame.scene))[0] for frame in whole.frames[::7]]
    together = read_back(whole)[::7]
    words = encode(whole)["words"]

    def plain(frames: list[dict[str, dict[str, Any]]]) -> list[dict[str, Any]]:
        kept = ("kind", "x", "y", "r", "fill", "stroke", "dashed", "size", "weight", "opacity", "card", "clickable")
        return [
            {key: {name: shape[name] for name in kept if shape.get(name) is not None} for key, shape in frame.items()} for frame in frames
        ]

    assert words
    assert plain(together) == plain(alone)


def test_texts_and_ramps_have_short_forms() -> None:
    """Two languages are a row of a table, a countdown its instant and row, a ramp four numbers."""
    shapes = (
        Label("a", 0, 0, Words("leader", "领导者")),
        Label("b", 0, 0, Countdown(5_000)),
        Token("c", Ramp(0, 10, 1.23456, 2.0), 0),
    )
    written = encode(film(Scene(shapes=shapes)))
    shown = written["frames"][0]["s"]
    assert written["words"][shown[0]["text"]] == ["leader", "领导者"]
    assert shown[1]["text"][0] == 5_000
    assert shown[2]["x"] == [0, 10, 1.23, 2]


def test_a_text_box_travels_with_its_words() -> None:
    """What the reader may write arrives as it is; the label and the button are rows of the table of words."""
    document = Document(title="x", frames=film(Scene(shapes=())).frames, controls=(TextBox("pod", Words("pod", "Pod"), "a: 1\nb: 2"),))
    written = encode(document)
    (control,) = written["controls"]
    assert (control["kind"], control["value"], control["rows"]) == ("textbox", "a: 1\nb: 2", 10)
    assert [written["words"][control[key]] for key in ("label", "apply")] == [["pod", "Pod"], ["apply", "应用"]]


def test_encoding_is_deterministic() -> None:
    """The same film gives the same JSON."""
    assert json.dumps(encode(specimen())) == json.dumps(encode(specimen()))
