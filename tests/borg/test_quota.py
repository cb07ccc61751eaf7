from __future__ import annotations

import pytest

from k8sedu.borg.jobs import BorgJob, vector
from k8sedu.borg.quota import Grant, Quota, QuotaError
from k8sedu.workload.resources import Resources

CORES = Resources.of(cpu="8", memory="16Gi")


def quota() -> Quota:
    return Quota([Grant("ann", 200, vector(CORES, 4), from_s=100, until_s=200)])


def job(name: str, cpu: str, **more: object) -> BorgJob:
    return BorgJob(name, "ann", Resources.of(cpu=cpu, memory="1Gi"), **{"priority": 200, **more})  # type: ignore[arg-type]  # a short cut for tests


def test_quota_is_a_vector() -> None:
    """Enough of one resource does not make up for too little of another."""
    with pytest.raises(QuotaError, match="asks for 5 ports at priority 200, but 'ann' has 4 left of 4"):
        quota().admit(job("many", "1", ports=5), now_s=150)


def test_quota_counts_all_tasks_with_their_overrides() -> None:
    """A job is counted whole, and a task that overrides its limit with its own."""
    ledger = quota()
    ledger.admit(job("web", "2", tasks=3, overrides=((0, Resources.of(cpu="4")),)), now_s=150)
    assert ledger.used("ann", 200)[0] == 8_000
    ledger.check(now_s=150)


@pytest.mark.parametrize(("now_s", "is_in"), [(99, False), (100, True), (199, True), (200, False)])
def test_quota_is_for_a_time(now_s: int, is_in: bool) -> None:
    """A grant holds from its first second until just before its end."""
    assert (quota().why_not(job("web", "1"), now_s=now_s) == "") == is_in


@pytest.mark.parametrize(("priority", "is_in"), [(0, True), (1, False), (199, False), (200, True), (201, False)])
def test_quota_is_at_a_priority(priority: int, is_in: bool) -> None:
    """A grant is for its priority alone, and at priority 0 quota is infinite."""
    assert (quota().why_not(job("web", "8", priority=priority), now_s=150) == "") == is_in


def test_a_dead_job_gives_its_quota_back() -> None:
    """Quota is what one may ask for at a time."""
    ledger = quota()
    ledger.admit(job("a", "8"), now_s=150)
    with pytest.raises(QuotaError):
        ledger.admit(job("b", "1"), now_s=150)
    ledger.release("a")
    ledger.admit(job("b", "1"), now_s=150)
    ledger.check(now_s=150)
