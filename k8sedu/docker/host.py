"""One Docker host: a bridge, containers on it, and the table that leads from the host's ports to theirs.

`run` does what `docker run -d -p … --name …` does to the network: the container gets the next address of the bridge, and each published
port becomes a row of the table and three rules of the firewall. Nothing else happens: there is no process, and no image is pulled.

A container that stops gives its address and its ports back, and is given new ones when it starts again. So an address is not a name: the
same container may come back under another one, and somebody else may have the old one by then.

Source: Docker Engine, the bridge driver (libnetwork): default bridge 172.17.0.0/16, addresses in order, the lowest free one first; its
port allocator, which goes on from the last port that it chose; `iptables-save` of a host with published ports.
Left out: user-defined networks with their names, `--link`, `--net=host`; the container that Docker leaves behind, created and not
started, where a port was taken: here such a `run` leaves nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network
from typing import NamedTuple

from k8sedu.docker.ports import FIRST_FREE, LAST_FREE, Published, taken
from k8sedu.errors import K8sEduError

BRIDGE = "docker0"


class DockerError(K8sEduError, ValueError):
    """Something that this host cannot do: a name that is taken, a container that is not there, no address left."""


class Container(NamedTuple):
    """A container: its name, its address on the bridge ("" while it is stopped), its ports of the host, and those on which it listens.

    `asked` is what stood behind `-p`, which a new start asks for again; `restart_policy` is Docker's "no", "on-failure" or "always".
    """

    name: str
    image: str
    address: str
    published: tuple[Published, ...]
    listens: tuple[tuple[int, str], ...]
    asked: tuple[Published, ...] = ()
    restart_policy: str = "no"

    @property
    def ports_text(self) -> str:
        """As `docker ps` shows it: `0.0.0.0:8080->80/tcp`."""
        return ", ".join(f"{each.address}:{each.host_port}->{each.container_port}/{each.protocol}" for each in self.published)


class Row(NamedTuple):
    """A row of the port table: who comes to this port of the host is led to that port of that container."""

    host: str
    address: str
    host_port: int
    protocol: str
    container: str
    container_address: str
    container_port: int


class Host:
    """A machine with Docker on it.

    >>> host = Host("server", address="10.0.0.5")
    >>> host.run("tomcat", publish=["8080:8080"]).address
    '172.17.0.2'
    >>> host.run("other", publish=["8080:80"])
    Traceback (most recent call last):
        ...
    k8sedu.docker.ports.PortError: Bind for 0.0.0.0:8080 failed: port is already allocated
    >>> [f"{row.host_port} -> {row.container}:{row.container_port}" for row in host.table()]
    ['8080 -> tomcat:8080']

    Args:
        name: of the machine.
        address: under which others reach it.
        subnet: of the bridge; the bridge itself has the first address.
    """

    def __init__(self, name: str = "host", *, address: str = "192.168.0.10", subnet: str = "172.17.0.0/16") -> None:
        self.name = name
        self.address = address
        self.subnet = IPv4Network(subnet)
        self.containers: dict[str, Container] = {}
        """Those that run, in the order in which they were started."""
        self.stopped: dict[str, Container] = {}
        self._held: dict[tuple[str, int], tuple[str, ...]] = {}
        """Protocol and port of the host → the addresses for which somebody has it: one look tells whether it is free."""
        self._last_chosen: dict[tuple[str, str], int] = {}

    @property
    def bridge_address(self) -> str:
        """The address of the bridge, which is the containers' gateway."""
        return str(self.subnet.network_address + 1)

    def run(
        self, name: str, image: str = "", *, publish: tuple[str, ...] | list[str] = (), listens: tuple[str, ...] = (), restart: str = "no"
    ) -> Container:  # fmt: skip
        """Start a container, as `docker run -d -p … --name NAME IMAGE`.

        Args:
            name: its name; each is there once.
            image: what runs in it; the model only shows it.
            publish: what stands behind each `-p`.
            listens: further ports (`"9000"`, `"53/udp"`) on which it listens without publishing them; published ones always answer.
            restart: the policy of `--restart`; the host only keeps it, a simulation acts upon it.

        Raises:
            PortError: a port is taken, or cannot be read. Nothing is changed then.
            DockerError: the name is taken, or the bridge has no address left.
        """
        if name in self.containers or name in self.stopped:
            raise DockerError(f'The container name "/{name}" is already in use by a container of {self.name}, expected another name')
        asked = tuple(map(Published.parse, publish))
        answered = [(each.container_port, each.protocol) for each in (*asked, *map(Published.parse, listens))]
        return self._up(Container(name, image or name, "", (), tuple(dict.fromkeys(answered)), asked, restart))

    def stop(self, name: str) -> Container:
        """The container's process ends; its address and its ports are free again, its name is not.

        Raises:
            DockerError: no such container runs.
        """
        if name not in self.containers:
            raise self._missing(name)
        was = self.containers.pop(name)
        self._give_back(was)
        self.stopped[name] = was._replace(address="", published=())
        return was

    def start(self, name: str) -> Container:
        """A stopped container starts again, with the lowest free address and the ports that it asked for.

        >>> host = Host()
        >>> _, _ = host.run("a"), host.run("b")
        >>> _, _ = host.stop("a"), host.stop("b")
        >>> host.start("b").address, host.start("a").address
        ('172.17.0.2', '172.17.0.3')

        Raises:
            PortError: somebody has one of its ports by now; it stays stopped.
            DockerError: no such container is stopped, or no address is left.
        """
        if name not in self.stopped:
            raise self._missing(name, running=name in self.containers)
        container = self._up(self.stopped[name])
        del self.stopped[name]
        return container

    def remove(self, name: str) -> Container:
        """Stop and remove a container: its name, its address and its ports are free again.

        Raises:
            DockerError: no such container.
        """
        found = self.containers.pop(name, None) or self.stopped.pop(name, None)
        if found is None:
            raise self._missing(name)
        self._give_back(found)
        return found

    def table(self) -> tuple[Row, ...]:
        """The port table: what one has to know to reach anything on this host."""
        return tuple(
            Row(self.name, each.address, each.host_port, each.protocol, container.name, container.address, each.container_port)
            for container in self.containers.values()
            for each in container.published
        )

    def at(self, address: str) -> Container | None:
        """The container with this address on the bridge."""
        return next((container for container in self.containers.values() if container.address == address), None)

    def published(self) -> Iterator[tuple[Container, Published]]:
        """Every published port with its container, in the order in which they were made."""
        return ((container, each) for container in self.containers.values() for each in container.published)

    def _up(self, container: Container) -> Container:
        """Give a container its address and its ports; nothing is changed where one of them cannot be had."""
        wanted: list[Published] = []
        for each in container.asked:
            wanted.append(self._reserve(each, wanted))
        self.containers[container.name] = container._replace(address=self._free_address(), published=tuple(wanted))
        for each in wanted:
            self._held[_port(each)] = (*self._held.get(_port(each), ()), each.address)
        for asked, given in zip(container.asked, wanted, strict=True):
            if asked.host_port == 0:
                self._last_chosen[given.address, given.protocol] = given.host_port
        return self.containers[container.name]

    def _reserve(self, wanted: Published, beside: list[Published]) -> Published:
        if wanted.host_port == 0:
            return self._choose(wanted, beside)
        if not self._is_free(wanted, beside):
            raise taken(wanted)
        return wanted

    def _is_free(self, wanted: Published, beside: list[Published]) -> bool:
        holders = (wanted._replace(address=address) for address in self._held.get(_port(wanted), ()))
        return not any(wanted.conflicts_with(each) for each in (*holders, *beside))

    def _give_back(self, container: Container) -> None:
        for each in container.published:
            left = list(self._held.pop(_port(each)))
            left.remove(each.address)
            if left:
                self._held[_port(each)] = tuple(left)

    def _choose(self, wanted: Published, beside: list[Published]) -> Published:
        """The next free port after the last one that was chosen for this address and protocol, around the range."""
        last = self._last_chosen.get((wanted.address, wanted.protocol), LAST_FREE)
        for port in (*range(last + 1, LAST_FREE + 1), *range(FIRST_FREE, last + 1)):
            chosen = wanted._replace(host_port=port)
            if self._is_free(chosen, beside):
                return chosen
        raise DockerError(f"{self.name} has no host port left from {FIRST_FREE} to {LAST_FREE}")

    def _missing(self, name: str, *, running: bool = False) -> DockerError:
        there = f"{self.name} runs {', '.join(self.containers) or 'none'}; stopped are {', '.join(self.stopped) or 'none'}"
        return DockerError(f"container {name} is already running" if running else f"No such container: {name}; {there}")

    def _free_address(self) -> str:
        used = {container.address for container in self.containers.values()}
        candidate = self.subnet.network_address + 2
        while str(candidate) in used:
            candidate += 1
        if candidate >= IPv4Address(self.subnet.broadcast_address):
            raise DockerError(f"the bridge of {self.name} has no address left in {self.subnet}")
        return str(candidate)

    def check(self) -> None:
        """Assert that no two containers share an address, and no two rows a port of the host. O(rows²)."""
        addresses = [container.address for container in self.containers.values()]
        assert len(set(addresses)) == len(addresses), addresses
        assert self.bridge_address not in addresses
        assert not set(self.containers) & set(self.stopped)
        assert not any(container.address or container.published for container in self.stopped.values())
        rows = [each for _, each in self.published()]
        for index, row in enumerate(rows):
            assert row.host_port, row
            assert not any(row.conflicts_with(other) for other in rows[index + 1 :]), row
        held = sorted((*key, address) for key, addresses in self._held.items() for address in addresses)
        assert held == sorted((*_port(row), row.address) for row in rows), held


def _port(each: Published) -> tuple[str, int]:
    return each.protocol, each.host_port
