"""The knobs of a server."""

import pytest

from k8sedu.raft.config import Config, ConfigError


def test_defaults_are_the_papers():
    """150 to 300 ticks of a millisecond, heartbeats at half the smallest timeout, none of etcd's extras."""
    config = Config().checked()
    assert (config.election_ticks_min, config.election_ticks_max, config.heartbeat_ticks) == (150, 300, 75)
    assert (config.pre_vote, config.check_quorum) == (False, False)


@pytest.mark.parametrize(("release", "pre_vote"), [("3.4", False), ("3.5", True), ("3.6", True)])
def test_etcd(release, pre_vote):
    """etcd: timeouts of 10 to 19 ticks, heartbeats every tick, CheckQuorum always, PreVote since 3.5, 512 messages in flight."""
    config = Config.etcd(release=release).checked()
    assert (config.election_ticks_min, config.election_ticks_max, config.heartbeat_ticks) == (10, 20, 1)
    assert (config.pre_vote, config.check_quorum, config.appends_inflight_max) == (pre_vote, True, 512)


WRONG = [
    ({"election_ticks_min": 0}, "election_ticks_min is 0, expected at least 1."),
    ({"heartbeat_ticks": -5}, "heartbeat_ticks is -5, expected at least 1."),
    ({"entries_per_append_max": 0}, "entries_per_append_max is 0, expected at least 1."),
    ({"appends_inflight_max": 0}, "appends_inflight_max is 0, expected at least 1."),
    ({"election_ticks_max": 149}, "election_ticks_max is 149, expected at least election_ticks_min = 150."),
    (
        {"heartbeat_ticks": 150},
        "heartbeat_ticks is 150, expected less than election_ticks_min = 150, or followers would start elections against a healthy leader.",
    ),
]


@pytest.mark.parametrize(("fields", "sentence"), WRONG, ids=[next(iter(fields)) for fields, _ in WRONG])
def test_wrong_configurations(fields, sentence):
    """A configuration that no server could run with is refused with one sentence."""
    with pytest.raises(ConfigError) as caught:
        Config()._replace(**fields).checked()
    assert str(caught.value) == sentence


def test_no_randomness_is_allowed():
    """Equal bounds are allowed: the experiment without randomness of the paper needs them."""
    assert Config(election_ticks_max=150).checked().election_ticks_max == 150
