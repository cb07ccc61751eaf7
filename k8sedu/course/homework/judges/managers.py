r"""Judges for resource managers: a placement is played again machine by machine, offers and queues are asked of the models.

A student writes how a machine is scored; the loop that asks is given, and what comes back is a *placement*: for each task the number of
its machine, or None. The judge does not believe it. It books every task again, says where a task has no room or was refused although it
had some, and counts what is placed and what is stranded.

>>> cell = {"machines": [{"capacity": [4, 8], "free": [4, 8]}, {"capacity": [4, 8], "free": [2, 8]}], "tasks": [[2, 4], [4, 8]]}
>>> fills(cell, at_least=2).fault([1, 0]), fills(cell, at_least=2).fault([0, 0])
('', 'puts task 1 on machine 0, where too little is free: it needs [4, 8], and [2, 4] is left')

Source: `k8sedu.borg` (Verma et al., EuroSys 2015, sections 2.5 and 3.2) and `k8sedu.mesos` (NSDI 2011, both papers).
Left out: preemption and constraints. One question at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from random import Random
from typing import Any, NamedTuple, TypeAlias

from k8sedu import borg
from k8sedu.borg import scoring
from k8sedu.borg.jobs import BorgJob, Vector, tasks_of
from k8sedu.borg.queue import FifoQueue, PendingQueue, positions
from k8sedu.borg.quota import Grant, Quota
from k8sedu.course.homework.judging import Judge, JudgeError, gave, shown, told
from k8sedu.language import Words
from k8sedu.mesos.drf import check_demands, dominant_shares
from k8sedu.mesos.master import Master, Running
from k8sedu.workload.jobs import Machine
from k8sedu.workload.resources import GIB, Resources

Cell: TypeAlias = Mapping[str, Any]
"""`machines`, each with `capacity` and `free` as [cores, GB], and `tasks`, each [cores, GB], in the order in which they come."""

Score: TypeAlias = Callable[[Sequence[float], Sequence[float], Sequence[float]], float]
"""(free, request, capacity) → how good; the same function that a student writes."""

TRIES = 2_000


# -- placements --------------------------------------------------------------------------------------------------------------------------


class Outcome(NamedTuple):
    """What a placement came to: tasks placed, and the share of all machines that is free and cannot be used."""

    placed: int
    stranded: float


class Placement(Judge):
    """Books a placement again, and then asks one question of it."""

    def __init__(self, cell: Cell, question: Callable[[Outcome], str]) -> None:
        self.cell, self.question = cell, question

    def fault(self, value: Any) -> str:
        """Play it, then ask."""
        outcome = played(self.cell, value)
        return outcome if isinstance(outcome, str) else self.question(outcome)

    def picture(self, value: Any) -> str:
        """The cell after the placement: a bar per machine and resource, as plain HTML."""
        free = _booked(self.cell, value)
        return "" if isinstance(free, str) else _bars(self.cell, free)


def played(cell: Cell, value: Any) -> Outcome | str:
    """What a placement comes to, or the first thing that is wrong with it."""
    free = _booked(cell, value)
    if isinstance(free, str):
        return free
    shares = [_shares(left, machine["capacity"]) for left, machine in zip(free, cell["machines"], strict=True)]
    lost = sum(scoring.stranded(each) for each in shares) / len(shares)
    return Outcome(sum(place is not None for place in value), lost)


def _booked(cell: Cell, value: Any) -> list[list[int]] | str:
    machines, tasks = cell["machines"], cell["tasks"]
    if type(value) is not list or len(value) != len(tasks):
        return gave(value, Words(f"a list of {len(tasks)} places, one per task", f"{len(tasks)} 个位置的列表，每个任务一个"))
    free = [list(machine["free"]) for machine in machines]
    for number, (place, request) in enumerate(zip(value, tasks, strict=True)):
        if place is None:
            room = next((at for at, left in enumerate(free) if _fits(request, left)), None)
            if room is not None:
                english = f"refuses task {number}, which needs {request}, although machine {room} has {free[room]} left"
                return told(english, f"拒绝了任务 {number}，它需要 {request}，而机器 {room} 还剩 {free[room]}")
            continue
        if type(place) is not int or not 0 <= place < len(machines):
            last = len(machines) - 1
            english = f"puts task {number} on {shown(place)}, expected a machine from 0 to {last} or None"
            return told(english, f"把任务 {number} 放到 {shown(place)}，应为 0 到 {last} 的机器或 None")
        if not _fits(request, free[place]):
            english = f"puts task {number} on machine {place}, where too little is free: it needs {request}, and {free[place]} is left"
            return told(english, f"把任务 {number} 放到机器 {place}，那里空闲不够：需要 {request}，只剩 {free[place]}")
        free[place] = _minus(free[place], request)
    return free


def legal(cell: Cell) -> Judge:
    """Every task is on a machine with room, and none is refused that has room somewhere."""
    return Placement(cell, lambda _: "")


def fills(cell: Cell, *, at_least: int) -> Judge:
    """The placement is legal, and so many tasks run."""
    count = len(cell["tasks"])

    def question(outcome: Outcome) -> str:
        share = f"{100 * outcome.stranded:.0f} %"
        english = f"places {outcome.placed} of {count} tasks, expected {at_least}; {share} of the machines is stranded"
        chinese = f"{count} 个任务中放置了 {outcome.placed} 个，应为 {at_least} 个；机器的 {share} 搁浅"
        return "" if outcome.placed >= at_least else told(english, chinese)

    return Placement(cell, question)


def place(cell: Cell, score: Score) -> list[int | None]:
    """What the loop that students are given makes of a scorer; of equal scores the first machine. Scores are kept until a machine changes.

    >>> cell = {"machines": [{"capacity": [4, 8], "free": [4, 8]}, {"capacity": [4, 8], "free": [2, 8]}], "tasks": [[2, 4], [4, 8]]}
    >>> place(cell, SCORES["best_fit"]), place(cell, SCORES["epvm"])
    ([1, 0], [0, None])
    """
    free, chosen = [list(machine["free"]) for machine in cell["machines"]], list[int | None]()
    known: list[dict[tuple[int, ...], float]] = [{} for _ in free]
    for request in cell["tasks"]:
        kind, best, highest = tuple(request), None, float("-inf")
        for at, left in enumerate(free):
            if kind not in known[at]:
                known[at][kind] = score(left, request, cell["machines"][at]["capacity"]) if _fits(request, left) else float("-inf")
            if known[at][kind] > highest:
                best, highest = at, known[at][kind]
        if best is not None:
            free[best], known[best] = _minus(free[best], request), {}
        chosen.append(best)
    return chosen


def placed(cell: Cell, score: Score) -> int:
    """How many tasks run when machines are scored so."""
    return sum(where is not None for where in place(cell, score))


def _scored(scorer: scoring.Scorer) -> Score:
    def score(free: Sequence[float], request: Sequence[float], capacity: Sequence[float]) -> float:
        return float(scorer(_shares(free, capacity), _shares(_minus(free, request), capacity)))

    return score


def _raw(free: Sequence[float], request: Sequence[float], _capacity: Sequence[float]) -> float:
    return -float(sum(_minus(free, request)))


SCORES: dict[str, Score] = {
    **{name: _scored(scorer) for name, scorer in scoring.SCORERS.items()}, "first fit": lambda *_: 0.0, "cores plus gigabytes": _raw,
}  # fmt: skip
"""Borg's three, and two that students think of: any machine that fits, and a sum of cores and gigabytes."""

WORSE = ("best_fit", "epvm", "first fit", "cores plus gigabytes")
"""All but the hybrid; the one that comes nearest is asked first."""


# -- cells -------------------------------------------------------------------------------------------------------------------------------


def large_after_small(*, cores: int, machines: int) -> Cell:
    """Empty machines; first as many tasks of a quarter machine, then tasks of a whole one. Who spreads the small ones has no room left."""
    capacity = [cores, 4 * cores]
    small = [[cores // 4, cores]] * machines
    return _cell([(capacity, capacity)] * machines, small + [capacity] * (machines - -(-machines // 4)))


def two_shapes(*, cores: int) -> Cell:
    """One machine is short of cores, the other of memory; a task that needs cores, then one that needs what only the first still has."""
    sixteenth, capacity = cores // 16, [cores, 4 * cores]
    free = [[4 * sixteenth, 44 * sixteenth], [12 * sixteenth, 16 * sixteenth]]
    return _cell([(capacity, each) for each in free], [[4 * sixteenth, 4 * sixteenth], [4 * sixteenth, 32 * sixteenth]])


def cores_and_gigabytes(*, cores: int) -> Cell:
    """A machine with hardly a core and much memory, and an empty-looking one. In gigabytes the first has more left, in shares the other."""
    unit, capacity = cores // 16, [cores, 4 * cores]
    free = [[unit, 56 * unit], [16 * unit, 36 * unit]]
    return _cell([(capacity, each) for each in free], [[unit, 4 * unit], [16 * unit, 36 * unit]])


@lru_cache(maxsize=64)  # a student's cell is asked for by several checks
def whole_cell(*, seed: int, machines: int = 12) -> Cell:
    """A cell on which much runs already, and a mixed crowd of tasks, in which the shape of what is left decides.

    Cells are drawn until Borg's hybrid places at least two tasks more than each of `WORSE`, so that everybody's is of the same difficulty.

    Raises:
        JudgeError: none of 2,000 was so.
    """
    random = Random(seed)
    for _ in range(TRIES):
        cell = _drawn(random, machines)
        goal = placed(cell, SCORES["hybrid"]) - 2
        if all(placed(cell, SCORES[name]) <= goal for name in WORSE):
            return cell
    raise JudgeError(f"seed {seed} gave no cell of {machines} machines in {TRIES} tries, expected one on which scoring matters")


def enough(cell: Cell) -> int:
    """How many tasks a good scorer must place: one more than each of `WORSE`."""
    return 1 + max(placed(cell, SCORES[name]) for name in WORSE)


def _drawn(random: Random, machines: int) -> Cell:
    capacity, spare = [16, 64], ([2, 7, 30, 60], [9, 16, 6, 24])
    bounds = [random.choice(spare) if random.random() < 0.8 else None for _ in range(machines)]
    free = [capacity if each is None else [random.randrange(*each[:2]), random.randrange(*each[2:])] for each in bounds]
    small, large = ((4, 4), (1, 12), (3, 2), (2, 8)), ((8, 32), (4, 16))
    tasks = [random.choice(small) for _ in range(5 * machines // 2)] + [random.choice(large) for _ in range(2 * machines)]
    return _cell([(capacity, each) for each in free], tasks)


def _cell(machines: Sequence[tuple[Sequence[int], Sequence[int]]], tasks: Sequence[Sequence[int]]) -> Cell:
    return {
        "machines": [{"capacity": list(capacity), "free": list(free)} for capacity, free in machines],
        "tasks": [list(task) for task in tasks],
    }


def _fits(request: Sequence[float], free: Sequence[float]) -> bool:
    return all(need <= have for need, have in zip(request, free, strict=True))


def _minus(free: Sequence[float], request: Sequence[float]) -> list[Any]:
    return [have - need for have, need in zip(free, request, strict=True)]


def _shares(amounts: Sequence[float], capacity: Sequence[float]) -> list[float]:
    return [amount / whole for amount, whole in zip(amounts, capacity, strict=True)]


def _bars(cell: Cell, free: list[list[int]]) -> str:
    rows = []
    for number, (machine, left) in enumerate(zip(cell["machines"], free, strict=True)):
        used = [100 * (1 - share) for share in _shares(left, machine["capacity"])]
        bars = "".join(f'<td><meter min="0" max="100" value="{share:.0f}">{share:.0f} %</meter></td>' for share in used)
        free_text = f"{left[0]} {Words('cores', '核').in_()}, {left[1]} GB"
        rows.append(f"<tr><td>{number}</td>{bars}<td>{free_text}</td></tr>")
    heads = (Words("machine", "机器"), Words("CPU used", "CPU 已用"), Words("memory used", "内存已用"), Words("left", "剩余"))
    head = "".join(f"<th>{words.in_()}</th>" for words in heads)
    return f"<table><tr>{head}</tr>{''.join(rows)}</table>"


# -- turns and offers --------------------------------------------------------------------------------------------------------------------


def next_turn(capacity: Mapping[str, int], demands: Mapping[str, Mapping[str, int]], tasks: Mapping[str, int]) -> str | None:
    """Whose task DRF starts next: of those whose task fits, who has the lowest dominant share, then who is first in the alphabet.

    >>> demands = {"A": {"cpu": 1, "gb": 4}, "B": {"cpu": 3, "gb": 1}}
    >>> next_turn({"cpu": 9, "gb": 18}, demands, {"A": 1, "B": 1}), next_turn({"cpu": 9, "gb": 18}, demands, {"A": 3, "B": 2})
    ('A', None)
    """
    check_demands(capacity, demands)
    used = {name: sum(tasks[user] * demand[name] for user, demand in demands.items()) for name in capacity}
    fitting = [user for user, demand in demands.items() if all(used[name] + demand[name] <= capacity[name] for name in capacity)]
    shares = dominant_shares(capacity, demands, tasks)
    return min(fitting, key=lambda user: (shares[user], user), default=None)


def offered(agent: Sequence[int], running: Mapping[str, Sequence[int]], launched: Sequence[int]) -> list[str | None]:
    """Whom Mesos' master offers a free agent: at first, after a refusal, after a launch in a part of it, and 6 s later.

    `agent` is what it has, `running` what each framework runs elsewhere, and `launched` what the second one asked launches; [cores, GB].

    >>> offered([8, 32], {"x": [4, 8], "y": [6, 8]}, [2, 8])
    ['x', 'y', None, 'x']
    """
    agents = {"agent": _amount(agent)} | {f"busy-{name}": _amount(held) for name, held in running.items()}
    master = Master(agents)
    for name in running:
        master.register(name)
    for name, held in running.items():
        _occupy(master, name, _amount(held))
    first = master.offers(now_ms=0)[0]
    master.decline(first.offer_id, now_ms=0)
    second = master.offers(now_ms=0)[0]
    master.accept(second.offer_id, {"new": _amount(launched)}, now_ms=0)
    third, fourth = master.offers(now_ms=1), master.offers(now_ms=6_000)
    return [first.framework, second.framework, *(made[0].framework if made else None for made in (third, fourth))]


class Listed(Judge):
    """A list of so many items, each one of those that are possible: says that the form is right, not the answer."""

    def __init__(self, possible: Sequence[Any], count: int) -> None:
        self.possible, self.count = list(possible), count

    def fault(self, value: Any) -> str:
        """Is it such a list?"""
        if type(value) is not list or len(value) != self.count:
            return gave(value, Words(f"a list of {self.count}", f"{self.count} 项的列表"))
        strange, possible = [item for item in value if item not in self.possible], ", ".join(map(shown, self.possible))
        if not strange:
            return ""
        met = shown(strange[0])
        return told(f"has {met} in it, expected each to be one of {possible}", f"里面有 {met}，每项应为其中之一：{possible}")


def listed(*possible: Any, count: int) -> Judge:
    """A list of `count` items out of these."""
    return Listed(possible, count)


class Counts(Judge):
    """A list of so many whole numbers from 0 on: says that the form is right, not the answer."""

    def __init__(self, count: int) -> None:
        self.count = count

    def fault(self, value: Any) -> str:
        """Is it such a list?"""
        right = type(value) is list and len(value) == self.count and all(type(item) is int and item >= 0 for item in value)
        return "" if right else gave(value, Words(f"a list of {self.count} whole numbers from 0 on", f"{self.count} 个从 0 起的整数的列表"))


def counts(count: int) -> Judge:
    """A list of `count` whole numbers from 0 on."""
    return Counts(count)


def _occupy(master: Master, framework: str, held: Resources) -> None:
    """Let a framework run something on the agent that is as large as that, as if it had been offered it long ago."""
    task = f"old-{framework}"
    master.running[task] = Running(task, framework, f"busy-{framework}", held)


def _amount(pair: Sequence[int]) -> Resources:
    return Resources(pair[0] * 1000, pair[1] * GIB)


# -- who waits ---------------------------------------------------------------------------------------------------------------------------


def scan(jobs: Sequence[Sequence[Any]]) -> list[str]:
    """The order in which Borg looks at waiting tasks. A job is [name, user, priority, tasks]; its tasks are called name/0, name/1, …

    >>> scan([["big", "ann", 200, 2], ["one", "bob", 200, 1], ["top", "eve", 300, 1]])
    ['top/0', 'big/0', 'one/0', 'big/1']
    """
    return [task.name for task in _queue(jobs).order()]


def first_looks(jobs: Sequence[Sequence[Any]], user: str) -> list[int]:
    """How many tasks are looked at before a user's first one: in the order of arrival within a priority, and with turns."""
    waiting = [task for job in jobs for task in tasks_of(_job(job))]
    return [positions(FifoQueue(waiting))[user], positions(PendingQueue(waiting))[user]]


def waiting(jobs: Sequence[Sequence[Any]], *, cores: int) -> list[str]:
    """Which tasks of one core each still wait after one pass of Borg's scheduler over a machine with so many cores.

    >>> waiting([["big", "ann", 200, 3], ["one", "bob", 200, 1]], cores=2)
    ['big/1', 'big/2']
    """
    cell = borg.Cell([Machine("m1", Resources(cores * 1000))])
    done = borg.Scheduler(cell, rng=Random(0)).schedule(_queue(jobs))
    return [task.name for task in done.refused]


def admitted(jobs: Sequence[Sequence[Any]], grants: Mapping[str, Mapping[str, int]]) -> list[bool]:
    """Which jobs are let in, one after the other. A job is [user, priority, cores], a grant user → priority (as text) → cores.

    >>> admitted([["ann", 200, 6], ["ann", 200, 6], ["ann", 200, 2], ["ann", 0, 99]], {"ann": {"200": 8}})
    [True, False, True, True]
    """
    rows = [Grant(user, int(priority), _cores(cores), 0, 1) for user, each in grants.items() for priority, cores in each.items()]
    quota, answers = Quota(rows), list[bool]()
    for number, (user, priority, cores) in enumerate(jobs):
        job = BorgJob(f"job-{number}", user, Resources(cores * 1000), priority=priority)
        answers.append(not quota.why_not(job, now_s=0))
        if answers[-1]:
            quota.admit(job, now_s=0)
    return answers


def _queue(jobs: Sequence[Sequence[Any]]) -> PendingQueue:
    return PendingQueue(task for job in jobs for task in tasks_of(_job(job)))


def _job(job: Sequence[Any]) -> BorgJob:
    name, user, priority, tasks = job
    return BorgJob(name, user, Resources(1000), tasks=tasks, priority=priority)


def _cores(cores: int) -> Vector:
    return (cores * 1000, 0, 0, 0, 0)
