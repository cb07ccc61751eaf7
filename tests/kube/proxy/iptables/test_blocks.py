from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from k8sedu.kube.proxy.backends import Backend
from k8sedu.kube.proxy.changes import ChangeTracker, Update
from k8sedu.kube.proxy.iptables.blocks import BlockMaker, local_match
from k8sedu.kube.proxy.iptables.proxier import Iptables
from k8sedu.kube.proxy.ports import ServicePort, ServicePortName
from k8sedu.kube.proxy.settings import ProxySettings

WEB = ServicePortName("ns", "web")
HERE, THERE = Backend("10.0.1.1", 80, is_local=True), Backend("10.0.2.1", 80)


def lines(port: ServicePort, *backends: Backend, **settings: Any) -> list[str]:
    block = BlockMaker(ProxySettings(**{"local_value": "10.0.0.0/8"} | settings), is_large=False).block(port, backends)
    return (block.shared + block.filters + block.rules).splitlines()


@pytest.mark.conformance("k8s/kubeproxy.json")
def test_golden_table(conformance_path: Path) -> None:
    """Three endpoints behind one address make the table of the real test, line for line."""
    (case,) = json.loads(conformance_path.read_text(encoding="utf-8"))["groups"]["golden"]
    namespace, name = case["service"].split("/")
    port = ServicePortName(namespace, name)
    tracker = ChangeTracker(ProxySettings(local_value=case["pod_cidr"], has_random_fully=False))
    tracker.ports[port] = ServicePort(port, case["cluster_ip"], case["port"])
    tracker.backends[port] = tuple(Backend(text.split(":")[0], 80) for text in case["endpoints"])
    restore = Iptables(tracker.settings).sync(tracker, Update(is_full=True)).restore
    rules = [line for line in restore[restore.index("*nat") :].splitlines() if line.startswith("-A")]
    plain = sorted(line.replace("0x00004000", "0x4000") for line in rules)
    assert plain == sorted(case["nat_rules"])


def test_the_last_rule_has_no_condition() -> None:
    """Of n rules that choose, n - 1 draw and the last one takes what is left."""
    chosen = [line for line in lines(ServicePort(WEB, "10.96.0.1", 80), HERE, THERE) if "-j KUBE-SEP" in line]
    assert ["statistic" in line for line in chosen] == [True, False]


def test_affinity_is_asked_first() -> None:
    """Every endpoint is asked whether it knows the client, before anything is drawn."""
    chosen = [line for line in lines(ServicePort(WEB, "10.96.0.1", 80, affinity_seconds=600), HERE, THERE) if "-j KUBE-SEP" in line]
    assert ["--rcheck --seconds 600 --reap" in line for line in chosen] == [True, True, False, False]


def test_nothing_there_and_nothing_here() -> None:
    """With no endpoint anywhere traffic is rejected; with endpoints elsewhere only, what must stay on this node is dropped."""
    port = ServicePort(WEB, "10.96.0.1", 80, is_internal_local=True)
    assert lines(port)[0].endswith('"ns/web has no endpoints" -m tcp -p tcp -d 10.96.0.1 --dport 80 -j REJECT')
    assert lines(port, THERE)[0].endswith('"ns/web has no local endpoints" -m tcp -p tcp -d 10.96.0.1 --dport 80 -j DROP')


def test_pods_reach_an_outer_address_without_leaving() -> None:
    """With policy Local, this cluster's pods go to all endpoints even under an address that is meant for the world."""
    port = ServicePort(WEB, "10.96.0.1", 80, external_ips=("203.0.113.7",), is_external_local=True)
    outside = [line for line in lines(port, THERE) if line.startswith("-A KUBE-EXT-")]
    assert len(outside) == 3
    assert "-s 10.0.0.0/8 -j KUBE-SVC" in outside[0]


@pytest.mark.parametrize(
    ("mode", "value", "expected"),
    [
        ("ClusterCIDR", "10.0.0.0/8", "! -s 10.0.0.0/8"), ("BridgeInterface", "cbr0", "! -i cbr0"),
        ("InterfaceNamePrefix", "veth", "! -i veth+"),
    ],
)  # fmt: skip
def test_who_is_local(mode: Any, value: str, expected: str) -> None:
    """Pods are told by their network, their bridge, or the beginning of their interface's name."""
    assert local_match(ProxySettings(local_mode=mode, local_value=value), is_local=False) == expected


def test_later_releases_count() -> None:
    """From 1.31 on, packets to node ports of 127.0.0.1 have a rule of their own that counts them, where there are such node ports."""
    port = ServicePort(WEB, "10.96.0.1", 80, node_port=30_080)

    def node_ports(**settings: Any) -> list[str]:
        return [line for line in lines(port, THERE, **settings) if line.startswith("-A KUBE-NODEPORTS")]

    counted, usual = node_ports(release="1.31")
    where = "-m tcp -p tcp -d 127.0.0.0/8 --dport 30080 -m nfacct --nfacct-name localhost_nps_accepted_pkts"
    assert counted.startswith(f"-A KUBE-NODEPORTS -m comment --comment ns/web {where} -j KUBE-EXT-")
    assert node_ports() == [usual]
    assert node_ports(release="1.31", localhost_nodeports=False) == [usual]


def test_nobody_can_tell() -> None:
    """Without a way to tell pods from others nothing is masqueraded on its way to a cluster IP, unless everything is."""
    port = ServicePort(WEB, "10.96.0.1", 80)
    marked = [
        sum("cluster IP" in line and "KUBE-MARK-MASQ" in line for line in lines(port, THERE, local_value="", masquerade_all=everything))
        for everything in (False, True)
    ]
    assert marked == [0, 1]
