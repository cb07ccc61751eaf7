"""Laws of short words: every reason of a plugin has some, in both languages, and no two scorers share a colour."""

from __future__ import annotations

import pytest

from k8sedu.kube.scheduler.profiles import default_profile
from k8sedu.kube.scheduler.views.tones import COLOURS, REASONS, amount, asked, brief, colour_of, said, short_name


def test_scorers_of_the_default_profile_are_told_apart() -> None:
    """Each classic scorer has a colour of its own."""
    classic = [name for name in default_profile().scorers if name in COLOURS]
    assert len({colour_of(name) for name in classic}) == len(classic) == 7


@pytest.mark.parametrize("reason", REASONS)
def test_a_reason_is_shorter_in_the_picture(reason: str) -> None:
    """Both languages have words for it, and one word where there is very little room."""
    words = said((reason,))
    assert len(words.en) < len(reason) or reason == "Too many pods"
    assert words.en != words.zh
    assert len(brief((reason,)).en) <= len(words.en)


def test_what_is_not_known_is_told_as_it_stands() -> None:
    """A plugin that somebody wrote keeps its words."""
    assert said(("node(s) had no GPU",)).en == "node(s) had no GPU"
    assert said(("Insufficient cpu", "Too many pods")).en == "too little cpu, too many pods"
    assert said(("node(s) had untolerated taint {gpu: yes}",)).en == "taint gpu: yes"
    assert said(('persistentvolumeclaim "data" not found',)).zh == "它的卷声明不存在"
    assert said(("node(s) didn't satisfy plugin(s) [NodeAffinity]",)).en == "not among those of NodeAffinity"


def test_amounts_are_those_of_manifests() -> None:
    """Cores in thousandths where they are no tenths, memory in binary units, the rest as it is."""
    assert [amount("cpu", value) for value in (0, 250, 1_000, 1_250, 2_500)] == ["0", "250m", "1", "1250m", "2.5"]
    assert [amount("memory", value) for value in (0, 1024**2, 1536 * 1024**2)] == ["0", "1Mi", "1.5Gi"]
    assert asked({"nvidia.com/gpu": 1, "memory": 1024, "cpu": 100}) == ["cpu 100m", "memory 1Ki", "nvidia.com/gpu 1"]
    assert short_name("NodeResourcesFit") == "Fit"
