"""The rules that Docker writes into the host's firewall, as `iptables-save` would print them.

A published port is not a program that listens and copies. It is a rule: a packet to this port of the host gets another destination before
it is routed (DNAT), and the kernel remembers that, so that answers get the host's address back. A second rule lets it through to the
bridge. And one rule for all gives packets that leave the bridge the host's own address (masquerade).

Source: `iptables-save` on a host of Docker Engine 24 with the default bridge (tables nat and filter).
Left out: the chains DOCKER-ISOLATION and DOCKER-USER, which separate several bridges, and the port that docker-proxy holds on the host.
"""

from __future__ import annotations

from typing import NamedTuple

from k8sedu.docker.host import BRIDGE, Host
from k8sedu.docker.ports import EVERY_ADDRESS, Published


class Rule(NamedTuple):
    """One rule: in which table and chain, what it looks for, and what it does with what it finds."""

    table: str
    chain: str
    text: str


def rules(host: Host) -> tuple[Rule, ...]:
    r"""All rules of a host, in the order in which the kernel reads them.

    >>> host = Host()
    >>> _ = host.run("web", publish=["8080:80"])
    >>> print("\n".join(rule.text for rule in rules(host) if rule.chain == "DOCKER"))
    -A DOCKER -i docker0 -j RETURN
    -A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80
    -A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT
    """
    return (*_nat(host), *_filter(host))


def save(host: Host) -> str:
    """The rules as `iptables-save` prints them, table by table, without counters."""
    heads = {
        "nat": (":PREROUTING ACCEPT", ":INPUT ACCEPT", ":OUTPUT ACCEPT", ":POSTROUTING ACCEPT", ":DOCKER -"),
        "filter": (":INPUT ACCEPT", ":FORWARD DROP", ":OUTPUT ACCEPT", ":DOCKER -"),
    }
    written = rules(host)
    blocks = [["*" + table, *head, *(rule.text for rule in written if rule.table == table), "COMMIT"] for table, head in heads.items()]
    return "\n".join(line for block in blocks for line in block) + "\n"


def _nat(host: Host) -> list[Rule]:
    local = "-m addrtype --dst-type LOCAL -j DOCKER"
    found = [
        Rule("nat", "PREROUTING", f"-A PREROUTING {local}"),
        Rule("nat", "OUTPUT", f"-A OUTPUT ! -d 127.0.0.0/8 {local}"),
        Rule("nat", "POSTROUTING", f"-A POSTROUTING -s {host.subnet} ! -o {BRIDGE} -j MASQUERADE"),
    ]
    for container, each in host.published():
        here = f"-s {container.address}/32 -d {container.address}/32 -p {each.protocol} -m {each.protocol} --dport {each.container_port}"
        found.append(Rule("nat", "POSTROUTING", f"-A POSTROUTING {here} -j MASQUERADE"))
    found.append(Rule("nat", "DOCKER", f"-A DOCKER -i {BRIDGE} -j RETURN"))
    found += [Rule("nat", "DOCKER", dnat(each, container.address)) for container, each in host.published()]
    return found


def dnat(each: Published, address: str) -> str:
    """The rule that gives packets for one published port their new destination."""
    to = "" if each.address == EVERY_ADDRESS else f"-d {each.address}/32 "
    match = f"-p {each.protocol} -m {each.protocol} --dport {each.host_port}"
    return f"-A DOCKER {to}! -i {BRIDGE} {match} -j DNAT --to-destination {address}:{each.container_port}"


def _filter(host: Host) -> list[Rule]:
    found = [
        Rule("filter", "FORWARD", f"-A FORWARD -o {BRIDGE} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT"),
        Rule("filter", "FORWARD", f"-A FORWARD -o {BRIDGE} -j DOCKER"),
        Rule("filter", "FORWARD", f"-A FORWARD -i {BRIDGE} ! -o {BRIDGE} -j ACCEPT"),
        Rule("filter", "FORWARD", f"-A FORWARD -i {BRIDGE} -o {BRIDGE} -j ACCEPT"),
    ]
    for container, each in host.published():
        match = f"-p {each.protocol} -m {each.protocol} --dport {each.container_port}"
        text = f"-A DOCKER -d {container.address}/32 ! -i {BRIDGE} -o {BRIDGE} {match} -j ACCEPT"
        found.append(Rule("filter", "DOCKER", text))
    return found
