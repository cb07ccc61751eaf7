from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from k8sedu.kube.objects import Pod
from k8sedu.kube.scheduler.cycle import Cycle
from k8sedu.kube.scheduler.plugins.image_locality import ImageLocality


@pytest.mark.conformance("k8s/imagelocality_score.json")
def test_score(conformance_path: Path | None, tables: Any) -> None:
    """The bytes that lie there count, less where few nodes have the image."""
    for case in tables.cases(conformance_path):
        wanted = {each["node"]: each["score"] for each in case["expected"]}
        assert tables.scores(ImageLocality(), Cycle(tables.pod(case), tables.cluster(case)), list(wanted)) == wanted, case["name"]


@pytest.mark.conformance("k8s/imagelocality_score.json")
def test_init_containers_count_from_1_30_on(conformance_path: Path | None, tables: Any) -> None:
    """A pod whose image is that of an init container scored nothing in 1.29."""
    case = tables.cases(conformance_path)[0]
    spec = tables.pod(case).spec
    pod = Pod.of({"metadata": {"name": "incoming"}}).evolve(spec=spec.without("containers").evolve(init_containers=spec.containers))
    names = [each["node"] for each in case["expected"]]
    old, new = (tables.scores(ImageLocality(), Cycle(pod, tables.cluster(case, release)), names) for release in ("1.29", "1.30"))
    assert set(old.values()) == {0}
    assert list(new.values()) == [each["score"] for each in case["expected"]]
