"""Does a client stay with its pod? A row per client, a cell per request, a colour and a number per endpoint.

Without affinity the cells of a row are mixed; with it, a row has one colour, until the time is over or the pod is gone.
"""

from __future__ import annotations

from collections.abc import Iterable

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from k8sedu.kube.proxy.packet import Walk
from k8sedu.kube.proxy.views.spread import ROLES
from k8sedu.kube.proxy.views.walk import WalkError
from k8sedu.language import Words
from k8sedu.stage import charts
from k8sedu.stage.theme import Theme, colour


def affinity_chart(walks: Iterable[Walk], *, ax: Axes | None = None, language: str | None = None, theme: Theme = "light") -> Axes:
    """A row per client address, its requests from left to right, each in the colour and with the number of its endpoint.

    Raises:
        WalkError: there is no walk.
    """
    found = list(walks)
    if not found:
        raise WalkError("met no walk, expected the walks of some requests")
    clients: dict[str, list[str]] = {}
    for walk in found:
        clients.setdefault(walk.packet.source, []).append(walk.endpoint)
    endpoints = sorted({walk.endpoint for walk in found if walk.endpoint})
    most = max(map(len, clients.values()))
    ax = charts.axes(ax, title=_title(clients).in_(language), theme=theme, size=(7.6, 1.6 + 0.38 * len(clients)))
    with charts.style(theme):
        for row, answers in enumerate(clients.values()):
            for place, endpoint in enumerate(answers):
                _cell(ax, place, row, endpoint, endpoints, theme=theme, is_small=most > 32)
        for number, endpoint in enumerate(endpoints, 1):
            ax.bar(0, 0, color=colour(ROLES[(number - 1) % len(ROLES)], theme), label=f"{number}: {endpoint}")
        ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.18 - 0.35 / len(clients)), ncols=min(4, len(endpoints) or 1), fontsize=9)
    ax.set_yticks([row + 0.5 for row in range(len(clients))], list(clients))
    ax.set_ylim(len(clients), 0)
    ax.set_xlim(0, most)
    ticks = range(0, most, max(1, most // 10))
    ax.set_xticks([place + 0.5 for place in ticks], [str(place + 1) for place in ticks])
    ax.set_xlabel(Words("request number", "第几个请求").in_(language))
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    return ax


def _title(clients: dict[str, list[str]]) -> Words:
    loyal = sum(len(set(answers)) == 1 for answers in clients.values())
    return Words(f"{loyal} of {len(clients)} clients met one endpoint only", f"{len(clients)} 个客户端中有 {loyal} 个始终只遇到一个端点")


def _cell(ax: Axes, place: int, row: int, endpoint: str, endpoints: list[str], *, theme: Theme, is_small: bool) -> None:
    number = endpoints.index(endpoint) if endpoint else -1
    role = ROLES[number % len(ROLES)] if endpoint else "line"
    ax.add_patch(Rectangle((place + 0.04, row + 0.1), 0.92, 0.8, color=colour(role, theme), linewidth=0))
    if not is_small:
        told = str(number + 1) if endpoint else "×"
        ink = colour(f"on:{role}", theme) if endpoint else colour("ink", theme)
        ax.text(place + 0.5, row + 0.5, told, ha="center", va="center", fontsize=9, color=ink)
