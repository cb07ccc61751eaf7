"""What Borg adds to the frames of a schedule: the replicas, the link shards, what borglets really run, and the scheduler's copy.

In `frame.more`, all of it `Frozen`:

    replicas   name -> role ("leader", "follower", "candidate", "down"), term, log, commit, snapshot (indexes), is_rebuilding (it was
               elected and goes through its state)
    ready      the replica that is the working master, or ""
    shards     name -> parts (its machines); of the last round: machines, answered, lines (of reports), passed_on, passed_lines
    borglets   machine -> tasks (those that really run), answers, works (False: it is switched off), missed
    scheduler  behind (changes that its copy lacks), scorer, works
    crashed    pairs (task, machine) that are not tried again
"""

from __future__ import annotations

from k8sedu.borg.sim.machines import Machines
from k8sedu.borg.sim.masters import Masters
from k8sedu.borg.sim.polls import Polls
from k8sedu.borg.sim.scheduling import Desk
from k8sedu.trace import Frozen


def picture(masters: Masters, polls: Polls, machines: Machines, desk: Desk) -> Frozen:
    """The state of everything that is Borg's own."""
    state = masters.state
    return Frozen(
        replicas=Frozen({name: _replica(masters, name) for name in masters.names}),
        ready=masters.ready or "",
        shards=Frozen({name: polls.counts.get(name, Frozen()).evolve(parts=shard.machines) for name, shard in polls.shards.items()}),
        borglets=Frozen({name: _borglet(machines, polls, name) for name in machines.borglets}),
        scheduler=Frozen(behind=desk.behind, scorer=desk.scorer, works=desk.works),
        crashed=tuple(state.crashed) if state is not None else (),
    )


def _replica(masters: Masters, name: str) -> Frozen:
    member = masters.group.members[name]
    node = member.node
    role = "down" if not member.is_up else "candidate" if node.role == "pre_candidate" else node.role
    return Frozen(
        role=role, term=node.term, log=node.last_index, commit=node.commit_index, snapshot=member.disk.snapshot.index,
        is_rebuilding=name in masters.leading and masters.ready != name,
    )  # fmt: skip


def _borglet(machines: Machines, polls: Polls, name: str) -> Frozen:
    running, missed = machines.borglets[name].running, polls.watch.counts.get(name, 0)
    return Frozen(tasks=running, answers=machines.answers(name), works=machines.working[name], missed=missed)
