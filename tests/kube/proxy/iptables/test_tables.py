from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from k8sedu.kube.proxy.backends import Backend
from k8sedu.kube.proxy.changes import ChangeTracker, Update
from k8sedu.kube.proxy.iptables.proxier import Iptables
from k8sedu.kube.proxy.iptables.ruleset import Ruleset
from k8sedu.kube.proxy.ports import ServicePort, ServicePortName
from k8sedu.kube.proxy.settings import ProxySettings

NAMES = [ServicePortName("default", f"s{number}") for number in range(4)]
BACKENDS = [Backend(f"10.244.1.{number}", 80, is_local=number % 2 == 0) for number in range(4)]

SHARED = {"KUBE-SERVICES", "KUBE-NODEPORTS", "KUBE-EXTERNAL-SERVICES"}

port = st.fixed_dictionaries({}, optional={
    "node_port": st.just(30_080), "external_ips": st.just(("203.0.113.7",)), "is_external_local": st.booleans(),
    "is_internal_local": st.booleans(), "affinity_seconds": st.just(60),
})  # fmt: skip
change = st.tuples(st.integers(0, 3), st.one_of(st.none(), port), st.lists(st.sampled_from(BACKENDS), unique=True))


def apply(tracker: ChangeTracker, number: int, spec: dict[str, Any] | None, backends: list[Backend]) -> ServicePortName:
    name = NAMES[number]
    tracker.ports.pop(name, None)
    tracker.backends[name] = tuple(sorted(backends, key=lambda backend: backend.text))
    if spec is not None:
        tracker.ports[name] = ServicePort(name, f"10.96.0.{number}", 80, **spec)
    return name


def plain(ruleset: Ruleset) -> dict[str, dict[str, list[str]]]:
    """All chains, those of one Service port rule for rule and the shared ones without the order of Services."""
    return {
        table: {
            chain: sorted(lines, key=lambda rule: ("must be the last" in rule, rule)) if chain in SHARED else lines
            for chain, lines in chains.items()
        }
        for table, chains in ruleset.tables.items()
    }


@settings(max_examples=30)
@given(st.lists(change, max_size=8))
def test_partial_syncs_add_up(changes: list[tuple[int, dict[str, Any] | None, list[Backend]]]) -> None:
    """After any partial syncs the tables are those of a full sync, in the kernel that was given the texts and chain by chain."""
    tracker = ChangeTracker(ProxySettings(local_value="10.244.0.0/16"))
    proxier, kernel = Iptables(tracker.settings), Ruleset()
    kernel.restore(proxier.sync(tracker, Update(is_full=True)).restore)
    for number, spec, backends in changes:
        name = apply(tracker, number, spec, backends)
        kernel.restore(proxier.sync(tracker, Update(ports={name: None})).restore)
        fresh = Iptables(tracker.settings)
        fresh.sync(tracker, Update(is_full=True))
        now = plain(proxier.ruleset())
        assert now == plain(fresh.ruleset())
        assert all(now[table][chain] == lines for table, chains in plain(kernel).items() for chain, lines in chains.items())
        for table, chains in now.items():
            for chain, lines in chains.items():
                assert sorted(rule.text for rule in proxier.tables.rules(table, chain) or ()) == sorted(lines)


def test_a_chain_that_is_not_there() -> None:
    """A chain that nobody has made has no rules to be asked, not even none."""
    assert Iptables(ProxySettings()).tables.rules("nat", "KUBE-SVC-X") is None
    assert Iptables(ProxySettings()).tables.rules("filter", "KUBE-X") is None
