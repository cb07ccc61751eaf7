from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8sedu.kube import selectors
from k8sedu.kube.objects import Node, PodSpec
from k8sedu.kube.objects.affinity import NodeSelectorRequirement, NodeSelectorTerm, Taint, Toleration
from k8sedu.kube.scheduler.node_match import bears_taints, matches_required, matches_term, tolerates
from k8sedu.kube.scheduler.table import NodeTable

VALUES = st.sampled_from(["1", "5", "10", "x"])
SETS = st.lists(VALUES, min_size=1, max_size=3).map(tuple)
REQUIREMENTS = st.one_of(
    st.tuples(st.sampled_from(["In", "NotIn"]), SETS),
    st.sampled_from([("Exists", ()), ("DoesNotExist", ()), ("Gt", ("4",)), ("Lt", ("6",))]),
)


@given(st.lists(st.one_of(st.none(), VALUES), min_size=1, max_size=6), st.lists(REQUIREMENTS, min_size=1, max_size=3))
def test_a_term_over_columns_says_what_it_says_node_by_node(labels: list[str | None], found: list[tuple[str, tuple[str, ...]]]) -> None:
    """Every operator, with and without the label."""
    given_labels = [{} if value is None else {"gen": value} for value in labels]
    nodes = [Node.of({"metadata": {"name": f"n{place}", "labels": each}}) for place, each in enumerate(given_labels)]
    conditions = tuple(NodeSelectorRequirement(key="gen", operator=operator, values=values) for operator, values in found)
    plain = [all(selectors.node_requirement(each).matches(node.labels) for each in conditions) for node in nodes]
    assert matches_term(NodeTable(nodes), NodeSelectorTerm(match_expressions=conditions)).tolist() == plain


@pytest.mark.parametrize(
    ("term", "expected"),
    [
        ({}, [False, False]),
        ({"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["a"]}]}, [True, False]),
        ({"matchFields": [{"key": "metadata.name", "operator": "NotIn", "values": ["a"]}]}, [False, True]),
        ({"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["a", "b"]}]}, [False, False]),
        ({"matchExpressions": [{"key": "zone", "operator": "Gt", "values": ["north"]}]}, [False, False]),
    ],
)
def test_terms_that_are_empty_name_a_field_or_make_no_sense(term: Any, expected: list[bool]) -> None:
    """An empty term is met nowhere, a field is the name, and a term that makes no sense is met nowhere."""
    table = NodeTable(Node.of({"metadata": {"name": name}}) for name in "ab")
    assert matches_term(table, NodeSelectorTerm.of(term)).tolist() == expected


def test_node_selector_and_required_terms_must_both_hold() -> None:
    """The selector is a conjunction, the terms are alternatives, and both are needed."""
    table = NodeTable(Node.of({"metadata": {"name": name, "labels": {"disk": disk, "zone": zone}}}) for name, disk, zone in
                      (("a", "ssd", "y"), ("b", "ssd", "z"), ("c", "hdd", "y")))  # fmt: skip
    terms = [{"matchExpressions": [{"key": "zone", "operator": "In", "values": [zone]}]} for zone in ("y", "w")]
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}
    spec = PodSpec.of({"nodeSelector": {"disk": "ssd"}, "affinity": {"nodeAffinity": required}})
    assert matches_required(table, spec).tolist() == [True, False, False]


@pytest.mark.parametrize(
    ("toleration", "bears"),
    [
        ({"operator": "Exists"}, True),
        ({"key": "gpu", "operator": "Exists"}, True),
        ({"key": "gpu", "value": "yes"}, True),
        ({"key": "gpu", "operator": "Equal", "value": "no"}, False),
        ({"key": "gpu", "operator": "Exists", "effect": "NoExecute"}, False),
        ({"key": "gpu", "operator": "Gt", "value": "0"}, False),
        ({"value": "yes"}, True),
    ],
)
def test_which_toleration_bears_which_taint(toleration: Any, bears: bool) -> None:
    """No key means every key, no effect every effect; Gt is not on yet."""
    taint = Taint(key="gpu", value="yes", effect="NoSchedule")
    assert tolerates([Toleration.of(toleration)], taint) is bears
    table = NodeTable([Node.of({"metadata": {"name": "n"}, "spec": {"taints": [taint.document()]}})])
    assert bears_taints(table, (Toleration.of(toleration),)).tolist() == [bears]
