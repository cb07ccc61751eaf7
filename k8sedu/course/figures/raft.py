"""The pictures of the Raft lessons: roles, an election, a repair, Figures 7, 8 and 16 of the paper, and whole runs in one chart.

Each run is fixed by its seed. Pictures made of shapes exist in both languages, their text stays text; charts by matplotlib are in English
only, because their letters become outlines, and which Chinese font would be used depends on the machine.
"""

from __future__ import annotations

from functools import cache, partial

from matplotlib.figure import Figure

from k8sedu import raft
from k8sedu.course.figures import titled
from k8sedu.language import Words
from k8sedu.raft.group import Group
from k8sedu.raft.paper import FIGURE_7, FIGURE_7_TERM
from k8sedu.raft.sim.experiments import fig16
from k8sedu.raft.views import commit_timeline, election_cdf, figure_8, film, log_repair, message_lanes, role_diagram, term_timeline
from k8sedu.stage import charts, film_strip
from k8sedu.stage.document import Document
from k8sedu.trace import Trace

RANDOMNESS = ("150-151", "150-155", "150-175", "150-200", "150-300")
SPEED = ("12-24", "25-50", "50-100", "100-200", "150-300")
TRIALS = 1_000


@cache
def election() -> Trace:
    """Five servers; their leader crashes, and another one is elected."""
    return raft.simulate(size=5, seed=7, duration_ms=1_300, faults=["at 900 crash n5"])


@cache
def busy_run() -> Trace:
    """Five servers under load: a crash, a restart, a partition."""
    faults = ["at 900 crash n5", "at 1300 restart n5", "at 1600 partition n1 n2 | n3 n4 n5 until 2200"]
    return raft.simulate(size=5, seed=7, duration_ms=2_600, clients=1, faults=faults)


def roles(language: str) -> str:
    """The role diagram."""
    return role_diagram(language).svg()


def election_strip(language: str) -> str:
    """An election in four pictures."""
    title = Words("A leader is lost, a leader is found", "旧领导者失联，新领导者当选")
    document = film(election(), title=title, start_ms=899, language=language)
    return film_strip(document, telling_steps(document), columns=2, language=language)


def telling_steps(document: Document) -> list[int]:
    """Crash, first vote, majority, first entry of the new leader that is safe: one step of the film each."""
    wanted = ("crash", "grant_vote", "become_leader", "commit")
    steps: list[int] = []
    for kind in wanted:
        start = steps[-1] + 1 if steps else 0
        found = next((step for step in range(start, len(document.frames)) if document.frames[step].kind == kind), None)
        steps += [found] if found is not None else []
    return steps


def log_repair_of_figure_7(language: str) -> str:
    """Figure 7, played by real servers: the votes and the repaired logs are theirs."""
    names = list(FIGURE_7)
    group = Group(names, logs=FIGURE_7, terms=dict.fromkeys(names, FIGURE_7_TERM - 1))
    group.do("timeout leader")
    for name in names[1:]:
        group.do(f"deliver request_vote leader->{name}")
    votes = {message.sender: not message.reject for message in group.messages.values()}
    group.deliver_all()
    return log_repair(FIGURE_7, {name: group.terms(name) for name in names}, votes, language=language).svg()


def figure_16() -> str:
    """The paper's Figure 16 and ours on top: more randomness above, shorter timeouts below."""
    curves = fig16(tuple(dict.fromkeys((*RANDOMNESS, *SPEED))), trials=TRIALS, workers=1, progress=False)
    with charts.style():
        figure = Figure(figsize=(9.6, 8.4))
        axes = figure.subplots(2, 1)
    figure.set_layout_engine("constrained", h_pad=0.2, w_pad=0.15)
    for ax, names in zip(axes, (RANDOMNESS, SPEED), strict=True):
        election_cdf([curves[name] for name in names], ax=ax, language="en")
    return charts.svg(figure)


def lanes() -> str:
    """Every message of one election."""
    timeout = election().where("election_timeout")[-1].time_ms
    return charts.svg(message_lanes(election(), start_ms=timeout - 2, end_ms=timeout + 18, language="en"))


FIGURES = {
    "raft-roles.svg": titled("The roles of a Raft server and every way from one to another", partial(roles, "en")),
    "raft-roles-zh.svg": titled("Raft 服务器的角色及其转换", partial(roles, "zh")),
    "raft-election.svg": titled("Five servers elect a new leader after the old one has crashed", partial(election_strip, "en")),
    "raft-election-zh.svg": titled("领导者崩溃后，五台服务器选出新领导者", partial(election_strip, "zh")),
    "raft-log-repair.svg": titled("A new leader repairs every log (Figure 7)", partial(log_repair_of_figure_7, "en")),
    "raft-log-repair-zh.svg": titled("新领导者修复所有日志（图 7）", partial(log_repair_of_figure_7, "zh")),
    "raft-figure8.svg": titled("Stored on a majority is not yet committed (Figure 8)", lambda: figure_8(language="en").svg()),
    "raft-figure8-zh.svg": titled("存到多数，还不等于已提交（图 8）", lambda: figure_8(language="zh").svg()),
    "raft-fig16.svg": titled("Election times for nine ranges of timeouts, ours and the paper's (Figure 16)", figure_16),
    "raft-term-timeline.svg": titled("Roles and terms of five servers", lambda: charts.svg(term_timeline(busy_run(), language="en"))),
    "raft-message-lanes.svg": titled("Every message of one election", lanes),
    "raft-commit-timeline.svg": titled(
        "How far each server knows the log to be committed", lambda: charts.svg(commit_timeline(busy_run(), language="en"))
    ),
}
"""File name → the function that draws it."""
