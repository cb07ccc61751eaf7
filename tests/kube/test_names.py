from __future__ import annotations

import pytest

from k8sedu.kube import names

CASES = [
    (names.label_problem, ["a", "a-b", "1a", "x" * 63], ["", "A", "-a", "a-", "a.b", "a_b", "x" * 64]),
    (names.subdomain_problem, ["a", "a.b-c", "1.2", "x" * 63 + ".y"], ["", "a..b", ".a", "A", "a_b", "a." * 127 + "b"]),
    (names.service_problem, ["a", "a-1"], ["1a", "a.b", "", "A"]),
    (names.label_value_problem, ["", "a", "A_b.c-1", "x" * 63], ["-a", "a-", "a b", "a/b", "x" * 64]),
    (names.qualified_name_problem, ["a", "A_b", "k8s.io/a", "a.b/C-1"], ["", "/a", "a/", "a/b/c", "K8s.io/a", "a b", "x" * 64]),
]


@pytest.mark.parametrize(("problem", "good", "bad"), CASES, ids=[case[0].__name__ for case in CASES])
def test_names(problem: object, good: list[str], bad: list[str]) -> None:
    """What DNS allows has no problem, and everything else has one that says what a name must be."""
    assert callable(problem)
    assert [name for name in good if problem(name)] == []
    assert [name for name in bad if "must" not in problem(name) and "at most" not in problem(name)] == []
