from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from k8sedu.kube.workqueue import Backoff, TokenBucket, WorkQueue

items = st.sampled_from(["a", "b", "c"])


def test_backoff_doubles_to_its_longest() -> None:
    """5 ms, 10, 20, … and never more than 1,000 s: the default of the real controllers."""
    backoff = Backoff()
    delays = [backoff.failed("a") for _ in range(60)]
    assert delays[:19] == [min(1000000, 5 * 2 ** failures) for failures in range(19)]
    assert delays[-1] == 1_000_000
    assert backoff.failures("a") == 60


def test_the_bucket_slows_everybody_down() -> None:
    """A hundred failures at once come back at once, the others at ten a second."""
    queue: WorkQueue[int] = WorkQueue(backoff=Backoff(base_ms=1, longest_ms=1))
    delays = [queue.add_rate_limited(item, now_ms=0) for item in range(110)]
    assert delays[:100] == [1] * 100
    assert delays[100:] == [100 * place for place in range(1, 11)]
    assert TokenBucket(per_s=10, burst=1).reserve(now_ms=5_000) == 0


def test_a_failure_succeeds_in_the_end() -> None:
    """What failed comes back after its delay, and begins anew once it has succeeded."""
    queue: WorkQueue[str] = WorkQueue()
    queue.add("a")
    now_ms, tried = 0, []
    while len(tried) < 4:
        item = queue.get(now_ms=now_ms)
        if item is None:
            assert queue.next_ms is not None
            now_ms = queue.next_ms
            continue
        tried.append(now_ms)
        queue.add_rate_limited(item, now_ms=now_ms)
        queue.done(item)
    assert tried == [0, 5, 15, 35]
    queue.forget("a")
    assert queue.backoff.failures("a") == 0


class QueueMachine(RuleBasedStateMachine):
    """Every way to use a queue, against the three rules."""

    def __init__(self) -> None:
        super().__init__()
        self.queue: WorkQueue[str] = WorkQueue()
        self.now_ms = 0
        self.ready: list[str] = []
        self.working: set[str] = set()
        self.again: set[str] = set()
        self.later: dict[str, int] = {}

    def arrives(self, item: str) -> None:
        """The rules: once only, and never while somebody works on it."""
        if item in self.working:
            self.again.add(item)
        elif item not in self.ready:
            self.ready.append(item)

    @rule(item=items)
    def add(self, item: str) -> None:
        """It has changed."""
        self.queue.add(item)
        self.arrives(item)

    @rule(item=items, delay_ms=st.integers(0, 20))
    def add_after(self, item: str, delay_ms: int) -> None:
        """It is to be looked at later; the earlier of two times counts."""
        self.queue.add_after(item, delay_ms, now_ms=self.now_ms)
        if delay_ms:
            self.later[item] = min(self.later.get(item, self.now_ms + delay_ms), self.now_ms + delay_ms)
        else:
            self.arrives(item)

    @rule(passes_ms=st.integers(0, 15))
    def wait(self, passes_ms: int) -> None:
        """Time passes."""
        self.now_ms += passes_ms

    @rule()
    def get(self) -> None:
        """Somebody takes the first one."""
        due = sorted((at_ms, item) for item, at_ms in self.later.items() if at_ms <= self.now_ms)
        found = self.queue.get(now_ms=self.now_ms)
        for _, item in due:
            del self.later[item]
        fresh = {item for _, item in due if item not in self.working and item not in self.ready}
        self.again |= {item for _, item in due if item in self.working}
        if found is None:
            assert not self.ready
            assert not fresh
            return
        assert found == self.ready[0] if self.ready else found in fresh
        waiting, kept = list(self.queue.waiting().ready), self.ready[1:]
        assert waiting[: len(kept)] == kept
        assert set(waiting) == set(kept) | fresh - {found}
        self.ready = waiting
        self.working.add(found)

    @precondition(lambda self: self.working)
    @rule(data=st.data())
    def done(self, data: st.DataObject) -> None:
        """The work on one is done; what changed meanwhile waits again."""
        item = data.draw(st.sampled_from(sorted(self.working)))
        self.queue.done(item)
        self.working.discard(item)
        if item in self.again:
            self.again.discard(item)
            self.ready.append(item)

    @invariant()
    def sound(self) -> None:
        """The queue holds what the rules say."""
        self.queue.check()
        held = self.queue.waiting()
        assert list(held.ready) == self.ready
        assert set(held.working) == self.working
        assert {item: at_ms for at_ms, item in held.later} == self.later


TestWorkQueue = QueueMachine.TestCase
TestWorkQueue.settings = settings(settings.get_profile("dev"), max_examples=40, stateful_step_count=25)
