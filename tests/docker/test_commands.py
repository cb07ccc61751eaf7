"""Laws of commands: what one would type is read, and what this model does not know is refused with its text."""

from __future__ import annotations

from random import Random

import pytest

from k8sedu.docker.commands import PEERS, USUAL, CommandError, crowd, is_address, next_port, read
from k8sedu.docker.ports import PortError


def test_docker_run_is_read_in_all_its_spellings() -> None:
    """Short and long options, with a space or an equals sign, in any order before the image."""
    one = read("docker run -d -p 8080:80 -p 443:443 --restart always --name web nginx:1.27")
    other = read("docker run --detach --name=web --restart=always --publish 8080:80 --publish=443:443 nginx:1.27")
    assert one == other
    assert (one.name, one.image, one.publish, one.restart) == ("web", "nginx:1.27", ("8080:80", "443:443"), "always")


def test_a_container_without_a_name_is_called_as_its_image() -> None:
    """Without registry path and tag."""
    assert read("docker run example.org/team/nginx:1.27").name == "nginx"


@pytest.mark.parametrize(
    ("line", "name", "target"),
    [
        ("outside curl http://10.0.0.5:8080/", "outside", "10.0.0.5:8080"),
        ("host curl 127.0.0.1:8080", "host", "127.0.0.1:8080"),
        ("docker exec web curl db:5432", "web", "db:5432"),
    ],
)
def test_curl_says_who_asks_whom(line: str, name: str, target: str) -> None:
    """The same address means different things from different places."""
    assert (read(line).name, read(line).target) == (name, target)


@pytest.mark.parametrize(
    "line",
    [
        "", "docker", "docker ps", "docker run", "docker run -d", "docker run --net=host nginx", "docker run nginx sh", 'docker run "nginx',
        "docker run --name a/b nginx", "docker run --name host nginx", "docker run --restart sometimes nginx",
        "docker stop", "docker stop a b",
        "curl 10.0.0.5:80", "outside curl 10.0.0.5", "outside curl 10.0.0.5:0", "outside curl 10.0.0.5:70000", "web curl 10.0.0.5:80",
    ],
)  # fmt: skip
def test_what_is_no_command_is_refused_with_its_text(line: str) -> None:
    """The sentence repeats the line and says what was expected."""
    with pytest.raises(CommandError, match="expected") as caught:
        read(line)
    assert repr(line) in str(caught.value)


def test_a_port_that_cannot_be_read_is_told_by_its_own_error() -> None:
    """Before anything runs."""
    with pytest.raises(PortError, match="'80:http'"):
        read("docker run -p 80:http nginx")


def test_the_next_port_changes_only_the_one_that_was_taken() -> None:
    """As people do by hand: 8051 after 7051, and back to the beginning before the ports end."""
    peer = read(PEERS[0])
    assert next_port(peer, 7053).publish == ("7051:7051", "8053:7053")
    assert next_port(read("docker run -p 64500:80 nginx"), 64_500).publish == ("1501:80",)


def test_two_ports_of_one_command_do_not_chase_each_other() -> None:
    """Where both have come to the same port, only one of them goes on."""
    assert next_port(read("docker run -p 15672:5672 -p 15672:15672 rabbitmq"), 15_672).publish == ("15672:5672", "16672:15672")


@pytest.mark.parametrize("seed", range(3))
def test_a_crowd_is_as_large_as_it_was_asked_for_and_each_has_a_name(seed: int) -> None:
    """Every line can be read, and no name comes twice."""
    orders = [read(line) for line in crowd(Random(seed).choice, containers=30)]
    assert len({order.name for order in orders}) == 30
    assert all(len(order.publish) == len(USUAL[order.image]) for order in orders)


def test_an_address_is_four_numbers() -> None:
    """A name is none, and neither is a number above 255."""
    assert [is_address(text) for text in ("172.17.0.2", "db", "172.17.0.256", "1.2.3", "a.b.c.d")] == [True, False, False, False, False]
