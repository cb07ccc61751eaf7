"""Laws of the lists: what one picks is what the pod has, and picking something else leaves the rest alone."""

from __future__ import annotations

import pytest

from k8sedu.kube.scheduler.explain import explain
from k8sedu.kube.scheduler.lab.bench import Bench, example
from k8sedu.kube.scheduler.lab.picks import WRITTEN, Pick, picks
from k8sedu.language import Words

BENCH = Bench.of(*example())
PICKS = {pick.id: pick for pick in picks(BENCH)}
LINES = [(pick.id, name) for pick in picks(BENCH) for name in pick.options]


def pick(name: str) -> Pick:
    return PICKS[name]


@pytest.mark.parametrize(("name", "line"), LINES)
def test_what_is_picked_is_found_again(name: str, line: str) -> None:
    """The list shows the line that was picked, the scheduler takes it, and picking the first line again gives the pod as it was."""
    chosen = pick(name).put(BENCH, line)
    assert pick(name).chosen(chosen) == line
    assert explain(chosen.candidate(), chosen.cluster()).nodes
    assert pick(name).put(chosen, "none").pod.document() == BENCH.pod.document()


def test_picks_leave_each_other_alone() -> None:
    """Node affinity and pod affinity live in one part of the spec, and neither takes the other's away."""
    both = pick("pod_affinity").put(pick("node_affinity").put(BENCH, "must disk=ssd"), "apart")
    assert pick("node_affinity").chosen(both) == "must disk=ssd"
    assert pick("pod_affinity").chosen(both) == "apart"
    assert pick("node_affinity").chosen(pick("pod_affinity").put(both, "none")) == "must disk=ssd"


def test_what_no_list_has_is_as_written() -> None:
    """A pod of the reader's own is not changed by a list that does not know it."""
    document = BENCH.pod.document()
    document["spec"]["tolerations"] = [{"key": "mine", "operator": "Equal", "value": "x"}]
    own = BENCH.with_pod(document)
    control = pick("tolerations").control(own)
    assert (control.value, control.options[-1][0]) == (WRITTEN, WRITTEN)
    assert pick("tolerations").put(own, WRITTEN) == own


def test_lists_follow_the_cluster() -> None:
    """A taint that somebody puts on a node can be tolerated at once."""
    tainted = BENCH.tainted("n1", "NoSchedule")
    assert "mine" in {pick.id: pick for pick in picks(tainted)}["tolerations"].options
    assert "mine" not in pick("tolerations").options


def test_every_line_is_said_in_both_languages() -> None:
    """Except for names, which are the same everywhere."""
    for found in PICKS.values():
        assert found.label.en != found.label.zh
        assert all(isinstance(words, Words) and words.en != words.zh for words, _ in found.options.values())
