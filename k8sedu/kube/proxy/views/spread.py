"""Is each endpoint chosen equally often? Bars of a thousand draws against 1/n, with the bounds that chance allows.

Where a mode promises 1/n, the count of each endpoint is binomial. So nearly all counts lie within n·p ± z·√(n·p·(1-p)); a bar outside of
that band means something other than chance: affinity, a policy, rules that a change has left behind.

Source: the normal approximation of the binomial distribution.
Left out: a test for all endpoints at once; with the usual 0.99 one endpoint in a hundred is outside by chance.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from statistics import NormalDist

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from k8sedu.kube.proxy.packet import Walk
from k8sedu.kube.proxy.views.walk import WalkError
from k8sedu.language import Words
from k8sedu.stage import charts
from k8sedu.stage.theme import Theme, colour

ROLES = ("blue", "orange", "green", "purple", "sky", "vermillion")
Walks = Iterable[Walk] | Mapping[str, Iterable[Walk]]


def labelled(walks: Walks) -> dict[str, list[Walk]]:
    """Walks under the names of their series."""
    return {label: list(found) for label, found in walks.items()} if isinstance(walks, Mapping) else {"": list(walks)}


def distribution_table(walks: Walks, *, endpoints: Sequence[str] | None = None, confidence: float = 0.99) -> pd.DataFrame:
    """A row per endpoint (and series, where several are given).

    Args:
        walks: of many requests, or label → walks.
        endpoints: those that could have been chosen; without it, those that were.
        confidence: how much of chance the bounds hold, between 0 and 1.

    Returns:
        Columns label (only of several series), endpoint, requests int64, share, expected, low, high (shares of 1), is_within bool.

    Raises:
        WalkError: no walk reached an endpoint, or the confidence is no share.
    """
    series = labelled(walks)
    rows = [row for label, found in series.items() for row in _rows(label, found, endpoints, confidence)]
    columns = ["label", "endpoint", "requests", "share", "expected", "low", "high", "is_within"]
    table = pd.DataFrame(rows, columns=columns).astype({"requests": "int64"})
    return table if isinstance(walks, Mapping) else table.drop(columns="label")


def _rows(label: str, found: list[Walk], endpoints: Sequence[str] | None, confidence: float) -> list[tuple[object, ...]]:
    if not 0 < confidence < 1:
        raise WalkError(f"confidence is {confidence}, expected a share between 0 and 1, such as 0.99")
    counts = Counter(walk.endpoint for walk in found if walk.endpoint)
    names = list(dict.fromkeys((*(endpoints or ()), *sorted(counts))))
    total = sum(counts.values())
    if not total:
        raise WalkError(f"met {len(found)} walks and none that reached an endpoint, expected some")
    share = 1 / len(names)
    reach = NormalDist().inv_cdf((1 + confidence) / 2) * (share * (1 - share) / total) ** 0.5
    low, high = max(0.0, share - reach), min(1.0, share + reach)
    return [(label, name, counts[name], counts[name] / total, share, low, high, low <= counts[name] / total <= high) for name in names]


def distribution_chart(
    walks: Walks, *, endpoints: Sequence[str] | None = None, confidence: float = 0.99, ax: Axes | None = None,
    language: str | None = None, theme: Theme = "light",
) -> Axes:  # fmt: skip
    """Each endpoint's share of the requests, against 1/n and the band of chance.

    Args:
        walks: of many requests, or label → walks, such as mode → walks.
        endpoints: those that could have been chosen, so that those without a request are seen.
        confidence: how much of chance the band holds.
        ax: where to draw.
        language: "en" or "zh".
        theme: the paper.

    Raises:
        WalkError: no walk reached an endpoint.
    """
    series = labelled(walks)
    table = distribution_table(series, endpoints=endpoints, confidence=confidence)
    names = list(dict.fromkeys(table.endpoint))
    ax = charts.axes(ax, title=_title(table).in_(language), theme=theme, size=(7.6, 3.8))
    with charts.style(theme):
        _bars(ax, table, names, list(series), theme)
        _band(ax, table, names, confidence, language=language, theme=theme)
    ax.set_xticks(range(len(names)), names, rotation=0 if len(names) <= 5 else 30, ha="center" if len(names) <= 5 else "right")
    ax.set_xlim(-0.6, len(names) - 0.4)
    ax.set_ylim(0, max(table.share.max(), table.high.max()) * (1.28 if len(series) > 1 else 1.15))
    ax.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    ax.set_ylabel(Words("share of the requests", "占请求的比例").in_(language))
    return ax


def _title(table: pd.DataFrame) -> Words:
    total, out = int(table.groupby("label").requests.sum().max()), int((~table.is_within).sum())
    said = f"{total:,}".replace(",", "\u202f")
    if out == 0:
        return Words(f"Of {said} requests each endpoint gets what chance would give it", f"{said} 个请求：每个端点得到的都在随机波动之内")
    return Words(f"Of {said} requests {out} of the bars are not what an even chance would give",
                 f"{said} 个请求：有 {out} 根柱子不是均等的随机所能解释的")


def _bars(ax: Axes, table: pd.DataFrame, names: list[str], series: list[str], theme: Theme) -> None:
    width = 0.72 / len(series)
    for place, label in enumerate(series):
        rows = table[table.label == label]
        at = [names.index(name) - 0.36 + width * (place + 0.5) for name in rows.endpoint]
        role = ROLES[place % len(ROLES)]
        ax.bar(at, rows.share, width=width * 0.92, color=colour(role, theme), label=label, linewidth=0)
        if len(series) * len(names) <= 12:
            for x, count in zip(at, rows.requests, strict=True):
                ax.annotate(str(count), (x, 0), (0, 5), textcoords="offset points", ha="center", fontsize=9, color=_on(role, theme, count))
    if len(series) > 1:
        ax.legend(loc="upper center", ncols=min(4, len(series)), fontsize=9)


def _on(role: str, theme: Theme, count: int) -> str:
    return colour(f"on:{role}" if count else "ink", theme)


def _band(ax: Axes, table: pd.DataFrame, names: list[str], confidence: float, *, language: str | None, theme: Theme) -> None:
    low, high, share = table.low.min(), table.high.max(), 1 / len(names)
    ax.axhspan(low, high, color=colour("muted", theme), alpha=0.22, zorder=2.5, linewidth=0)
    ax.axhline(share, color=colour("ink", theme), linewidth=1.2, linestyle=(0, (4, 2)), zorder=3)
    told = Words(f"1/{len(names)}\n{confidence:.0%}", f"1/{len(names)}\n{confidence:.0%}").in_(language)
    ax.annotate(told, (1.01, share), xycoords=("axes fraction", "data"), va="center", fontsize=9, annotation_clip=False)
