"""Judges for Raft: a schedule is played by the model, and its trace and the named invariants say what it did.

A student's answer is a *schedule*, the lines of `k8sedu.raft.schedule`, or a pair of election timeouts. Each judge asks one thing of it, so
that points can be given one by one: can every line happen, does it break this promise, does that log diverge, does it heal.

>>> breaks("election_safety", size=3, without="vote_persistence").fault("timeout n1")
'breaks no promise, expected a run that breaks election_safety'

Source: `k8sedu.raft.group`, `story`, `invariants`; the names are those of MIT 6.5840's tests where they ask the same.
Left out: partial credit for a schedule that is nearly right. Several checks with weights do that.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from k8sedu import raft
from k8sedu.course.homework.judging import Judge, letter, shown, told
from k8sedu.errors import K8sEduError
from k8sedu.language import Words
from k8sedu.raft.config import Config
from k8sedu.raft.group import Group
from k8sedu.raft.invariants import known_names
from k8sedu.raft.rules import Rules
from k8sedu.raft.schedule import Action, parse_schedule
from k8sedu.raft.story import retell
from k8sedu.sim.faults import crash
from k8sedu.sim.network import Network
from k8sedu.trace import Step, Trace

__all__ = [
    "acts", "breaks", "commits_after_losing", "diverges", "elects", "heals", "keeps_promises", "leads", "letter", "one_leader_per_term",
    "recovers", "two_leaders",
]  # fmt: skip

LINES_MAX = 200
CHARACTERS_MAX = 20_000


class Table(NamedTuple):
    """The group that a schedule is played on."""

    size: int
    without: tuple[str, ...] = ()
    """Rules that are switched off."""
    invariants: tuple[str, ...] | None = None

    def group(self) -> Group:
        """A fresh one."""
        return Group(self.size, rules=Rules(self.without), invariants=self.invariants)


class Played(NamedTuple):
    """What came of a schedule."""

    actions: tuple[Action, ...]
    idle: Words
    """The first line that could not happen, as a sentence; empty when all could."""
    trace: Trace


class Unreadable(NamedTuple):
    """An answer that is no schedule, and why."""

    reason: Words


@lru_cache(maxsize=256)  # several judges ask about the same schedule
def play(text: str, table: Table) -> Played | Unreadable:
    """Play a schedule, or say why it cannot be played."""
    if len(text) > CHARACTERS_MAX or text.count("\n") > LINES_MAX:
        english = f"is longer than {LINES_MAX} lines, expected a schedule that a person can follow"
        return Unreadable(Words(english, f"超过 {LINES_MAX} 行，应为人能看懂的调度"))
    try:
        actions = parse_schedule(text)
        group = table.group()
        idle = Words("", "")
        for number, action in enumerate(actions, 1):
            if not group.do(action) and not idle.en:
                english = f"has {str(action)!r} as action {number}, which cannot happen at that moment"
                idle = Words(english, f"第 {number} 个动作 {str(action)!r} 在那一刻不可能发生")
            if group.violation is not None:
                break
        return Played(actions, idle, retell(actions, table.group))
    except (K8sEduError, ValueError, RecursionError) as error:
        return Unreadable(Words(f"cannot be played: {error}", f"无法执行：{error}"))


class Schedule(Judge):
    """Asks one question of the run that a schedule makes."""

    def __init__(self, table: Table, question: Callable[[Played], str]) -> None:
        self.table, self.question = table, question

    def fault(self, value: Any) -> str:
        """Play it, then ask."""
        if type(value) is not str:
            english = f"is {shown(value)}, expected a schedule as text, one action per line"
            return told(english, f"是 {shown(value)}，应为文本形式的调度，每行一个动作")
        played = play(value, self.table)
        if isinstance(played, Unreadable):
            return played.reason.in_()
        return self.question(played) if played.actions else told("is empty, expected a schedule", "是空的，应为一个调度")

    def picture(self, value: Any) -> str:
        """The run as a film."""
        played = play(value, self.table) if type(value) is str else None
        return film(played.trace) if isinstance(played, Played) and played.actions else ""


def film(trace: Trace) -> str:
    """A run as the player shows it inside a page."""
    forms, _ = raft.views.play(trace)._repr_mimebundle_()
    return str(forms["text/html"])


def acts(*, size: int, without: str | Sequence[str] = (), lines_max: int = LINES_MAX, crashes: str = "") -> Judge:
    """Every line can happen when it is its turn; with `crashes`, no other server crashes."""

    def question(played: Played) -> str:
        others = [action.node for action in played.actions if action.kind == "crash" and crashes and action.node != crashes]
        if others:
            english = f"crashes {others[0]}, expected no other server than {crashes} to crash"
            return told(english, f"让 {others[0]} 崩溃，除 {crashes} 外不应有别的服务器崩溃")
        count = len(played.actions)
        too_many = told(f"has {count} actions, expected at most {lines_max}", f"有 {count} 个动作，最多 {lines_max} 个")
        return played.idle.in_() or (too_many if count > lines_max else "")

    return Schedule(Table(size, _names(without)), question)


def breaks(invariant: str, *, size: int, without: str | Sequence[str]) -> Judge:
    """Without a rule, the run breaks this promise."""
    known_names([invariant])

    def question(played: Played) -> str:
        met = [step.detail.invariant for step in played.trace.where("violation")]
        none = told(f"breaks no promise, expected a run that breaks {invariant}", f"没有违反任何承诺，应当违反 {invariant}")
        return "" if met == [invariant] else none

    return Schedule(Table(size, _names(without), (invariant,)), question)


def keeps_promises(*, size: int) -> Judge:
    """With all rules on, nothing breaks, and every term that has a leader has one."""

    def question(played: Played) -> str:
        broken = played.trace.where("violation")
        return told(f"breaks {broken[0].detail.invariant}", f"违反了 {broken[0].detail.invariant}") if broken else ""

    return Schedule(Table(size), question)


def leads(node: str, *, size: int, term: int | None = None) -> Judge:
    """This server becomes leader, of that term if one is named."""

    def question(played: Played) -> str:
        terms = [step.detail.term for step in played.trace.where("become_leader", actor=node)]
        if terms and (term is None or term in terms):
            return ""
        of_term = Words("", "") if term is None else Words(f" of term {term}", f"任期 {term} 的")
        return told(f"never makes {node} leader{of_term.en}, expected it to be elected", f"没有让 {node} 成为{of_term.zh}领导者")

    return Schedule(Table(size), question)


def diverges(node: str, *, size: int) -> Judge:
    """At some moment this server's log holds another entry than a second server's at the same index."""
    return Schedule(Table(size), lambda played: "" if _diverged_at(played.trace, node) is not None else _never(node))


def heals(node: str, *, size: int) -> Judge:
    """After its log diverged, this server ends with the same log as everybody else, and with what it had wrong overwritten."""

    def question(played: Played) -> str:
        first = _diverged_at(played.trace, node)
        if first is None:
            return _never(node)
        logs = {name: server.log for name, server in played.trace[-1].frame.nodes.items()}  # type: ignore[union-attr]  # frames were kept
        different = [name for name in logs if logs[name] != logs[node]]
        if not different:
            return ""
        english = f"ends with different logs on {node} and {different[0]}, expected all logs to be the same"
        return told(english, f"结束时 {node} 与 {different[0]} 的日志不同，所有日志应当相同")

    return Schedule(Table(size), question)


def _never(node: str) -> str:
    english = f"never gives {node} an entry that another log has differently at the same index"
    return told(english, f"从未让 {node} 持有在同一索引处与别的日志不同的条目")


def _diverged_at(trace: Trace, node: str) -> int | None:
    for step in trace:
        nodes = step.frame.nodes if step.frame is not None else {}
        mine = {entry[1]: entry[0] for entry in nodes[node].log} if node in nodes else {}
        if any(mine.get(entry[1], entry[0]) != entry[0] for name in nodes if name != node for entry in nodes[name].log):
            return step.index
    return None


def commits_after_losing(old: str, new: str, *, size: int) -> Judge:
    """`old` still commits an entry of its own term after `new` was elected in a higher one."""

    def question(played: Played) -> str:
        elected = next((step for step in played.trace.where("become_leader", actor=new) if _leads(step, old)), None)
        if elected is None:
            english = f"never makes {new} leader while {old} still believes to lead, expected both at the same time"
            return told(english, f"没有让 {new} 在 {old} 仍自认为领导者时成为领导者")
        before = _commit_index(elected, old)
        later = (step for step in played.trace.steps[elected.index :] if _leads(step, old))
        nothing = told(f"lets {old} commit nothing after {new} was elected", f"{new} 当选之后 {old} 没有再提交任何条目")
        return "" if any(_commit_index(step, old) > before for step in later) else nothing

    return Schedule(Table(size), question)


def two_leaders(old: str, new: str, *, size: int) -> Judge:
    """Both believe to lead at the same moment, in different terms."""

    def question(played: Played) -> str:
        both = any(_leads(step, old) and _leads(step, new) for step in played.trace)
        return "" if both else told(f"never lets {old} and {new} lead at the same time", f"{old} 和 {new} 从未同时是领导者")

    return Schedule(Table(size), question)


def _server(step: Step, name: str) -> Any:
    return step.frame.nodes[name] if step.frame is not None else None


def _leads(step: Step, name: str) -> bool:
    return bool(_server(step, name).role == "leader" and _server(step, name).status == "up")


def _commit_index(step: Step, name: str) -> int:
    return int(_server(step, name).commit_index)


def _names(rules: str | Sequence[str]) -> tuple[str, ...]:
    return (rules,) if isinstance(rules, str) else tuple(rules)


# -- election timers --------------------------------------------------------------------------------------------------------------------


class Elections(NamedTuple):
    """What election timeouts did in one run: an election, a crash of its winner, another election."""

    terms: int
    """Terms that somebody stood for election in."""
    leaders: int
    recovery_ms: float | None
    """From the crash to the next leader; None for never."""


class Timers(Judge):
    """Runs a group with these election timeouts, six times, and asks how the elections went."""

    def __init__(self, size: int, delay_ms: tuple[float, float], question: Callable[[list[Elections]], str]) -> None:
        self.size, self.delay_ms, self.question = size, delay_ms, question

    def fault(self, value: Any) -> str:
        """Simulate, then ask."""
        if not are_timeouts(value):
            wanted = f"whole milliseconds from {TIMEOUT_MS_MIN} to {TIMEOUT_MS_MAX}, the longest at most {RATIO_MAX} times the shortest"
            chinese = f"应为 [最短, 最长]，{TIMEOUT_MS_MIN} 到 {TIMEOUT_MS_MAX} 的整毫秒，最长不超过最短的 {RATIO_MAX} 倍"
            return told(f"is {shown(value)}, expected [shortest, longest] in {wanted}", f"是 {shown(value)}，{chinese}")
        return self.question(list(elections(self.size, self.delay_ms, (value[0], value[1]))))

    def picture(self, value: Any) -> str:
        """The first of the runs as a film."""
        if not are_timeouts(value):
            return ""
        timeouts_ms = (value[0], value[1])
        first = _run(self.size, self.delay_ms, timeouts_ms, 1, None).where("become_leader")
        fate = (first[0].actor, _crash_ms(first[0])) if first else None
        return film(_run(self.size, self.delay_ms, timeouts_ms, 1, fate, frames=True))


def are_timeouts(value: Any) -> bool:
    """Is this a pair of timeouts that a group can be run with?

    >>> are_timeouts([150, 300]), are_timeouts([300, 150]), are_timeouts([True, 300]), are_timeouts("150")
    (True, False, False, False)
    """
    if type(value) is not list or len(value) != 2 or not all(type(item) is int for item in value):
        return False
    low, high = int(value[0]), int(value[1])
    return TIMEOUT_MS_MIN <= low < high <= min(TIMEOUT_MS_MAX, RATIO_MAX * low)


TIMEOUT_MS_MIN, TIMEOUT_MS_MAX, RATIO_MAX = 10, 20_000, 20
RUNS = 6
CRASH_AFTER_MS = 500.0


@lru_cache(maxsize=64)
def elections(size: int, delay_ms: tuple[float, float], timeouts_ms: tuple[int, int]) -> tuple[Elections, ...]:
    """How elections go with these timeouts on a network with these delays, in six runs."""
    return tuple(_elections(size, delay_ms, timeouts_ms, seed) for seed in range(1, RUNS + 1))


def _elections(size: int, delay_ms: tuple[float, float], timeouts_ms: tuple[int, int], seed: int) -> Elections:
    calm = _run(size, delay_ms, timeouts_ms, seed, None)
    first = calm.where("become_leader")
    if not first:
        return Elections(len(_stood(calm)), 0, None)
    at_ms = _crash_ms(first[0])
    trace = _run(size, delay_ms, timeouts_ms, seed, (first[0].actor, at_ms))
    leaders = trace.where("become_leader")
    after = [step.time_ms - at_ms for step in leaders if step.time_ms > at_ms]
    return Elections(len(_stood(trace)), len({step.detail.term for step in leaders}), after[0] if after else None)


def _crash_ms(elected: Step) -> int:
    return round(elected.time_ms + CRASH_AFTER_MS)


def _run(
    size: int, delay_ms: tuple[float, float], timeouts_ms: tuple[int, int], seed: int, fate: tuple[str, int] | None, *, frames: bool = False
) -> Trace:
    """One run; `fate` is who crashes and when. It lasts as long as two elections may."""
    low, high = timeouts_ms
    config = Config(election_ticks_min=low, election_ticks_max=high, heartbeat_ticks=max(low // 2, 1))
    faults = [crash(fate[0], at_ms=fate[1])] if fate else []
    duration_ms = (fate[1] if fate else 0) + 2 * high + 8 * delay_ms[1]
    return raft.simulate(
        size=size, seed=seed, duration_ms=duration_ms, network=Network(delay_ms=delay_ms), config=config, faults=faults,
        frames=frames, check=False,
    )  # fmt: skip


def _stood(trace: Trace) -> set[int]:
    return {step.detail.term for step in trace.where("become_candidate")}


def elects(*, size: int, delay_ms: tuple[float, float]) -> Judge:
    """In every run there is a leader, and after its crash another one."""

    def question(runs: list[Elections]) -> str:
        lost = sum(run.recovery_ms is None for run in runs)
        return told(f"leaves {lost} of {len(runs)} runs without a leader", f"{len(runs)} 次运行中有 {lost} 次没有领导者") if lost else ""

    return Timers(size, delay_ms, question)


def one_leader_per_term(*, size: int, delay_ms: tuple[float, float], runs_min: int = 5) -> Judge:
    """Every term that somebody stands for has exactly one leader: no vote is split, nobody is too hasty; in so many runs of six."""

    def question(runs: list[Elections]) -> str:
        good = sum(run.terms == run.leaders > 0 for run in runs)
        wasted, most = len(runs) - good, len(runs) - runs_min
        english = f"wastes a term in {wasted} of {len(runs)} runs, expected at most {most}"
        return "" if good >= runs_min else told(english, f"{len(runs)} 次运行中有 {wasted} 次浪费了任期，最多 {most} 次")

    return Timers(size, delay_ms, question)


def recovers(*, size: int, delay_ms: tuple[float, float], within_ms: float, runs_min: int = 5) -> Judge:
    """After the leader's crash the next one is there within a time, in so many runs of six."""

    def question(runs: list[Elections]) -> str:
        good = sum(run.recovery_ms is not None and run.recovery_ms <= within_ms for run in runs)
        slow = len(runs) - good
        english = f"takes longer than {within_ms:g} ms in {slow} of {len(runs)} runs"
        return "" if good >= runs_min else told(english, f"{len(runs)} 次运行中有 {slow} 次超过 {within_ms:g} 毫秒")

    return Timers(size, delay_ms, question)
