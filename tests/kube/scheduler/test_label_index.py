from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from k8sedu.kube.scheduler.label_index import ByLabels, BySelector, anchors
from k8sedu.kube.selectors import EVERYTHING, NOTHING, parse

TEXTS = ("app=web", "app in (web, db)", "app=db,tier=front", "tier=back", "!tier", "app!=web", "tier", "tier,app=job")
LABELS = st.dictionaries(st.sampled_from(["app", "tier"]), st.sampled_from(["web", "db", "job", "front", "back"]))


@given(st.lists(LABELS, max_size=12), st.sets(st.integers(0, 11)), st.sets(st.integers(0, len(TEXTS) - 1)))
def test_whoever_matches_is_a_candidate_and_nobody_is_one_twice(found: list[dict[str, str]], gone: set[int], dropped: set[int]) -> None:
    """Both indexes leave out only what cannot match, also after things have gone."""
    by_labels: ByLabels[int] = ByLabels()
    by_selector: BySelector[str] = BySelector()
    for place, labels in enumerate(found):
        by_labels.add(labels, place)
    for text in TEXTS:
        by_selector.add(parse(text), text)
    for place in sorted(gone & set(range(len(found)))):
        by_labels.remove(found[place], place)
    for place in sorted(dropped):
        by_selector.remove(parse(TEXTS[place]), TEXTS[place])
    left = {place: labels for place, labels in enumerate(found) if place not in gone}
    kept = [text for place, text in enumerate(TEXTS) if place not in dropped]
    for text in TEXTS:
        candidates = list(by_labels.candidates(parse(text)))
        assert len(set(candidates)) == len(candidates)
        assert {place for place, labels in left.items() if parse(text).matches(labels)} <= set(candidates) <= set(left)
    for labels in found:
        candidates = list(by_selector.candidates(labels))
        assert len(set(candidates)) == len(candidates)
        assert {text for text in kept if parse(text).matches(labels)} <= set(candidates) <= set(kept)


def test_nothing_has_no_candidates_and_everything_has_all() -> None:
    """`selects nothing` matches nobody, and an empty selector has no anchor."""
    index: ByLabels[str] = ByLabels()
    index.add({"app": "web"}, "a")
    assert (list(index.candidates(NOTHING)), list(index.candidates(EVERYTHING))) == ([], ["a"])
    assert (anchors(NOTHING), anchors(EVERYTHING)) == ((), None)
