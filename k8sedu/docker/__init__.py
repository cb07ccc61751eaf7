"""Docker on one host: the problem that the course notes start from.

Read in this order:

1. `ports`: what `-p 8080:80` says, and when two of them are in each other's way
2. `host`: a bridge, containers with addresses, and the table that leads from the host's ports to theirs
3. `firewall`: the same table as the rules that Docker writes, as `iptables-save` prints them
4. `walk`: the way of a packet, hop by hop: from outside, between containers, and out

    host = docker.Host(address="10.0.0.5")
    host.run("tomcat", publish=["8080:8080"])
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from k8sedu.lazy import attach

if TYPE_CHECKING:
    from k8sedu.docker.host import Container, Host
    from k8sedu.docker.ports import Published
    from k8sedu.docker.walk import Packet, walk

__all__ = ["Container", "Host", "Packet", "Published", "walk"]

__getattr__, __dir__ = attach(
    __name__,
    {"Container": "host", "Host": "host", "Packet": "walk", "Published": "ports", "walk": "walk.walk"},
)
