from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from k8sedu.kube.fields import EMPTY
from k8sedu.kube.objects import Pod
from k8sedu.kube.scheduler import neighbours
from k8sedu.kube.scheduler.neighbours import Condition, Neighbours, Question
from k8sedu.kube.scheduler.pods import PodInfo
from k8sedu.kube.selectors import parse


def info(app: str, namespace: str = "a", *, terminating: bool = False, number: int = 0) -> PodInfo:
    gone = {"deletionTimestamp": "2026-01-01T00:00:00Z"} if terminating else {}
    return PodInfo(Pod.of({"metadata": {"name": f"p{number}", "namespace": namespace, "labels": {"app": app}, **gone}}))


QUESTIONS = [
    Question((Condition(parse("app=web")),)),
    Question((Condition(parse("app=web"), ("a",)),), counts_terminating=False),
    Question((Condition(parse("app!=db")), Condition(parse("app in (web, job)"), ("b",)))),
]


PODS = st.lists(st.tuples(st.sampled_from(["web", "db", "job"]), st.sampled_from("ab"), st.booleans(), st.integers(0, 4)), max_size=20)


@given(PODS, st.integers(0, 20))
def test_a_question_asked_early_and_one_asked_late_have_the_same_answer(found: list[tuple[str, str, bool, int]], removed: int) -> None:
    """The columns are kept up to date while pods come and go."""
    early, late = Neighbours(8), Neighbours(8)
    for question in QUESTIONS:
        early.count(question)
    pods = [(info(app, namespace, terminating=gone, number=number), row) for number, (app, namespace, gone, row) in enumerate(found)]
    for index in (early, late):
        for each, row in pods:
            index.add(each, row)
        for each, row in pods[:removed]:
            index.remove(each, row)
    left = pods[removed:]
    for question in QUESTIONS:
        plain = [sum(question.matches(each.kin) for each, where in left if where == row) for row in range(8)]
        assert early.count(question).tolist() == late.count(question).tolist() == plain
    early.check(iter(left))


def test_the_question_not_asked_for_longest_makes_room(monkeypatch: Any) -> None:
    """Memory stays bounded, and a question that was forgotten is learned again."""
    monkeypatch.setattr(neighbours, "QUESTIONS", 2)
    index = Neighbours(4)
    index.add(info("web"), 1)
    for question in (*QUESTIONS, QUESTIONS[0]):
        index.count(question)
    index.add(info("web", number=1), 2)
    assert len(index._columns) == 2
    assert index.count(QUESTIONS[0]).tolist() == [0, 1, 1, 0]


def test_terms_of_pods_that_run_are_found_by_whom_they_mean() -> None:
    """A thousand replicas with one term are one entry, which says how many there are in which row."""
    term = {"labelSelector": {"matchLabels": {"app": "db"}}, "topologyKey": "zone"}
    affinity = {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}
    index = Neighbours(4)
    holders = [PodInfo(Pod.of({"metadata": {"name": f"w{n}", "namespace": "a"}, "spec": {"affinity": affinity}})) for n in range(3)]
    for number, each in enumerate(holders):
        index.add(each, number // 2)
    (held,) = index.terms_that_mean(info("db"), EMPTY)
    assert (held.sort, dict(index.holders(held))) == ("required_anti_affinity", {0: 2, 1: 1})
    assert index.terms_that_mean(info("db", "b"), EMPTY) == index.terms_that_mean(info("web"), EMPTY) == ()
    for number, each in enumerate(holders):
        index.remove(each, number // 2)
    assert index.terms_that_mean(info("db"), EMPTY) == ()
