from __future__ import annotations

from typing import Any

from k8sedu.kube.objects.affinity import Affinity
from k8sedu.kube.scheduler.terms import NO_TERMS, Term, terms_of


def term(release_knows_keys: bool = True, **found: Any) -> Term:
    affinity = Affinity.of({"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{"topologyKey": "zone", **found}]}})
    (made,) = terms_of(affinity, "a", {"version": "2"}, with_label_keys=release_knows_keys).required_affinity
    return made


def test_an_unnamed_namespace_is_the_owners_own() -> None:
    """Named ones replace it, an empty selector means all, and names and selector add up."""
    everything = {"labelSelector": {}}
    assert [term(**everything).matches(namespace, {}, {}) for namespace in "ab"] == [True, False]
    assert [term(**everything, namespaces=["b"]).matches(namespace, {}, {}) for namespace in "ab"] == [False, True]
    assert [term(**everything, namespaceSelector={}).matches(namespace, {}, {}) for namespace in "ab"] == [True, True]
    both = term(**everything, namespaces=["b"], namespaceSelector={"matchLabels": {"team": "x"}})
    asked = (("a", {}), ("b", {}), ("c", {"team": "x"}))
    assert [both.matches(namespace, {}, labels) for namespace, labels in asked] == [False, True, True]


def test_label_keys_join_the_selector_with_the_pods_own_values() -> None:
    """MatchLabelKeys want the same value, mismatchLabelKeys another one; an older release knows neither."""
    same, other = term(labelSelector={}, matchLabelKeys=["version", "absent"]), term(labelSelector={}, mismatchLabelKeys=["version"])
    assert [same.matches("a", {"version": version}, {}) for version in "12"] == [False, True]
    assert [other.matches("a", {"version": version}, {}) for version in "12"] == [True, False]
    assert term(False, labelSelector={}, matchLabelKeys=["version"]).matches("a", {"version": "1"}, {})


def test_no_selector_selects_nothing_and_no_affinity_has_no_terms() -> None:
    """`{}` is everything, and nothing is nothing."""
    assert not term().matches("a", {}, {})
    assert terms_of(None, "a", {}) is NO_TERMS
    assert terms_of(Affinity.of({"nodeAffinity": {}}), "a", {}) is NO_TERMS
