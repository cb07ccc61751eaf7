"""The pictures of Swarm: made from the model's own runs, so that they show what it does today."""

from __future__ import annotations

from functools import cache, partial

from k8sedu import swarm
from k8sedu.course.figures import Draw, titled
from k8sedu.stage import charts
from k8sedu.stage.svg import still
from k8sedu.swarm import views
from k8sedu.trace import Trace

WEB = swarm.Service("web", swarm.Spec("web:1", cpu_millicores=500, ports=(swarm.Port(8080, 80),)), replicas=6)


@cache
def bad_update() -> Trace:
    """A version that dies: the update pauses, and somebody takes it back."""
    orders = [swarm.update("web", image="web:2", fails_after_ms=700, at_ms=5_000), swarm.rollback("web", at_ms=20_000)]
    return swarm.simulate_services([WEB], orders=orders, duration_ms=40_000)


@cache
def lonely() -> Trace:
    """Two of three managers fail, and a node; one manager comes back."""
    faults = ["at 10000 crash manager-1", "at 12000 crash manager-2", "at 20000 crash n2", "at 40000 restart manager-1"]
    return swarm.simulate_services([WEB], faults=faults, duration_ms=100_000)


def paused(language: str) -> str:
    """The service half and half."""
    film = views.update_film(bad_update())
    frame = next(frame for frame in film.frames if frame.kind == "update_status" and "paused" in str(frame.scene.caption))
    return still(frame.scene, title=film.title, language=language)


def mesh(language: str) -> str:
    """A packet that came in at one node, on its way to a task on another."""
    at_first = bad_update().at_ms(4_000).frame
    assert at_first is not None
    film = views.mesh_film(views.mesh_of(at_first), [("n4", 8080)])
    return still(film.frames[3].scene, title=film.title, language=language)


def strategies(strategy: str, language: str) -> str:
    """The same containers under one strategy."""
    run = swarm.simulate(seed=5, strategy=strategy, duration_ms=12_000)
    film = views.film(run)
    last = [frame for frame in film.frames if frame.kind == "place"][24]
    return still(last.scene, title=film.title, language=language)


def leaderless(language: str) -> str:
    """Two managers are gone: what runs, runs on."""
    film = views.film(lonely())
    frame = next(frame for frame in film.frames if frame.kind == "machine_down")
    return still(frame.scene, title=film.title, language=language)


FIGURES: dict[str, Draw] = {
    "swarm-spread.svg": titled("Containers under classic Swarm's strategy spread", partial(strategies, "spread", "en")),
    "swarm-spread-zh.svg": titled("经典 Swarm 的 spread 策略下的容器", partial(strategies, "spread", "zh")),
    "swarm-binpack.svg": titled("The same containers under binpack", partial(strategies, "binpack", "en")),
    "swarm-binpack-zh.svg": titled("binpack 策略下的同样的容器", partial(strategies, "binpack", "zh")),
    "swarm-update.svg": titled("A rolling update that paused at the first failure", partial(paused, "en")),
    "swarm-update-zh.svg": titled("在第一次失败时暂停的滚动更新", partial(paused, "zh")),
    "swarm-mesh.svg": titled("A request enters the routing mesh at a node that passes it on to another", partial(mesh, "en")),
    "swarm-mesh-zh.svg": titled("请求从一个节点进入路由网格，再转到另一个节点", partial(mesh, "zh")),
    "swarm-managers.svg": titled("Two of three managers are gone, and every task of a living node runs on", partial(leaderless, "en")),
    "swarm-managers-zh.svg": titled("三个管理者失去两个，活着的节点上任务照常运行", partial(leaderless, "zh")),
    "swarm-versions.svg": titled(
        "Which version serves: update, pause, rollback", lambda: charts.svg(views.version_timeline(bad_update(), "web", language="en"))
    ),
    "swarm-slots.svg": titled("The tasks of each slot", lambda: charts.svg(views.slot_timeline(bad_update(), "web", language="en"))),
    "swarm-reigns.svg": titled("Who leads, and when nobody does", lambda: charts.svg(views.manager_timeline(lonely(), language="en"))),
}
"""File name → figure. Charts by matplotlib are in English only: their letters become outlines, and fonts depend on the machine."""
