import json
from pathlib import Path

import pytest

from k8sedu.etcd.transcript import FORMAT, TranscriptError, comparable, replay


@pytest.mark.conformance("etcd/transcripts/*.jsonl")
def test_transcript(conformance_path: Path) -> None:
    """Every answer of a recorded etcd is the model's answer, in every field."""
    lines = conformance_path.read_text(encoding="utf-8").splitlines()
    steps = list(replay(lines, name=conformance_path.name))
    assert len(steps) == json.loads(lines[0])["steps"]
    for step in steps:
        assert step.met == step.expected, f"{conformance_path.name}, line {step.line}: {step.op} {step.request}"


def lines(*steps: dict[str, object], etcd: str = "3.5.1") -> list[str]:
    """A transcript of these steps."""
    return [json.dumps(line) for line in ({"format": FORMAT, "etcd": etcd}, *steps)]


def test_a_wrong_answer_is_a_difference() -> None:
    """A recorded answer that the model does not give is shown with both sides."""
    put = {"op": "put", "request": {"key": "a", "value": "1"}, "response": {"header": {"revision": 99}}}
    (step,) = replay(lines(put))
    assert step.differs
    assert (step.expected, step.met) == ({"response": {"header": {"revision": 99}}}, {"response": {"header": {"revision": 2}}})


def test_a_missing_refusal_is_a_difference() -> None:
    """A refusal that the model does not repeat is a difference, and so is the other way round."""
    refused = {"op": "put", "request": {"key": "a"}, "error": {"code": 3, "message": "etcdserver: key is not provided"}}
    granted = {"op": "put", "request": {}, "response": {"header": {"revision": 2}}}
    assert [step.differs for step in replay(lines(refused, granted))] == [True, True]


@pytest.mark.parametrize(
    ("damaged", "complaint"),
    [
        ([], "expected a JSON object"),
        (["{}"], "expected 'k8sedu etcd transcript 1'"),
        ([json.dumps({"format": FORMAT, "etcd": "new"})], "expected one like '3.5.16'"),
        ([*lines(), "[1]"], "line 2: met '[1]'"),
        ([*lines(), "[" * 100_000], "line 2"),
        (lines({"op": "dance", "request": {}, "response": {}}), "met the operation 'dance'"),
        (lines({"op": "put", "request": {"key": "a"}}), "met no answer"),
        (lines({"op": "put", "request": {"kee": "a"}, "response": {}}), "met the field 'kee'"),
        (lines({"op": "put", "request": {"lease": "x"}, "response": {}}), "met 'x' as 'lease'"),
        (lines({"op": "txn", "request": {"success": [{}]}, "response": {}}), "met the operation {}"),
        (lines({"op": "put", "request": {"key": "中"}, "response": {}}), "line 2"),
    ],
)
def test_a_damaged_transcript_is_refused(damaged: list[str], complaint: str) -> None:
    """A line that cannot be read is refused in one sentence that says which and why."""
    with pytest.raises(TranscriptError) as refusal:
        list(replay(damaged, name="t.jsonl"))
    assert complaint in str(refusal.value)
    assert str(refusal.value).startswith("t.jsonl, line ")


def test_comparable_drops_who_and_when() -> None:
    """Who answered, the term and a lease's remaining seconds are no part of the comparison; that a lease is gone is."""
    header = {"revision": 2, "member_id": 1, "cluster_id": 1, "raft_term": 4}
    assert comparable({"header": header, "TTL": 599, "grantedTTL": 600}) == {"header": {"revision": 2}, "grantedTTL": 600}
    assert comparable({"header": header, "TTL": -1}) == {"header": {"revision": 2}, "TTL": -1}
