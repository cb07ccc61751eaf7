r"""What one types at a Docker host, as values: `docker run -d -p 8080:80 --name web nginx`, and `curl` from three places.

A command is read before anything happens, so a run is told what is wrong with its plan at once. Who asks stands before `curl`: `outside`,
`host`, or `docker exec NAME` as one would type it, because the same address means different things from different places.

>>> read("docker run -d -p 8080:80 --name web nginx")
Command(verb='run', name='web', image='nginx', publish=('8080:80',), listens=(), restart='no', port=0)
>>> read("docker exec web curl 172.17.0.3:5432")
Command(verb='curl', name='web', image='172.17.0.3', publish=(), listens=(), restart='no', port=5432)

Source: Docker's command line reference, `docker run`, `stop`, `start`, `restart`, `kill`, `rm`, `exec`.
Left out: all other options. A container without `--name` is called as its image, where Docker would invent a name.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from k8sedu.docker.ports import Published
from k8sedu.errors import K8sEduError

OUTSIDE, HOST = "outside", "host"
POLICIES = ("no", "on-failure", "always")
SINGLE = ("stop", "start", "restart", "kill", "rm")
NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]*")
TARGET = re.compile(r"(?:http://)?(?P<address>[a-zA-Z0-9][a-zA-Z0-9_.-]*):(?P<port>\d{1,5})/?")


class CommandError(K8sEduError, ValueError):
    """A line that is no command of this model."""


class Command(NamedTuple):
    """One command. For `curl`, `name` is who asks and `image` the address that is asked; for the others, `name` is the container."""

    verb: str
    name: str
    image: str = ""
    publish: tuple[str, ...] = ()
    listens: tuple[str, ...] = ()
    restart: str = "no"
    port: int = 0

    @property
    def target(self) -> str:
        """Whom a `curl` asks: `10.0.0.5:8080`."""
        return f"{self.image}:{self.port}"


def read(line: str) -> Command:
    """Read one command.

    Raises:
        CommandError: another form; the sentence says which there are.
        PortError: what stands behind `-p` cannot be read.
    """
    try:
        words = shlex.split(line)
    except ValueError:
        raise _unreadable(line, "closed quotes") from None
    if words[:2] == ["docker", "run"]:
        return _run(words[2:], line)
    if words[:2] == ["docker", "exec"] and words[3:4] == ["curl"]:
        return _curl(words[2], words[4:], line)
    if words[1:2] == ["curl"] and words[0] in {OUTSIDE, HOST}:
        return _curl(words[0], words[2:], line)
    if words[:1] == ["docker"] and words[1:2] and words[1] in SINGLE:
        return _single(words[1], [word for word in words[2:] if word != "-f"], line)
    raise _unreadable(line, f"'docker run|{'|'.join(SINGLE)} …', 'outside|host curl ADDRESS:PORT' or 'docker exec NAME curl ADDRESS:PORT'")


def _run(words: list[str], line: str) -> Command:
    """The options of `docker run`, one after the other, until the image."""
    taken: dict[str, list[str]] = {"-p": [], "--expose": [], "--name": [], "--restart": []}
    while words and words[0].startswith("-"):
        option, *words = words
        option, equals, value = option.partition("=")
        option = {"--publish": "-p"}.get(option, option)
        if option in {"-d", "--detach"}:
            continue
        if option not in taken:
            raise _unreadable(line, f"of the options only -d, {', '.join(taken)}")
        if not equals:
            value, *words = words or [""]
        taken[option].append(value)
    if len(words) != 1 or not words[0]:
        raise _unreadable(line, "one image at the end")
    for text in (*taken["-p"], *taken["--expose"]):
        Published.parse(text)
    name = (taken["--name"] or [words[0].rpartition("/")[2].partition(":")[0]])[-1]
    return Command("run", _named(name, line), words[0], tuple(taken["-p"]), tuple(taken["--expose"]), _policy(taken["--restart"], line))


def _policy(given: list[str], line: str) -> str:
    policy = given[-1] if given else "no"
    if policy not in POLICIES:
        raise _unreadable(line, f"--restart {' or '.join(POLICIES)}")
    return policy


def _curl(origin: str, words: list[str], line: str) -> Command:
    found = TARGET.fullmatch(words[0]) if len(words) == 1 else None
    if found is None or not 0 < int(found["port"]) <= 65_535:
        raise _unreadable(line, "curl ADDRESS:PORT with a port from 1 to 65535")
    return Command("curl", _named(origin, line), found["address"], port=int(found["port"]))


def _single(verb: str, words: list[str], line: str) -> Command:
    if len(words) != 1:
        raise _unreadable(line, f"docker {verb} with the name of one container")
    return Command(verb, _named(words[0], line))


def _named(name: str, line: str) -> str:
    if not NAME.fullmatch(name) or (name in {OUTSIDE, HOST} and not line.startswith(name)):
        raise _unreadable(line, f"a container's name of letters, digits, '_', '.' and '-', other than {OUTSIDE!r} and {HOST!r}")
    return name


def _unreadable(line: str, expected: str) -> CommandError:
    return CommandError(f"met the command {line!r}, expected {expected}")


def is_address(text: str) -> bool:
    """Is this four numbers with dots? A name means nothing on the default bridge: there is no name service.

    >>> is_address("172.17.0.3"), is_address("db")
    (True, False)
    """
    parts = text.split(".")
    return len(parts) == 4 and all(part.isdigit() and int(part) < 256 for part in parts)


def next_port(command: Command, taken: int) -> Command:
    """The same `run` with one host port changed: what a person tries next when that port is taken, a thousand higher.

    Where the command asks for that port twice, only the last one is changed, or the two would get in each other's way for ever.

    >>> next_port(read("docker run -p 7051:7051 --name peer1 peer"), 7051).publish
    ('8051:7051',)
    """
    last = max((place for place, text in enumerate(command.publish) if Published.parse(text).host_port == taken), default=-1)
    return command._replace(publish=tuple(_higher(text) if place == last else text for place, text in enumerate(command.publish)))


def _higher(text: str) -> str:
    each = Published.parse(text)
    return each._replace(host_port=each.host_port + 1000 if each.host_port < 64_000 else each.host_port - 62_999).text


USUAL: Mapping[str, tuple[int, ...]] = MappingProxyType(
    {
        "nginx": (80, 443), "tomcat": (8080,), "mysql": (3306,), "redis": (6379,), "rabbitmq": (5672, 15672),
        "hyperledger/fabric-peer": (7051, 7053), "hyperledger/fabric-orderer": (7050,),
    }
)  # fmt: skip
"""Image → the ports on which it listens, and which everybody wants to have on the host too."""


def crowd(pick: Callable[[tuple[str, ...]], str], *, containers: int) -> tuple[str, ...]:
    """What many people type who each want one container at its usual ports, not knowing of each other.

    Args:
        pick: chooses an image, such as `random.Random(7).choice`.
        containers: how many people.

    >>> crowd(lambda images: images[1], containers=2)[1]
    'docker run -d -p 8080:8080 --name tomcat-2 tomcat'
    """
    lines, count = [], dict.fromkeys(USUAL, 0)
    for _ in range(containers):
        image = pick(tuple(USUAL))
        count[image] += 1
        ports = " ".join(f"-p {port}:{port}" for port in USUAL[image])
        lines.append(f"docker run -d {ports} --name {image.rpartition('-')[2]}-{count[image]} {image}")
    return tuple(lines)


PEERS = (
    "docker run -d -p 7051:7051 -p 7053:7053 --name peer0 hyperledger/fabric-peer",
    "outside curl 192.168.0.10:7051",
    "docker run -d -p 7051:7051 -p 7053:7053 --name peer1 hyperledger/fabric-peer",
    "docker run -d -p 8051:7051 -p 8053:7053 --name peer1 hyperledger/fabric-peer",
    "outside curl 192.168.0.10:8051",
    "docker exec peer0 curl 172.17.0.3:7051",
    "docker exec peer1 curl 203.0.113.9:443",
)
"""The example of the course notes: two peers of a blockchain on one host, each with several ports."""
