from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from k8sedu import K8sEduError
from k8sedu.stage import Explorer
from k8sedu.stage.explore import Event
from k8sedu.stage.specimen import specimen


def test_an_answer_replaces_the_film() -> None:
    """What the function returns is what the reader sees next; nothing returned keeps the film."""
    answers = [replace(specimen(), title="after"), None]
    explorer = Explorer(specimen(), lambda event: answers.pop(0))
    explorer.act(Event(0, 0, action="stop", shape="node/n1"))
    assert explorer.document["title"] == "after"
    explorer.act(Event(0, 0, action="stop", shape="node/n1"))
    assert explorer.document["title"] == "after"


def test_a_refusal_is_told_in_the_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    """An action that cannot be done tells its one sentence to the reader instead of a traceback to the log."""

    def refuse(event: Event) -> None:
        raise K8sEduError(f"{event.shape} is stopped, expected a running node")

    told: list[dict[str, Any]] = []
    explorer = Explorer(specimen(), refuse)
    monkeypatch.setattr(explorer, "send", told.append)
    explorer.act(Event(0, 0, action="stop", shape="node/n1"))
    assert told == [{"error": "node/n1 is stopped, expected a running node"}]


def test_the_browser_speaks_in_events() -> None:
    """A message from the browser arrives as an event with its place in the run."""
    events: list[Event] = []
    explorer = Explorer(specimen(), events.append)
    explorer._answered(explorer, {"control": "loss", "value": 10, "time_us": 4_000, "step": 1}, [])
    assert events == [Event(4_000, 1, control="loss", value=10)]
