"""What a run is made of, beside its plan."""

from __future__ import annotations

from typing import NamedTuple

from k8sedu.errors import K8sEduError
from k8sedu.kube.proxy.node import MODES
from k8sedu.kube.proxy.sim.published import published_seconds


class ProxyRunError(K8sEduError, ValueError):
    """A run that cannot be."""


class RunSettings(NamedTuple):
    """The parameters of `simulate`; it says what each of them means."""

    mode: str = "iptables"
    nodes: int = 3
    pods: int = 3
    duration_ms: int = 6_000
    requests_per_s: int = 10
    keep_open: int = 1
    protocol: str = "TCP"
    affinity_seconds: int = 0
    internal_policy: str = "Cluster"
    scheduler: str = "rr"
    endpoints_delay_ms: tuple[int, int] = (50, 150)
    watch_delay_ms: tuple[int, int] = (10, 60)
    min_sync_ms: int = 1_000
    services: int = 10
    grace_ms: int = 2_000
    start_ms: int = 1_500

    def check(self) -> None:
        """Raises ProxyRunError, in one sentence, for what cannot be."""
        if self.mode not in MODES:
            raise ProxyRunError(f"mode is {self.mode!r}, expected one of {', '.join(MODES)}")
        if self.protocol not in {"TCP", "UDP"}:
            raise ProxyRunError(f"protocol is {self.protocol!r}, expected TCP or UDP")
        if self.internal_policy not in {"Cluster", "Local"}:
            raise ProxyRunError(f"internal_policy is {self.internal_policy!r}, expected Cluster or Local")
        limits = {"nodes": (1, 20), "pods": (0, 100), "duration_ms": (1, 600_000), "requests_per_s": (0, 1_000), "keep_open": (0, 20),
                  "min_sync_ms": (0, 60_000), "services": (1, 1_000_000), "grace_ms": (0, 60_000), "start_ms": (0, 60_000)}  # fmt: skip
        for name, (least, most) in limits.items():
            if not least <= getattr(self, name) <= most:
                raise ProxyRunError(f"{name} is {getattr(self, name)}, expected {least} to {most}")
        for name in ("endpoints_delay_ms", "watch_delay_ms"):
            first, last = getattr(self, name)
            if not 0 <= first <= last:
                raise ProxyRunError(f"{name} is {(first, last)}, expected two times, the smaller one first")

    @property
    def sync_us(self) -> int:
        """How long a sync takes: what was published for that many Services, and no time in modes for which nothing was."""
        return int(1e6 * (published_seconds(self.mode, self.services) or 0.0))
