"""Where the kernel's own chains jump to kube-proxy's.

These jumps are not part of the text that is restored, because the kernel's own chains belong to everybody: each is put in front of what is
there, one by one, if it is not there yet. So the last one that is ensured stands first.

Source: kubernetes 1.30, pkg/proxy/iptables/proxier.go (iptablesJumpChains, iptablesKubeletJumpChains).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from k8sedu.kube.proxy.iptables.names import (
    EXTERNAL_SERVICES,
    FORWARD,
    KUBELET_FIREWALL,
    NODEPORTS,
    POSTROUTING,
    PROXY_FIREWALL,
    SERVICES,
)


class Jump(NamedTuple):
    """A rule of a kernel's chain that leads to one of ours."""

    table: str
    source: str
    target: str
    comment: str = ""
    only_new: bool = False
    """For the first packet of a connection only."""

    @property
    def rule(self) -> str:
        """The rule without its chain."""
        state = "-m conntrack --ctstate NEW " if self.only_new else ""
        comment = f'-m comment --comment "{self.comment}" ' if self.comment else ""
        return f"{state}{comment}-j {self.target}"


JUMPS = (
    Jump("filter", "INPUT", EXTERNAL_SERVICES, "kubernetes externally-visible service portals", only_new=True),
    Jump("filter", "FORWARD", EXTERNAL_SERVICES, "kubernetes externally-visible service portals", only_new=True),
    Jump("filter", "INPUT", NODEPORTS, "kubernetes health check service ports"),
    Jump("filter", "FORWARD", SERVICES, "kubernetes service portals", only_new=True),
    Jump("filter", "OUTPUT", SERVICES, "kubernetes service portals", only_new=True),
    Jump("filter", "FORWARD", FORWARD, "kubernetes forwarding rules"),
    Jump("filter", "INPUT", PROXY_FIREWALL, "kubernetes load balancer firewall", only_new=True),
    Jump("filter", "OUTPUT", PROXY_FIREWALL, "kubernetes load balancer firewall", only_new=True),
    Jump("filter", "FORWARD", PROXY_FIREWALL, "kubernetes load balancer firewall", only_new=True),
    Jump("nat", "OUTPUT", SERVICES, "kubernetes service portals"),
    Jump("nat", "PREROUTING", SERVICES, "kubernetes service portals"),
    Jump("nat", "POSTROUTING", POSTROUTING, "kubernetes postrouting rules"),
    Jump("filter", "INPUT", KUBELET_FIREWALL),
    Jump("filter", "OUTPUT", KUBELET_FIREWALL),
)
"""In the order in which they are ensured."""


def ensured(jumps: tuple[Jump, ...] = JUMPS) -> tuple[str, ...]:
    """The commands that ensure them: the chain, then the rule.

    >>> ensured()[:2][0]
    '-t filter -N KUBE-EXTERNAL-SERVICES'
    """
    return tuple(command for jump in jumps for command in _commands(jump))


def _commands(jump: Jump) -> Iterator[str]:
    yield f"-t {jump.table} -N {jump.target}"
    yield f"-t {jump.table} -I {jump.source} {jump.rule}"


def jump_rules(table: str, chain: str) -> tuple[str, ...]:
    """The rules of one of the kernel's chains after all jumps were ensured."""
    return tuple(f"-A {chain} {jump.rule}" for jump in reversed(JUMPS) if (jump.table, jump.source) == (table, chain))
