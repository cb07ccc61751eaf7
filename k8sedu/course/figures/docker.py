"""The pictures of Docker: the port mapping that the course notes begin with, from the model's own runs."""

from __future__ import annotations

from functools import cache, partial

from k8sedu import docker
from k8sedu.course.figures import Draw, titled
from k8sedu.docker import views
from k8sedu.language import Words
from k8sedu.stage import charts
from k8sedu.stage.svg import still
from k8sedu.trace import Trace


@cache
def peers() -> Trace:
    """The notes' example: two peers of a blockchain on one host, each with two ports."""
    return docker.simulate()


@cache
def crowd() -> Trace:
    """Forty people who each want one container at its usual ports."""
    return docker.simulate(containers=40, insist=True, every_ms=100, seed=7)


@cache
def swap() -> Trace:
    """Containers stop, start, and fall with their host; addresses go to who comes first."""
    plan = (
        "docker run -d --restart always --name web nginx", "docker run -d --restart always --name db redis", "docker stop web",
        "docker run -d --restart always --name new nginx", "docker start web",
    )  # fmt: skip
    return docker.simulate(plan, faults=["at 7000 crash host", "at 8000 restart host"], seed=4, duration_ms=10_000)


def _picture(kind: str, place: str, origin: str, title: Words, language: str) -> str:
    """The first instant of the notes' example at which a packet of somebody is at a place."""
    step = next(
        step for step in peers() if step.kind == kind and (step.detail.place, step.detail.origin) == (place, origin)
        and (step.detail.container == "peer1" or not step.detail.container)
    )  # fmt: skip
    frame = views.film(peers()).frames[step.index]
    return still(frame.scene, frame.time_us, title=title, language=language)


def port_mapping(language: str) -> str:
    """From outside to port 8051 of the host, whose table leads to port 7051 of the second peer."""
    title = Words("Docker port mapping: two peers on one host", "Docker 端口映射：一台宿主机上的两个 peer")
    return _picture("hop", "PREROUTING", "outside", title, language)


def neighbours(language: str) -> str:
    """A container asks its neighbour over the bridge; no rule of the host is touched."""
    return _picture("hop", "docker0", "peer0", Words("From container to container: the bridge alone", "容器到容器：只经过网桥"), language)


def way_out(language: str) -> str:
    """A container asks the world, under its host's address."""
    return _picture("hop", "POSTROUTING", "peer1", Words("From a container to the world: masquerade", "容器到外部：地址伪装"), language)


FIGURES: dict[str, Draw] = {
    "docker-port-mapping.svg": titled("Port 8051 of the host leads to port 7051 of the second peer", partial(port_mapping, "en")),
    "docker-port-mapping-zh.svg": titled("访问宿主机 8051 端口的数据包被引到第二个 peer 的 7051 端口", partial(port_mapping, "zh")),
    "docker-between-containers.svg": titled("Between containers: over the bridge, with no rule", partial(neighbours, "en")),
    "docker-between-containers-zh.svg": titled("容器经由网桥直接访问相邻的容器，不经过任何规则", partial(neighbours, "zh")),
    "docker-way-out.svg": titled("A packet leaves a container under its host's address", partial(way_out, "en")),
    "docker-way-out-zh.svg": titled("数据包以宿主机的地址离开容器", partial(way_out, "zh")),
    "docker-growth.svg": titled(
        "Rows, rules and conflicts against containers on one host", lambda: charts.svg(views.growth_chart(crowd(), language="en"))
    ),
    "docker-addresses.svg": titled(
        "Which container had which address, and when", lambda: charts.svg(views.address_timeline(swap(), language="en"))
    ),
}
"""File name → figure. Charts by matplotlib are in English only: their letters become outlines, and fonts depend on the machine."""
