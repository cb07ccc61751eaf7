"""What `ipvsadm -Ln` and `ipset list` would print on a node: the two commands with which one looks into IPVS mode.

Source: ipvsadm(8); ipset(8), the format of `save`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from k8sedu.kube.proxy.ipvs.ipsets import IpSet
from k8sedu.kube.proxy.ipvs.servers import SOURCE_PORT, VirtualServer
from k8sedu.kube.proxy.packet import socket_text


def ipvsadm(servers: Iterable[VirtualServer]) -> str:
    """The virtual servers of a node by address, and behind each its real servers in the kernel's order.

    >>> from k8sedu.kube.proxy.ipvs.servers import RealServer, ServerKey
    >>> print(ipvsadm([VirtualServer(ServerKey("10.96.0.7", 80), reals=[RealServer("10.244.1.5", 8080, active=2)])]))
    Prot LocalAddress:Port Scheduler Flags
      -> RemoteAddress:Port           Forward Weight ActiveConn InActConn
    TCP  10.96.0.7:80 rr
      -> 10.244.1.5:8080              Masq    1      2          0
    """
    lines = ["Prot LocalAddress:Port Scheduler Flags", "  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn"]
    for server in sorted(servers, key=lambda found: (found.key.protocol, found.key.ip, found.key.port)):
        lines += _lines(server)
    return "\n".join(lines)


def _lines(server: VirtualServer) -> Iterator[str]:
    words = [f"{server.key.protocol:4} {socket_text(server.key.ip, server.key.port)}", server.scheduler]
    words += [f"persistent {server.timeout_s}"] if server.is_persistent else []
    words += ["(mh-port)"] if server.flags & SOURCE_PORT else []
    yield " ".join(words)
    for real in server.reals:
        yield f"  -> {real.text:<28} Masq    {real.weight:<6} {real.active:<10} {real.inactive}"


def ipset_save(sets: Iterable[IpSet]) -> str:
    """The sets that hold something, as `ipset save` writes them.

    >>> from k8sedu.kube.proxy.ipvs.ipsets import KINDS
    >>> from k8sedu.kube.proxy.settings import ProxySettings
    >>> found = IpSet(KINDS[1], ProxySettings()); _ = found.add("10.96.0.7,tcp:80")
    >>> print(ipset_save([found]))
    create KUBE-CLUSTER-IP hash:ip,port family inet
    add KUBE-CLUSTER-IP 10.96.0.7,tcp:80
    """
    lines = []
    for found in sets:
        if found:
            options = "range 0-65535" if found.kind.type == "bitmap:port" else f"family {found.family}"
            lines += [f"create {found.name} {found.kind.type} {options}", *(f"add {found.name} {entry}" for entry in found)]
    return "\n".join(lines)
