"""Every trace of etcd as a film: one function, and a choice of what to look at.

A story of one store (`etcd.tell`) shows the two trees, or its transactions. A cluster's run (`etcd.simulate`) shows its members, its
leases, or its transactions. A log's story (`etcd.write_log`), and the segments of any log, show records and bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeAlias

from k8sedu.errors import K8sEduError
from k8sedu.etcd.views.lease_film import lease_film
from k8sedu.etcd.views.member_film import member_film
from k8sedu.etcd.views.members_film import members_film
from k8sedu.etcd.views.story_film import story_film
from k8sedu.etcd.views.txn_film import txn_film
from k8sedu.etcd.views.wal_film import wal_film
from k8sedu.language import Words
from k8sedu.stage.document import Document
from k8sedu.stage.player import Player
from k8sedu.trace import Frozen, Trace

View: TypeAlias = Literal["trees", "txn", "members", "member", "leases", "log"]

FILMS: dict[str, dict[str, Callable[..., Document]]] = {
    "etcd-store": {"trees": story_film, "txn": txn_film},
    "etcd": {"members": members_film, "member": member_film, "leases": lease_film, "txn": txn_film},
    "etcd-wal": {"log": wal_film},
}
"""By the system of a trace: what can be looked at; the first is shown if nothing is said."""


TIMES = frozenset({"start_ms", "end_ms"})
STRETCHES = {"members": TIMES, "member": TIMES | {"member"}, "leases": TIMES}
"""What may be said of the part that a view shows."""


class ViewError(K8sEduError, ValueError):
    """A trace that is none of etcd, or a view that it does not have."""


def play(
    trace: Trace | Frozen | Sequence[tuple[str, bytes]], view: View | None = None, *, title: str | Words | None = None,
    language: str | None = None, theme: Literal["auto", "light", "dark"] = "auto", **stretch: Any,
) -> Player:  # fmt: skip
    """A run as an animation; `.save("run.html")` makes one file that needs nothing else.

    Args:
        trace: of `etcd.tell`, `etcd.simulate` or `etcd.write_log`; or the account of one transaction, by `etcd.txn_account`; or the
            segments of a log, name and bytes of each, which are read record by record.
        view: "trees" or "txn" for a story; "members", "member" (the inside of one), "leases" or "txn" for a cluster; "log" for a log.
        title: above the picture.
        language: "en" or "zh", to begin with.
        theme: to begin with.
        stretch: `start_ms` and `end_ms`, for a part of a cluster's run; for "members", "member" and "leases". `member="n2"`, for "member".
            Of segments `first` and `last`, the numbers of the records that are read.

    >>> from k8sedu import etcd
    >>> play(etcd.tell("put a 1"))
    Player('Two trees: where a value lives', 6 steps)

    Raises:
        ViewError: the trace is none of etcd, or has no such view.
    """
    if isinstance(trace, Frozen):
        return Player(txn_film(trace, title=title, language=language, theme=theme))
    if not isinstance(trace, Trace):
        return Player(wal_film(trace, title=title, language=language, theme=theme, **stretch))
    films = FILMS.get(trace.system, {})
    if not films or trace[0].frame is None:
        raise ViewError(f"met a trace of {trace.system!r}, expected one with frames, of etcd.tell, etcd.simulate or etcd.write_log.")
    name: str = view or next(iter(films))
    if name not in films:
        raise ViewError(f"met the view {name!r} for a trace of {trace.system!r}, expected one of {', '.join(films)}.")
    refused = stretch.keys() - STRETCHES.get(name, frozenset())
    if refused:
        views = ", ".join(view for view, names in STRETCHES.items() if names >= refused) or "none"
        raise ViewError(f"met {', '.join(sorted(refused))} for the view {name!r}, expected the view {views}.")
    return Player(films[name](trace, title=title, language=language, theme=theme, **stretch))
