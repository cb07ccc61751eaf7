"""`-p 8080:80`: what a published port says, and when two of them get in each other's way.

A container has ports of its own, all 65,535 of them, and two containers may both listen on 80. The host has only one set. So whoever is
to be reached from outside needs a port of the *host*, and of these each can be given away once per protocol and address. That is all that
a conflict is.

Source: `docker run --publish` of Docker's command line reference; the text of the conflict is the Docker Engine's own.
Left out: ranges (`-p 8000-8010:80`), SCTP, and IPv6.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from k8sedu.errors import K8sEduError

EVERY_ADDRESS = "0.0.0.0"
FIRST_FREE, LAST_FREE = 32_768, 60_999
"""From these Docker chooses where no host port is named: Linux's range of ephemeral ports."""

_SPOKEN = re.compile(r"(?:(?P<address>\d+\.\d+\.\d+\.\d+):)?(?:(?P<host>\d*):)?(?P<container>\d+)(?:/(?P<protocol>\w+))?")


class PortError(K8sEduError, ValueError):
    """A port that cannot be read, or that is taken."""


class Published(NamedTuple):
    """One published port: whoever comes to `address:host_port` is led to `container_port`; 0 leaves the choice to Docker.

    >>> Published.parse("8080:80")
    Published(host_port=8080, container_port=80, protocol='tcp', address='0.0.0.0')
    >>> Published.parse("127.0.0.1:5353:53/udp").text
    '127.0.0.1:5353:53/udp'
    >>> Published.parse("80").host_port
    0
    """

    host_port: int
    container_port: int
    protocol: str = "tcp"
    address: str = EVERY_ADDRESS

    @classmethod
    def parse(cls, text: str) -> Published:
        """Read what stands behind `-p`: `[address:][host port:]container port[/protocol]`.

        Raises:
            PortError: another form, a port above 65535, a protocol other than tcp and udp.
        """
        found = _SPOKEN.fullmatch(text)
        if found is None:
            raise PortError(f"-p {text!r} cannot be read, expected for example '8080:80', '80' or '127.0.0.1:53:53/udp'")
        host, container = int(found["host"] or 0), int(found["container"])
        protocol = found["protocol"] or "tcp"
        for port in (host, container):
            if port > 65_535 or (port == 0 and port is container):
                raise PortError(f"-p {text!r} names the port {port}, expected 1 to 65535")
        if protocol not in {"tcp", "udp"}:
            raise PortError(f"-p {text!r} names the protocol {protocol!r}, expected 'tcp' or 'udp'")
        return cls(host, container, protocol, found["address"] or EVERY_ADDRESS)

    @property
    def text(self) -> str:
        """As one would type it."""
        address = "" if self.address == EVERY_ADDRESS else f"{self.address}:"
        return f"{address}{self.host_port}:{self.container_port}" + ("" if self.protocol == "tcp" else f"/{self.protocol}")

    def conflicts_with(self, other: Published) -> bool:
        """Whether both want the same port of the host: same protocol, same port, and an address in common."""
        same_address = self.address == other.address or EVERY_ADDRESS in {self.address, other.address}
        return self.protocol == other.protocol and self.host_port == other.host_port and same_address


def taken(wanted: Published) -> PortError:
    """The Docker Engine's own words for a port that somebody has already."""
    return PortError(f"Bind for {wanted.address}:{wanted.host_port} failed: port is already allocated")
