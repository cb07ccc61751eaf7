"""Laws of Docker's rules: two for each published port, and the text is what `iptables-save` prints."""

from __future__ import annotations

from itertools import pairwise

from k8sedu.docker.firewall import rules, save
from k8sedu.docker.host import Host

EXPECTED = """\
*nat
:PREROUTING ACCEPT
:INPUT ACCEPT
:OUTPUT ACCEPT
:POSTROUTING ACCEPT
:DOCKER -
-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
-A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER
-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
-A POSTROUTING -s 172.17.0.2/32 -d 172.17.0.2/32 -p tcp -m tcp --dport 80 -j MASQUERADE
-A DOCKER -i docker0 -j RETURN
-A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80
COMMIT
*filter
:INPUT ACCEPT
:FORWARD DROP
:OUTPUT ACCEPT
:DOCKER -
-A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A FORWARD -o docker0 -j DOCKER
-A FORWARD -i docker0 ! -o docker0 -j ACCEPT
-A FORWARD -i docker0 -o docker0 -j ACCEPT
-A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT
COMMIT
"""


def test_one_published_port_is_written_as_iptables_prints_it() -> None:
    """The whole text for one container, as a host of the Docker Engine has it."""
    host = Host()
    host.run("web", publish=["8080:80"])
    assert save(host) == EXPECTED


def test_an_address_of_its_own_stands_in_the_rule() -> None:
    """Who publishes on one address only is reached on that one only."""
    host = Host()
    host.run("web", publish=["127.0.0.1:8080:80"])
    assert any(rule.text.startswith("-A DOCKER -d 127.0.0.1/32 ! -i docker0") for rule in rules(host))


def test_every_further_port_costs_three_rules() -> None:
    """One for its own answers, one to lead there, one to let through: the table grows with each of them."""
    counts = []
    for number in range(4):
        host = Host()
        host.run("web", publish=[f"{8000 + each}:{each + 1}" for each in range(number)])
        counts.append(len(rules(host)))
    assert [after - before for before, after in pairwise(counts)] == [3, 3, 3]
