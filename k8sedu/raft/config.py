"""The knobs of one Raft server: how patient it is and which of etcd's extra safeguards it runs.

All times are in ticks, the only clock a core knows. What a tick lasts is the driver's business: in lessons it is one millisecond, in
etcd 100 ms, in the experiments of the papers one microsecond.

Source: raft.pdf §5.2, §9.3 (150-300 ms, heartbeats at half the smallest timeout); etcd embed/config.go and etcd-io/raft Config
(`ElectionTick`, `PreVote`, `CheckQuorum`).
"""

from __future__ import annotations

from typing import NamedTuple

from k8sedu.errors import K8sEduError


class ConfigError(K8sEduError, ValueError):
    """A configuration that no server could run with."""


class Config(NamedTuple):
    """Timers and switches; the defaults are the paper's timers and none of etcd's extras.

    >>> Config().election_ticks_min, Config.etcd().election_ticks_max
    (150, 20)
    """

    election_ticks_min: int = 150
    """Shortest election timeout; also the leader's interval for CheckQuorum and the length of its lease."""
    election_ticks_max: int = 300
    """Election timeouts are drawn from [min, max), so that servers seldom wake together; min = max means no randomness."""
    heartbeat_ticks: int = 75
    """A leader speaks up at least this often."""
    pre_vote: bool = False
    """Ask whether an election could be won before raising the term (thesis §9.6)."""
    check_quorum: bool = False
    """A leader that no majority answers for an election timeout steps down; while it is heard, votes are refused (thesis §6.2)."""
    restart_timer_on_new_term: bool = False
    """False, as in the paper: only a leader's message or a granted vote restarts the timer. True, as in etcd: a higher term does too."""
    entries_per_append_max: int = 64
    """How many log entries fit into one append_entries message."""
    appends_inflight_max: int = 256
    """How many append_entries messages may be unanswered per follower."""

    @classmethod
    def etcd(cls, *, release: str = "3.5") -> Config:
        """What etcd runs: ticks of 100 ms, PreVote since 3.5, CheckQuorum always, timeouts of 10 to 19 ticks.

        >>> Config.etcd(release="3.4").pre_vote
        False
        """
        return cls(
            election_ticks_min=10,
            election_ticks_max=20,
            heartbeat_ticks=1,
            pre_vote=release not in ("3.2", "3.3", "3.4"),
            check_quorum=True,
            restart_timer_on_new_term=True,
            appends_inflight_max=512,
        )

    def checked(self) -> Config:
        """The same configuration, or a ConfigError that says what is wrong with it.

        Raises:
            ConfigError: a time that is not positive, a maximum below its minimum, or heartbeats rarer than elections.
        """
        for name in ("election_ticks_min", "heartbeat_ticks", "entries_per_append_max", "appends_inflight_max"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} is {getattr(self, name)}, expected at least 1.")
        if self.election_ticks_max < self.election_ticks_min:
            raise ConfigError(
                f"election_ticks_max is {self.election_ticks_max}, expected at least election_ticks_min = {self.election_ticks_min}."
            )
        if self.heartbeat_ticks >= self.election_ticks_min and self.election_ticks_min > 1:
            raise ConfigError(
                f"heartbeat_ticks is {self.heartbeat_ticks}, expected less than election_ticks_min = {self.election_ticks_min}, "
                "or followers would start elections against a healthy leader."
            )
        return self
