"""Judges for Services: packets walk, endpoints are made, repaired Services are asked by the models.

Read the files in this order:

1. `walks` - a node's rules as plain values; where a packet goes, and whom the endpoint sees
2. `endpoints` - who answers for a Service
3. `repairs` - a repaired Service, tried in all modes
4. `chances` - probabilities of a chain, and what comes of them
5. `scenes` - the clusters that are drawn for a student
"""

from __future__ import annotations

from k8sedu.course.homework.judges.services.chances import near, probabilities, rules_asked, shares
from k8sedu.course.homework.judges.services.endpoints import ready
from k8sedu.course.homework.judges.services.repairs import answers, selects_only
from k8sedu.course.homework.judges.services.scenes import cases, shop, silent
from k8sedu.course.homework.judges.services.walks import rules, seen, walk

__all__ = [
    "answers", "cases", "near", "probabilities", "ready", "rules", "rules_asked", "seen", "selects_only", "shares", "shop", "silent",
    "walk",
]  # fmt: skip
