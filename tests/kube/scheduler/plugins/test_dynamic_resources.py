from __future__ import annotations

import pytest

from k8sedu.kube.objects import Node, Pod
from k8sedu.kube.scheduler.cluster import Cluster
from k8sedu.kube.scheduler.framework import schedule
from k8sedu.kube.scheduler.statuses import SchedulerError


def test_a_pod_with_claims_is_refused_with_a_sentence() -> None:
    """It is not placed as if it had none; before 1.34 nobody looked."""
    pod = Pod.of({"metadata": {"name": "train"}, "spec": {"resourceClaims": [{"name": "gpu", "resourceClaimName": "g"}]}})
    node = Node.of({"metadata": {"name": "a"}, "status": {"allocatable": {"pods": "9"}}})
    with pytest.raises(SchedulerError, match=r"the pod default/train has spec\.resourceClaims, which this model does not know"):
        schedule(pod, Cluster([node]))
    assert schedule(pod, Cluster([node], release="1.33")).node == "a"
