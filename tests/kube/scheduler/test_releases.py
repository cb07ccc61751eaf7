from __future__ import annotations

import pytest

from k8sedu.kube.scheduler.plugins.registry import default_plugins
from k8sedu.kube.scheduler.releases import CHANGES, ReleaseError, has, minor


@pytest.mark.parametrize("release", ["1.21", "1.36", "2.0", "latest", ""])
def test_a_release_that_is_not_known(release: str) -> None:
    """A sentence says which are."""
    with pytest.raises(ReleaseError, match=r"expected one from 1\.22 to 1\.35"):
        minor(release)


def test_changes_come_with_their_release_and_stay() -> None:
    """From its release on every later one has it."""
    for name, change in CHANGES.items():
        minors = [number for number in range(22, 36) if has(f"1.{number}", name)]
        assert minors == list(range(minor(change.since), 36)), name


def test_the_default_plugins_of_releases() -> None:
    """The clouds' limits went with 1.31, gates came with 1.27, and weights rose with 1.23."""
    assert "EBSLimits" in default_plugins("1.30")
    assert "EBSLimits" not in default_plugins("1.31")
    assert ("SchedulingGates" in default_plugins("1.26"), "SchedulingGates" in default_plugins("1.27")) == (False, True)
    assert (default_plugins("1.22")["TaintToleration"], default_plugins("1.23")["TaintToleration"]) == (1, 3)
    classic = ("TaintToleration", "NodeAffinity", "NodeResourcesFit", "PodTopologySpread", "InterPodAffinity",
               "NodeResourcesBalancedAllocation", "ImageLocality")  # fmt: skip
    assert 100 * sum(default_plugins("1.35")[name] for name in classic) == 1200
