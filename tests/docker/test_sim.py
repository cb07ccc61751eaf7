"""Laws of a Docker host in time: packets arrive where the table leads, addresses move, and nobody is there when the host falls."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from k8sedu import docker
from k8sedu.docker.commands import CommandError
from k8sedu.docker.sim import DockerRunError
from k8sedu.sim.faults import FaultError, crash, request, restart
from k8sedu.sim.scenario import Scenario, parse
from k8sedu.trace import Frozen, Trace

WEB = "docker run -d -p 8080:80 --name web nginx"
DB = "docker run -d --name db redis"
ALWAYS = "docker run -d --restart always --name"


def verdicts(trace: Trace) -> list[str]:
    """How each packet ended, in order."""
    return [step.kind for step in trace if step.kind in {"delivered", "refused", "dropped"}]


def test_the_notes_example_of_two_peers() -> None:
    """The second peer cannot have the ports of the first; with others, both are reached, from outside and by each other."""
    trace = docker.simulate()
    assert [step.detail.port for step in trace.where("conflict")] == [7051]
    assert [step.detail.container for step in trace.where("delivered")] == ["peer0", "peer1", "peer1", ""]
    assert list(docker.views.port_table(trace).host_port) == [7051, 7053, 8051, 8053]


def test_that_containers_reach_only_their_host_is_not_true() -> None:
    """The notes' sentence by experiment: neighbour, world and host are reached; only nobody outside reaches a container's own address."""
    asks = ("docker exec db curl 172.17.0.2:80", "docker exec db curl 203.0.113.9:443", "docker exec db curl 192.168.0.10:8080")
    trace = docker.simulate([WEB, DB, *asks, "outside curl 172.17.0.3:6379"])
    assert verdicts(trace) == ["delivered", "delivered", "delivered", "dropped"]
    neighbour, world, _, _ = (step for step in trace if step.kind in {"delivered", "dropped"})
    assert neighbour.detail.source.startswith("172.17.0.3:")
    assert world.detail.source.startswith("192.168.0.10:")


def test_every_hop_is_a_step_and_the_answer_returns_from_the_address_that_was_asked() -> None:
    """There: two addresses, one of them rewritten once. Back: rewritten once more."""
    trace = docker.simulate([WEB, "outside curl 192.168.0.10:8080"])
    hops = [step for step in trace if "packet" in step.detail]
    assert [step.detail.place for step in hops][:5] == ["outside", "eth0", "PREROUTING", "docker0", "container web"]
    assert [step.detail.changed for step in hops if step.detail.changed] == [("destination",), ("source",)]
    assert hops[-1].kind == "answered"
    assert (hops[-1].detail.source, hops[-1].detail.destination) == (hops[0].detail.destination, hops[0].detail.source)


def test_a_name_means_nothing_on_the_default_bridge() -> None:
    """There is no name service: only who knows the number arrives."""
    trace = docker.simulate([WEB, DB, "docker exec web curl db:6379"])
    assert trace.where("error")[0].detail.text == "curl: (6) Could not resolve host: db"


def test_a_container_that_returns_may_have_another_address_and_somebody_else_its_old_one() -> None:
    """Who had written the number down now reaches a stranger, and is told nothing."""
    swap = ("docker stop web", "docker run -d --name new nginx", "docker start web")
    trace = docker.simulate([WEB, DB, *swap, "docker exec db curl 172.17.0.2:80"])
    addresses = {name: state.address for name, state in trace[-1].frame.containers.items()}  # type: ignore[union-attr]  # it has pictures
    assert addresses == {"db": "172.17.0.3", "new": "172.17.0.2", "web": "172.17.0.4"}
    assert trace.where("delivered")[0].detail.container == "new"


def test_a_policy_starts_again_what_crashed_and_waits_twice_as_long_each_time() -> None:
    """100 ms, 200 ms, 400 ms; after ten seconds of running the count begins anew. Without a policy nobody does anything."""
    faults = [crash("a", at_ms=at) for at in (2_000, 3_000, 4_000, 20_000)] + [crash("b", at_ms=2_500)]
    trace = docker.simulate([f"{ALWAYS} a nginx", "docker run --name b redis"], faults=faults)
    waits = [step.detail.restart_us for step in trace.where("crash")]
    assert waits == [100_000, None, 200_000, 400_000, 100_000]
    assert [step.actor for step in trace.where("start")] == ["a"] * 4


def test_a_container_that_was_stopped_by_hand_stays_stopped() -> None:
    """The policy is about crashes."""
    trace = docker.simulate([f"{ALWAYS} a nginx", "docker stop a"], duration_ms=100_000)
    assert not trace.where("start")


def test_when_the_host_falls_everything_on_it_is_gone_until_it_returns() -> None:
    """Packets are lost, commands are refused, nothing is started elsewhere; afterwards only what has a policy is back."""
    asked = [request("outside curl 192.168.0.10:8080", at_ms=5_000), request(DB, at_ms=5_500)]
    faults = [crash("host", at_ms=4_000), restart("host", at_ms=6_000)]
    trace = docker.simulate([WEB, f"{ALWAYS} a nginx", f"{ALWAYS} b redis"], faults=[*faults, *asked])
    assert trace.where("host_down")[0].detail.containers == ("web", "a", "b")
    assert verdicts(trace) == ["dropped"]
    assert trace.where("error")[0].detail.text.startswith("Cannot connect to the Docker daemon")
    assert {step.actor for step in trace.where("start")} == {"a", "b"}


def test_after_a_reboot_addresses_go_to_who_comes_first() -> None:
    """Over some seeds both orders happen, so an address that was written down may be anybody's."""
    found = set()
    faults = ["at 3000 crash host", "at 4000 restart host"]
    for seed in range(8):
        trace = docker.simulate([f"{ALWAYS} a nginx", f"{ALWAYS} b redis"], faults=faults, seed=seed)
        found.add(tuple(step.detail.address for step in sorted(trace.where("start"), key=lambda step: step.actor)))
    assert found == {("172.17.0.2", "172.17.0.3"), ("172.17.0.3", "172.17.0.2")}


def test_docker_chooses_another_port_when_it_chooses_again() -> None:
    """Its allocator goes on from the last one, so a restart changes the port too."""
    trace = docker.simulate(["docker run -p 80 --name web nginx", "docker restart web"])
    ports = [step.detail.ports for step in trace if step.kind in {"run", "start"}]
    assert ports == [("32768:80",), ("32769:80",)]


@pytest.mark.parametrize("seed", range(3))
def test_with_a_crowd_conflicts_grow_faster_than_containers(seed: int) -> None:
    """Rows grow with the containers; what people try in vain grows faster: the last quarter costs more than the first."""
    rows = docker.views.growth(docker.simulate(containers=40, insist=True, every_ms=100, seed=seed)).set_index("containers")
    assert rows.conflicts[10] < rows.conflicts[40] - rows.conflicts[30]
    assert rows.rows[40] >= 40
    assert rows.rules[40] == 8 + 3 * rows.rows[40]


def test_a_large_crowd_comes_to_an_end() -> None:
    """Everybody finds a port in the end, also when two ports of one container meet on the way."""
    counts = docker.simulate(containers=120, insist=True, every_ms=10)[-1].frame.counts  # type: ignore[union-attr]  # it has pictures
    assert (counts.running, counts.rules) == (120, 8 + 3 * counts.rows)


COMMANDS = st.lists(
    st.sampled_from(
        [WEB, DB, "docker stop web", "docker start web", "docker rm -f web", "docker restart db", "outside curl 192.168.0.10:8080",
         "docker exec db curl 172.17.0.2:80", "host curl 127.0.0.1:8080", "docker exec web curl 172.17.0.3:6379"]
    ),
    max_size=10,
)  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(COMMANDS, st.integers(0, 3))
def test_whatever_is_typed_the_books_agree(commands: list[str], seed: int) -> None:
    """Rows belong to running containers, no two share an address, and pictures change nothing."""
    faults = ["at 3500 crash host", "at 5500 restart host"]
    trace = docker.simulate(commands, faults=faults, seed=seed)
    for step in trace:
        assert step.frame is not None
        running = {name: state.address for name, state in step.frame.containers.items() if state.address}
        assert len(set(running.values())) == len(running)
        assert all(running[row.container] == row.container_address for row in step.frame.rows)
        assert step.frame.counts.rows == len(step.frame.rows)
    assert docker.simulate(commands, faults=faults, seed=seed, frames=False).digest() == trace.digest()


def test_a_run_is_its_scenario() -> None:
    """What "copy scenario" gives is the same run, read from text."""
    trace = docker.simulate(containers=5, seed=2, insist=True, faults=["at 2500 crash tomcat-1"])
    scenario = docker.scenario_of(trace)
    assert docker.run_scenario(parse(scenario.format(), where="copied")).digest() == trace.digest()


@pytest.mark.parametrize(
    ("scenario", "met"),
    [
        (Scenario("raft", Frozen()), "the system 'raft'"),
        (Scenario("docker", Frozen(colour="red")), "the setting 'colour'"),
    ],
)
def test_a_scenario_of_something_else_is_refused(scenario: Scenario, met: str) -> None:
    """The sentence names what was met."""
    with pytest.raises(DockerRunError, match=met):
        docker.run_scenario(scenario)


def test_a_plan_that_cannot_be_is_refused_before_it_begins() -> None:
    """A line that is no command, a fault that a host does not have, a time that is none."""
    with pytest.raises(CommandError, match="docker ps"):
        docker.simulate(["docker ps"])
    with pytest.raises(DockerRunError, match="expected 'crash' or 'restart'"):
        docker.simulate(faults=["at 900 pause web"])
    with pytest.raises(FaultError):
        docker.simulate(faults=["at noon crash web"])
    with pytest.raises(DockerRunError, match="every_ms is 0"):
        docker.simulate(every_ms=0)
    with pytest.raises(DockerRunError, match="duration_ms is 0"):
        docker.simulate(duration_ms=0)


def test_what_is_not_there_is_an_error_and_no_end() -> None:
    """Docker refuses, people go on: each mistake is a step."""
    typed = ["docker stop ghost", "docker exec ghost curl 172.17.0.2:80", DB, DB, "docker start db"]
    trace = docker.simulate(typed, faults=["at 9000 crash ghost"])
    texts = [step.detail.text for step in trace.where("error")]
    assert len(texts) == 5
    assert texts[2].startswith('The container name "/db" is already in use')
    assert texts[3] == "container db is already running"
