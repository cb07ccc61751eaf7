"""How far a cycle has come, as a value: what a picture needs to know besides the explanation itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from k8sedu.language import Words


class Moment(NamedTuple):
    """One moment of a cycle.

    `filters` and `scorers` say how many of each have spoken, `active` who has just spoken; `notes` are words for a row, such as who would
    have to leave it.
    """

    kind: str
    filters: int = 0
    scorers: int = 0
    active: str = ""
    chosen: str = ""
    nominated: str = ""
    notes: Mapping[str, Words] = {}
