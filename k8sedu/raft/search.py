"""Find the run that breaks a promise, and tell it in as few steps as possible.

`find_violation` lets an adversary play one random schedule after another against a group in which some rules are switched off. The first
broken promise is shortened and retold as a trace. With all rules on it finds nothing, however long it looks; that is no proof, but it has
seen more bad luck than a data centre in a year.

By default a broken group is judged by what Raft promises (Figure 3, and linearizable answers) and not by the lemmas: without a vote on
disk, "a vote was forgotten" is true at once and teaches nothing, while two leaders in one term teach a lot.

Source: raft.pdf §5; QuickCheck's and Jepsen's way of testing.
Left out: trying *all* schedules (model checking); see the TLA+ specification of Raft for that.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor
from functools import partial
from itertools import islice
from random import Random
from typing import NamedTuple

from k8sedu.errors import K8sEduError
from k8sedu.raft.adversary import FLAVOURS, Adversary, Flavour
from k8sedu.raft.config import Config
from k8sedu.raft.group import CONFIG, Group
from k8sedu.raft.invariants import INVARIANTS, PROMISES, known_names
from k8sedu.raft.rules import ALL_RULES, Rules
from k8sedu.raft.schedule import Action
from k8sedu.raft.shrink import Schedule, shrink
from k8sedu.raft.story import retell
from k8sedu.trace import Frozen, Trace

BATCH = 25
FURTHER = 80
"""How many more schedules are tried after the first finding, in the hope of a shorter story; as many as it took, if that is more."""
FINDINGS_MAX = 6

LOOK_FIRST = {
    "vote_persistence": ("elections", "coups"),
    "term_persistence": ("elections", "coups"),
    "commit_only_own_term": ("coups",),
    "one_change_at_a_time": ("membership",),
    "reads_confirm_leadership": ("clients",),
    "client_sessions": ("clients",),
}
"""Where a missing rule hurts most plainly; other trouble would only lengthen the story."""


class SearchError(K8sEduError, ValueError):
    """A search that makes no sense."""


class Plan(NamedTuple):
    """Everything that decides one schedule, besides its random stream."""

    rules: Rules
    size: int
    flavour: Flavour
    config: Config
    steps: int
    invariants: tuple[str, ...]

    def group(self) -> Group:
        """A fresh group of this kind."""
        spares = (f"n{self.size + 1}", f"n{self.size + 2}") if self.flavour.uses_spares else ()
        return Group(self.size, spares=spares, config=self.config, rules=self.rules, invariants=self.invariants)


class Finding(NamedTuple):
    """A broken promise, and the shortest way to it that was found."""

    number: int
    plan: Plan
    invariant: str
    schedule: Schedule


class Search(NamedTuple):
    """What to look for; `plan` and `play` make each schedule from its number alone, so that any of them can be played again."""

    rules: Rules = ALL_RULES
    size: int | None = None
    seed: int = 0
    steps: int | None = None
    config: Config | None = None
    invariants: tuple[str, ...] = PROMISES

    def plan(self, random: Random) -> Plan:
        """Draw what is left open: a flavour, a length, and how many entries fit into one message."""
        all_on = not self.rules.off
        liked = [flavour for flavour in FLAVOURS if any(flavour.name in LOOK_FIRST.get(rule, ()) for rule in self.rules.off)]
        flavour = random.choice(liked or FLAVOURS)
        steps = random.choice((40, 60, 120))
        config = CONFIG._replace(entries_per_append_max=random.choice((1, 64)))
        if all_on:
            config = config._replace(pre_vote=random.random() < 0.3, check_quorum=random.random() < 0.3)
        size = random.choice((1, 2, 3, 3, 3, 4, 5, 5)) if all_on else 3
        return Plan(self.rules, self.size or size, flavour, self.config or config, self.steps or steps, self.invariants)

    def play(self, number: int) -> tuple[Plan, Group]:
        """Play schedule `number` to its end."""
        random = Random(f"{self.seed}/{number}")
        plan = self.plan(random)
        group = plan.group()
        Adversary(group, random, plan.flavour).play(steps=plan.steps)
        return plan, group

    def first_in(self, numbers: Sequence[int]) -> int | None:
        """The first of these schedules that breaks something."""
        return next((number for number in numbers if self.play(number)[1].violation is not None), None)


def find_violation(
    rules: Rules = ALL_RULES,
    *,
    size: int | None = None,
    schedules: int = 2_000,
    seed: int = 0,
    steps: int | None = None,
    config: Config | None = None,
    invariants: Sequence[str] | None = None,
    executor: Executor | None = None,
    progress: bool | Callable[[int, int], None] = False,
) -> Trace | None:
    """The shortest run found in which a promise is broken, or None if `schedules` random schedules break none.

    >>> trace = find_violation(Rules.without("majority_size"))
    >>> trace[-1].kind, trace[-1].detail.invariant
    ('violation', 'election_safety')

    The last step of the trace names the invariant, says what happened, and by which rules, seed and schedule it is found again.

    Args:
        rules: which of Raft's rules are in force.
        size: servers at the start; None for 3, and for a mixture when no rule is off.
        schedules: how many to try.
        seed: chooses the random schedules; same seed, same finding.
        steps: actions per schedule at most; None for a mixture.
        config: timers and safeguards; None for the plain ones, and for a mixture when no rule is off.
        invariants: what to judge by; None for Raft's promises, and for all invariants when no rule is off.
        executor: tries schedules elsewhere: a pool of processes, or Dask's client for a cluster; the result is the same.
        progress: True to be told on stderr, or a function of (schedules tried, schedules).

    Raises:
        SearchError, UnknownInvariantError: nothing to try, or an unknown name.
    """
    if schedules < 1 or (size is not None and size < 1):
        raise SearchError(f"met schedules = {schedules} and size = {size}, expected at least 1 of each.")
    judged = (PROMISES if rules.off else tuple(INVARIANTS)) if invariants is None else known_names(invariants)
    search = Search(rules, size, seed, steps, config, judged)
    number = _first(search, schedules, executor, _reporter(progress))
    return None if number is None else explain(search, number)


def explain(search: Search, number: int) -> Trace:
    """Shorten what schedule `number` of a search has found, and retell it; one of the next few findings may make a shorter story.

    Raises:
        SearchError: that schedule breaks nothing.
    """
    findings = _findings(search, range(number, 1 + number + max(FURTHER, number)))
    first = next(findings, None)
    if first is None or first.number != number:
        raise SearchError(f"schedule {number} of seed {search.seed} breaks nothing, expected one that breaks a promise.")
    best = min((first, *islice(findings, FINDINGS_MAX - 1)), key=lambda finding: len(finding.schedule))
    invariant = INVARIANTS[best.invariant]
    verdict = Frozen(says=invariant.says, seed=search.seed, schedule=best.number, actions=len(best.schedule))
    return retell(best.schedule, best.plan.group, seed=search.seed, verdict=verdict)


def _findings(search: Search, numbers: Iterable[int]) -> Iterator[Finding]:
    for number in numbers:
        plan, group = search.play(number)
        if group.violation is not None:
            name = group.violation.name
            plan = plan._replace(invariants=(name,))
            yield Finding(number, plan, name, shrink(group.actions, partial(_attempt, plan)))


def _attempt(plan: Plan, actions: Sequence[Action]) -> Schedule | None:
    """Play these actions; if they break the promise, those that happened until then."""
    group = plan.group()
    for action in actions:
        group.do(action)
        if group.violation is not None:
            return tuple(group.actions)
    return None


def _first(search: Search, schedules: int, executor: Executor | None, report: Callable[[int, int], None]) -> int | None:
    batches = [range(start, min(start + BATCH, schedules)) for start in range(0, schedules, BATCH)]
    futures = [executor.submit(search.first_in, batch) for batch in batches] if executor else []
    try:
        for position, batch in enumerate(batches):
            number = futures[position].result() if futures else search.first_in(batch)
            report(batch.stop if number is None else number + 1, schedules)
            if number is not None:
                return number
    finally:
        for future in futures:
            future.cancel()
    return None


def _reporter(progress: bool | Callable[[int, int], None]) -> Callable[[int, int], None]:  # noqa: FBT001  # handed on as it came
    if callable(progress):
        return progress
    return _tell if progress else _keep_quiet


def _tell(tried: int, schedules: int) -> None:
    sys.stderr.write(f"\r{tried:,} of {schedules:,} schedules")
    sys.stderr.flush()


def _keep_quiet(_tried: int, _schedules: int) -> None:
    """Nobody wants to know."""
