"""Docker on one host: the problem that the course notes start from.

Read in this order:

1. `ports`: what `-p 8080:80` says, and when two of them are in each other's way
2. `host`: a bridge, containers with addresses, and the table that leads from the host's ports to theirs
3. `firewall`: the same table as the rules that Docker writes, as `iptables-save` prints them
4. `walk`: the way of a packet, hop by hop: from outside, between containers, and out
5. `commands`: what one types, as values
6. `sim`: all of it in time, with crashes of containers and of the host
7. `views`, `lab`: the host as a picture, and under one's own hands

    from k8sedu import docker
    trace = docker.simulate(["docker run -d -p 8080:8080 --name tomcat tomcat", "outside curl 192.168.0.10:8080"])
    docker.views.play(trace)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from k8sedu.lazy import attach

if TYPE_CHECKING:
    from k8sedu.docker import commands, firewall, views
    from k8sedu.docker.host import Container, Host
    from k8sedu.docker.lab import lab
    from k8sedu.docker.ports import Published
    from k8sedu.docker.sim import run_scenario, scenario_of, simulate
    from k8sedu.docker.walk import Packet, answer, walk

__all__ = [
    "Container",
    "Host",
    "Packet",
    "Published",
    "answer",
    "commands",
    "firewall",
    "lab",
    "run_scenario",
    "scenario_of",
    "simulate",
    "views",
    "walk",
]

__getattr__, __dir__ = attach(
    __name__,
    {
        "Container": "host",
        "Host": "host",
        "Packet": "walk",
        "Published": "ports",
        "answer": "walk",
        "commands": "commands",
        "firewall": "firewall",
        "lab": "lab.lab",
        "run_scenario": "sim",
        "scenario_of": "sim",
        "simulate": "sim",
        "views": "views",
        "walk": "walk.walk",
    },
)
