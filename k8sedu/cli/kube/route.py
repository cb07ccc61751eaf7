"""`k8sedu kube route MANIFEST… --from pod/client --to http://web:80`: a request's way, rule by rule, in any mode of kube-proxy.

Manifests are files of YAML or JSON, a directory of them, or `-` for what a pipe brings; what is missing in them (addresses, the pods of a
Deployment) is made as a cluster would make it. A file that `iptables-save` wrote on a real node is read too, and the request walks that.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from ipaddress import ip_address, ip_interface, ip_network
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import click

from k8sedu import K8sEduError
from k8sedu.kube import manifest
from k8sedu.kube.objects.meta import ApiObject
from k8sedu.kube.proxy.addressing import WORLD, Client, Target, client_of, packet_of, target_of
from k8sedu.kube.proxy.cluster import ProxyCluster
from k8sedu.kube.proxy.conntrack import Conntrack
from k8sedu.kube.proxy.iptables.proxier import Iptables
from k8sedu.kube.proxy.iptables.recent import Recent
from k8sedu.kube.proxy.iptables.ruleset import Ruleset
from k8sedu.kube.proxy.iptables.walk import Kernel, follow
from k8sedu.kube.proxy.node import ProxyNode, route
from k8sedu.kube.proxy.packet import Packet, Step, Walk, socket_of
from k8sedu.kube.proxy.settings import IpFamily, ProxySettings
from k8sedu.language import LANGUAGES

MODES = ("iptables", "ipvs", "nftables", "userspace")
FINE = {"delivered", "unserved"}
SUFFIXES = {".yaml", ".yml", ".json"}
UNKNOWN = "192.0.2.1"
"""Stands for a node's address that nobody has told; it is reserved for documentation."""


class RouteError(K8sEduError, ValueError):
    """A call whose parts do not fit together."""


class Request(NamedTuple):
    """What the call asks for, understood."""

    client: Client
    target: Target
    node: ProxyNode | Kernel
    cluster: ProxyCluster
    mode: str
    via: str

    def send(self, number: int, *, rng: Random, with_misses: bool) -> Walk:
        """Send the request once more, as a connection of its own."""
        packet = packet_of(self.client, self.target, source_port=40_001 + number)._replace(in_interface=self.via)
        if isinstance(self.node, Kernel):
            return follow(self.node, packet, rng=rng, with_misses=with_misses)
        return route(packet, self.node, self.mode, rng=rng, with_misses=with_misses)


@click.command("route")
@click.argument("files", nargs=-1, required=True, metavar="MANIFEST…", type=click.Path(exists=True, allow_dash=True, path_type=Path))
@click.option("--from", "source", default="", help="pod/NAME, pod/NAMESPACE/NAME, node/NAME, world, or an address.")
@click.option("--to", "target", default="", help="Such as http://web:80, web.shop:http, udp://10.96.0.10:53, or a node's name and port.")
@click.option("--mode", type=click.Choice(MODES), default="iptables", show_default=True, help="How kube-proxy works.")
@click.option("--node", default="", help="The node that a request from outside comes to; the first one otherwise.")
@click.option("--address", "addresses", multiple=True, metavar="IP/LENGTH", help="For a dump: an address of its node; may be repeated.")
@click.option("--via", default="", metavar="INTERFACE", help="The interface by which the request comes in.")
@click.option("--release", default="1.30", show_default=True, help="Which Kubernetes: tables differ a little from 1.31 on.")
@click.option("--count", type=click.IntRange(1, 60_000), default=1, show_default=True, help="Send so many requests, and count who answers.")
@click.option("--seed", type=int, default=0, show_default=True, help="What chance begins with.")
@click.option("--explain", is_flag=True, help="Show every rule that was asked, and why it did not match.")
@click.option("--json", "as_json", is_flag=True, help="Write JSON: outcome, endpoint, every step there and back.")
@click.option("--iptables-save", "as_dump", is_flag=True, help="Write the node's tables as iptables-save would, and end.")
@click.option("--language", type=click.Choice(LANGUAGES), default="en", show_default=True, help="The language of the last sentence.")
def command(files: tuple[Path, ...], **options: Any) -> None:
    """Follow a request through a node: every chain, every rule, every rewriting, there and back.

    A MANIFEST may also be what iptables-save printed on a node: then the request walks that node's rules.

    The exit code is 1 if the client gets no answer.

        k8sedu kube route web.yaml --from pod/client --to http://web:80 --explain

        k8sedu kube route node.txt --from 10.244.1.9 --to 10.96.0.1:443 --address 192.168.10.11/24
    """
    objects, dump = _read(files)
    cluster = ProxyCluster(objects, seed=options["seed"], release=options["release"])
    if options["as_dump"]:
        click.echo(_saved(cluster, dump, options), nl=False)
        return
    if not options["source"] or not options["target"]:
        raise click.UsageError("--from and --to say who asks whom, expected both (or --iptables-save).")
    request = _request(cluster, dump, options)
    rng = Random(options["seed"])
    walks = [request.send(number, rng=rng, with_misses=options["explain"] and not number) for number in range(options["count"])]
    if options["as_json"]:
        click.echo(json.dumps(_plain(request, walks), indent=2, ensure_ascii=False))
    else:
        for line in (*_told(request, walks[0], options), *_counted(request, walks)):
            click.echo(line)
    sys.exit(0 if all(walk.outcome in FINE and walk.is_answered for walk in walks) else 1)


# -- reading ------------------------------------------------------------------------------------------------------------------------------


def _read(files: tuple[Path, ...]) -> tuple[list[ApiObject], Ruleset | None]:
    """The objects of all manifests, and the dump if one of the files is one."""
    objects: list[ApiObject] = []
    dump: Ruleset | None = None
    for name, text in _texts(files):
        if text.lstrip().startswith(("*", "# Generated by iptables-save", "# Generated by ip6tables-save")):
            if dump is not None:
                raise RouteError(f"{name} is a second dump of iptables, expected one node's at a time")
            dump = Ruleset.read(text, name)
        else:
            objects += manifest.load(text, name)
    return objects, dump


def _texts(files: tuple[Path, ...]) -> Iterator[tuple[str, str]]:
    for file in files:
        if str(file) == "-":
            yield "the standard input", sys.stdin.read()
            continue
        inside = sorted(path for path in file.rglob("*") if path.suffix in SUFFIXES) if file.is_dir() else [file]
        for path in inside:
            try:
                yield str(path), path.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                raise RouteError(f"{path} is no text, expected a manifest or what iptables-save printed") from None


def _request(cluster: ProxyCluster, dump: Ruleset | None, options: dict[str, Any]) -> Request:
    client = client_of(options["source"], cluster, node=options["node"])
    target = target_of(options["target"], cluster, namespace=client.namespace, rng=Random(options["seed"]))
    if dump is None:
        machine = cluster.machine_at(target.ip)
        if machine is not None and not options["node"] and not client.name.startswith(("pod", "node")):
            client = client._replace(node=machine.name)
        return Request(client, target, cluster.node(client.node, [options["mode"]]), cluster, options["mode"], options["via"])
    if options["mode"] != "iptables":
        raise RouteError(f"a dump of iptables-save is walked in iptables mode, but --mode is {options['mode']}")
    known = cluster.settings(client.node) if cluster.pods or cluster.nodes else None
    client = client if known is not None else client._replace(node="the node of the dump")
    kernel = Kernel(dump, _settings_of_dump(client.ip, options["addresses"], known), Conntrack(), Recent())
    return Request(client, target, kernel, cluster, "iptables", options["via"])


def _settings_of_dump(client: str, addresses: tuple[str, ...], known: ProxySettings | None) -> ProxySettings:
    """The node of a dump: what manifests say of it, else the addresses that were told, and the client's network for that of its pods."""
    if known is not None and not addresses:
        return known
    if not addresses:
        click.echo("The node's addresses are not in a dump: tell them with --address if node ports or masquerading matter.", err=True)
    try:
        whole = [ip_interface(text) for text in addresses or (UNKNOWN,)]
    except ValueError as error:
        raise RouteError(f"--address: {error}, expected one such as 192.168.10.11/24") from None
    interfaces = {"lo": ("127.0.0.1/8", "::1/128"), "eth0": tuple(map(str, whole))}
    asker = ip_address(client)
    if asker.is_private and client != WORLD and all(asker not in each.network for each in whole):
        interfaces["pods"] = (_gateway(client),)
    family: IpFamily = "IPv6" if ":" in client else "IPv4"
    return ProxySettings(node_name="the node", node_ip=str(whole[0].ip), ip_family=family, interfaces=interfaces)


def _gateway(client: str) -> str:
    """Another address of the client's network, with its length: the one that a node would have towards its pods."""
    length = 64 if ":" in client else 24
    network = ip_network(f"{client}/{length}", strict=False)
    return f"{next(ip for ip in network.hosts() if str(ip) != client)}/{length}"


def _saved(cluster: ProxyCluster, dump: Ruleset | None, options: dict[str, Any]) -> str:
    if dump is not None:
        return dump.save()
    name = options["node"] or (client_of(options["source"], cluster).node if options["source"] else next(iter(cluster.machines)))
    mode = cluster.node(name, ["iptables"]).mode("iptables")
    assert isinstance(mode, Iptables)
    return mode.ruleset().save()


# -- telling ------------------------------------------------------------------------------------------------------------------------------


def _told(request: Request, walk: Walk, options: dict[str, Any]) -> Iterator[str]:
    client, target = request.client, request.target
    yield f"{client.name} ({client.ip}, on {client.node}) asks {options['target']}"
    if target.name != target.ip:
        yield f"{target.name} is {target.ip}"
    yield ""
    yield f"There, in {request.mode} mode: {walk.packet}   ({walk.rules_asked} rules and lookups asked)"
    yield from (line for step in walk.steps for line in _step(step, explain=options["explain"]))
    if walk.arrived is not None:
        yield f"  arrives as {walk.arrived}"
    if walk.back:
        yield "Back:"
        yield from (line for step in walk.back if step.is_match or options["explain"] for line in _step(step, explain=options["explain"]))
    if walk.answer is not None:
        yield f"  the client gets {walk.answer}"
    yield ""
    outcome = walk.outcome if walk.is_answered or walk.answer is None else f"{walk.outcome} in vain"
    yield f"{outcome}: {walk.reason.zh if options['language'] == 'zh' else walk.reason.en}{_whose(request, walk.endpoint)}"


def _step(step: Step, *, explain: bool) -> Iterator[str]:
    place = f"{step.chain} {step.number or ''}".strip()
    sign = " " if step.is_match else "×"
    told = step.verdict if step.is_match else step.why
    why = f" ({step.why})" if step.why and step.is_match else ""
    yield f"{sign} {step.hook or '-':<12}{step.table:<14}{place:<33} {told}{why}".rstrip()
    if explain and step.rule:
        yield f"      {step.rule}"


def _whose(request: Request, endpoint: str) -> str:
    pod = request.cluster.pod_at(socket_of(endpoint)[0]) if endpoint else None
    return f" [pod {pod.key} on {pod.spec.node_name}]" if pod is not None else ""


def _counted(request: Request, walks: list[Walk]) -> Iterator[str]:
    if len(walks) == 1:
        return
    yield ""
    yield f"{len(walks)} requests:"
    for name, count in sorted(Counter(walk.endpoint or walk.outcome for walk in walks).items()):
        whose = _whose(request, name) if any(walk.endpoint == name for walk in walks) else ""
        yield f"  {count:>6}  {count / len(walks):6.1%}  {name}{whose}"


def _plain(request: Request, walks: list[Walk]) -> dict[str, Any]:
    walk = walks[0]
    pod = request.cluster.pod_at(socket_of(walk.endpoint)[0]) if walk.endpoint else None
    return {
        "mode": request.mode, "node": request.client.node, "client": request.client._asdict(), "target": request.target._asdict(),
        "packet": _packet(walk.packet), "outcome": walk.outcome, "service_port": walk.service_port, "endpoint": walk.endpoint,
        "pod": pod.key if pod is not None else "", "rules_asked": walk.rules_asked, "reason": walk.reason._asdict(),
        "arrived": _packet(walk.arrived), "answer": _packet(walk.answer), "steps": [_plain_step(step) for step in walk.steps],
        "back": [_plain_step(step) for step in walk.back],
        "counts": dict(sorted(Counter(each.endpoint or each.outcome for each in walks).items())),
    }  # fmt: skip


def _packet(packet: Packet | None) -> dict[str, Any] | None:
    return packet._asdict() if packet is not None else None


def _plain_step(step: Step) -> dict[str, Any]:
    return {**step._asdict(), "packet": _packet(step.packet)}
