"""An explanation as the kube-scheduler-simulator writes it: JSON texts in a pod's annotations.

Numbers are texts there, a filter that lets a node pass says "passed", and of a node that was rejected only the plugins up to the first
rejection appear, since the real scheduler asks no further.

Source: kubernetes-sigs/kube-scheduler-simulator, simulator/scheduler/plugin/{annotation,resultstore}, simulator/docs/how-it-works.md.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from k8sedu.kube.scheduler.statuses import Status

if TYPE_CHECKING:
    from k8sedu.kube.scheduler.explain import Explanation

PREFIX = "kube-scheduler-simulator.sigs.k8s.io/"
PASSED, DONE, VICTIM = "passed", "success", "preemption victim"


def annotations_of(found: Explanation) -> dict[str, str]:
    """Annotation → text; `result-history` holds all others once more, as the simulator keeps earlier attempts there."""
    parts: dict[str, Any] = {
        "prefilter-result-status": _before(found),
        "prefilter-result": _narrowed(found),
        "filter-result": _filters(found),
        "postfilter-result": _after(found),
        "prescore-result": _before_scores(found),
        "score-result": _by_node(found.raw, found),
        "finalscore-result": _by_node(found.weighted, found),
        "reserve-result": {"VolumeBinding": DONE} if found.node else {},
        "permit-result": {},
        "permit-result-timeout": {},
        "prebind-result": {"VolumeBinding": DONE} if found.node else {},
        "bind-result": {"DefaultBinder": DONE} if found.node else {},
    }
    texts = {f"{PREFIX}{name}": _json(part) for name, part in sorted(parts.items())}
    texts[f"{PREFIX}selected-node"] = found.node
    return {**texts, f"{PREFIX}result-history": _json([texts])}


def read(annotations: Mapping[str, str]) -> dict[str, Any]:
    """The annotations of a pod as data, from our hands or the simulator's: name without prefix → value.

    >>> read({"kube-scheduler-simulator.sigs.k8s.io/selected-node": "n1", "other": "x"})
    {'selected-node': 'n1'}
    """
    known = {name.removeprefix(PREFIX): text for name, text in annotations.items() if name.startswith(PREFIX)}
    return {name: text if name == "selected-node" else json.loads(text) for name, text in known.items()}


def _json(part: Any) -> str:
    return json.dumps(part, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _before(found: Explanation) -> dict[str, str]:
    """What PreFilter said, by plugin: nothing where it skipped."""
    told = {plugin: "" if plugin in found.skipped_filters else DONE for plugin in found.pre_filters}
    return told if found.pre_filter.is_success else {**told, found.pre_filter.plugin: found.pre_filter.message}


def _narrowed(found: Explanation) -> dict[str, list[str]]:
    return {} if found.node_names is None else {"NodeAffinity": sorted(found.node_names)}


def _filters(found: Explanation) -> dict[str, dict[str, str]]:
    """Node → plugin → what it said, up to the first rejection."""
    if not found.pre_filter.is_success:
        return {}
    asked = found.nodes if found.node_names is None else [node for node in found.nodes if node in found.node_names]
    return {node: _up_to_rejection(found, found.verdicts[node]) for node in asked}


def _up_to_rejection(found: Explanation, verdict: Status) -> dict[str, str]:
    told = {}
    for plugin in found.filters:
        told[plugin] = verdict.message if plugin == verdict.plugin else PASSED
        if plugin == verdict.plugin:
            break
    return told


def _after(found: Explanation) -> dict[str, dict[str, str]]:
    """Node → plugin → the one where room is made."""
    if found.node or not found.pre_filter.is_success:
        return {}
    return {node: {"DefaultPreemption": VICTIM} if node == found.nominated_node else {} for node in found.nodes}


def _before_scores(found: Explanation) -> dict[str, str]:
    return {plugin: "" if plugin in found.skipped_scores else DONE for plugin in found.pre_scores} if found.was_scored else {}


def _by_node(scores: Mapping[str, Mapping[str, int]], found: Explanation) -> dict[str, dict[str, str]]:
    if not found.was_scored:
        return {}
    return {node: {plugin: str(numbers[node]) for plugin, numbers in scores.items()} for node in found.feasible}
