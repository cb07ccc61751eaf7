"""What others have measured on real clusters, with where it was published.

Only figures that a reader can check stand here. There are two different curves, and confusing them is the usual mistake: how long it takes
to *rewrite the table* when one Service is added (the control plane; seconds to hours), and what the *first packet* of a connection pays
(microseconds). The oldest figures are from before partial writes, when every change wrote everything.

Left out: a latency table (575, 614, 1023, 1821 µs) that is often copied and whose origin nobody names; and the figures of nftables, which
were published as charts without numbers.
"""

from __future__ import annotations

from typing import NamedTuple


class Published(NamedTuple):
    """One measurement."""

    curve: str
    """`rewrite`: one Service is added; `network_programming`: from a pod's change until the nodes know; `throughput`: what is lost."""
    mode: str
    services: int
    seconds: float | None
    rules: int | None
    source: str
    note: str = ""


HUAWEI = "Huawei, KubeCon Europe 2017 (slideshare 77112281)"
FLFTUU = "flftuu.com, November 2019; 500 nodes of 2 cores and 4 GB"
KEP_3453 = "KEP-3453; a test of 5,000 nodes, median"

PUBLISHED: tuple[Published, ...] = (
    Published("rewrite", "iptables", 5_000, 660.0, 40_000, HUAWEI, "8 rules for each Service; before partial writes"),
    Published("rewrite", "iptables", 20_000, 18_000.0, 160_000, HUAWEI, "8 rules for each Service; before partial writes"),
    Published("rewrite", "iptables", 1, 0.077, None, FLFTUU),
    Published("rewrite", "iptables", 1_000, 1.30, None, FLFTUU),
    Published("rewrite", "iptables", 5_000, 6.5, None, FLFTUU, "its number of rules is inconsistent, and left out"),
    Published("rewrite", "iptables", 10_000, 9.5, None, FLFTUU),
    Published("rewrite", "iptables", 20_000, 20.0, None, FLFTUU),
    Published("rewrite", "ipvs", 1, 0.0008, None, FLFTUU),
    Published("rewrite", "ipvs", 20_000, 0.00152, None, FLFTUU),
    Published("rewrite", "iptables", 2_000, None, 20_000, "Kubernetes blog, 2018-07-09", "10 pods each; at least so many rules"),
    Published("network_programming", "iptables", 10_000, 27.0, None, KEP_3453, "everything is written, at most every 10 s"),
    Published("network_programming", "iptables", 10_000, 13.0, None, KEP_3453, "only changes are written"),
    Published("network_programming", "iptables", 10_000, 5.0, None, KEP_3453, "only changes are written, at most every second"),
    Published("first_packet", "iptables", 1_000, None, None, "Calico documentation on IPVS", "below this, no difference is noticed"),
    Published("throughput", "iptables", 20_000, None, None, "imroc, TKE benchmark", "short connections: eBPF overtakes at about so many"),
    Published("throughput", "iptables", 30_000, None, None, "imroc, TKE benchmark", "short connections: 70 to 88 % of those of eBPF"),
)


def published_seconds(mode: str, services: int) -> float | None:
    """How long adding one Service took in the one series that has both modes; between its points, on the straight line.

    >>> published_seconds("iptables", 10_000), round(published_seconds("iptables", 3_000), 2), published_seconds("nftables", 10_000)
    (9.5, 3.9, None)
    """
    points = [(found.services, found.seconds) for found in PUBLISHED if found.source == FLFTUU and found.mode == mode]
    known = [(at, seconds) for at, seconds in points if seconds is not None]
    if not known:
        return None
    below = [point for point in known if point[0] <= services] or known[:1]
    above = [point for point in known if point[0] >= services] or known[-1:]
    (x0, y0), (x1, y1) = below[-1], above[0]
    return y0 if x0 == x1 else y0 + (y1 - y0) * (services - x0) / (x1 - x0)
