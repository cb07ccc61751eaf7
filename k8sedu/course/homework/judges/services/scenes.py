"""Clusters that are drawn for a student: other names, networks and ports for everybody, and the same questions.

>>> scene = shop(seed=1)
>>> sorted(scene["services"]), len(scene["nodes"])
(['empty', 'local', 'many', 'one'], 2)
"""

from __future__ import annotations

from random import Random
from typing import Any

from k8sedu.kube.yaml_form import to_text

APPS = ("api", "cart", "feed", "mail", "pay", "wiki")
OUTSIDE = "203.0.113."


def shop(*, seed: int) -> dict[str, Any]:
    """Two nodes, an application with three pods, one with a single pod on the second node, and four Services.

    `many` has the three pods, `one` and `local` the single one, by node port too (`local` with the policy Local); `empty` has none.
    """
    random = Random(seed)
    apps, network = random.sample(APPS, 2), random.randrange(100, 250)
    nodes = {f"node-{letter}": [f"192.168.{network}.{10 + place}", f"10.{network}.{place}.1"] for place, letter in enumerate("ab", 1)}
    target, ports = random.randrange(8_001, 9_000), random.sample(range(30_000, 32_767), 2)
    ips = [f"10.96.{random.randrange(1, 250)}.{10 + place}" for place in range(4)]
    spots = [(f"{apps[0]}-{number}", apps[0], place, number + 2) for number, place in enumerate((1, 2, 1))]
    spots.append((f"{apps[1]}-0", apps[1], 2, 9))
    pods = {name: [f"node-{'ab'[place - 1]}", f"10.{network}.{place}.{host}"] for name, _, place, host in spots}
    services = {
        "many": _service("many", ips[0], random.randrange(80, 90), apps[0], target),
        "empty": _service("empty", ips[3], 80, "nobody", target),
        "one": _service("one", ips[1], 80, apps[1], target, node_port=ports[0]),
        "local": _service("local", ips[2], 80, apps[1], target, node_port=ports[1], externalTrafficPolicy="Local"),
    }  # fmt: skip
    documents = [
        *(_node(name, addresses[0], f"10.{network}.{place}.0/24") for place, (name, addresses) in enumerate(nodes.items(), 1)),
        *(_pod(name, app, pods[name], target) for name, app, _, _ in spots), *services.values(),
    ]  # fmt: skip
    told = {name: _told(service) for name, service in services.items()}
    return {"nodes": nodes, "pods": pods, "services": told, "target": target, "manifest": "---\n".join(map(to_text, documents))}


def cases(scene: dict[str, Any], *, seed: int) -> dict[str, list[Any]]:
    """Six packets: letter → [node that gets it, source, destination, port]."""
    random = Random(seed)
    services, (first, second) = scene["services"], scene["nodes"].items()
    client = f"{OUTSIDE}{random.randrange(2, 250)}"
    beside = scene["nodes"][first[0]][1].rpartition(".")[0] + f".{random.randrange(100, 200)}"
    single = next(ip for name, (_, ip) in reversed(scene["pods"].items()))
    return {
        "A": [first[0], beside, services["one"]["ip"], 80],
        "B": [first[0], client, first[1][0], services["one"]["nodePort"]],
        "C": [second[0], client, second[1][0], services["local"]["nodePort"]],
        "D": [first[0], client, first[1][0], services["local"]["nodePort"]],
        "E": [first[0], beside, services["empty"]["ip"], 80],
        "F": [second[0], single, services["one"]["ip"], 80],
    }


def silent(*, seed: int) -> dict[str, Any]:
    """A Service that answers nothing (selector and target port are wrong), and the Deployments around it.

    Two of them are versions of its application, whose containers listen on different ports of one name; the third shares a label with them.
    """
    random = Random(seed)
    app, number = f"{random.choice(APPS)}-{random.randrange(10, 100)}", random.randrange(8_001, 8_999)
    name, wrong = random.choice((("http", "web"), ("main", "http"), ("rest", "api"), ("front", "http")))
    deployments = [
        _deployment(f"{app}-stable", {"app": app, "track": "stable", "tier": "front"}, 2, name, number),
        _deployment(f"{app}-canary", {"app": app, "track": "canary", "tier": "front"}, 1, name, number + 1),
        _deployment(f"{app}-admin", {"app": f"{app}-admin", "tier": "front"}, 1, name, number),
    ]
    text = SILENT.format(app=app, wrong=f"{app.partition('-')[0]}s-{app.partition('-')[2]}", port=wrong)
    return {"app": app, "around": "---\n".join(map(to_text, deployments)), "manifest": text}


SILENT = """\
apiVersion: v1
kind: Service
metadata:
  name: {app}
  namespace: default
spec:
  clusterIP: 10.96.0.80
  selector:
    app: {wrong}
    tier: front
  ports:
  - name: main
    port: 80
    protocol: TCP
    targetPort: {port}
"""


def _told(service: dict[str, Any]) -> dict[str, Any]:
    spec = service["spec"]
    port = spec["ports"][0]
    node_port = {"nodePort": port["nodePort"]} if "nodePort" in port else {}
    return {"ip": spec["clusterIP"], "port": port["port"], **node_port}


def _service(name: str, ip: str, port: int, app: str, target: int, *, node_port: int = 0, **more: str) -> dict[str, Any]:
    ports = [{"name": "main", "port": port, "protocol": "TCP", "targetPort": target, **({"nodePort": node_port} if node_port else {})}]
    kind = "NodePort" if node_port else "ClusterIP"
    spec = {"type": kind, "clusterIP": ip, "selector": {"app": app}, "ports": ports, **more}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": "default"}, "spec": spec}


def _node(name: str, ip: str, cidr: str) -> dict[str, Any]:
    address = {"addresses": [{"type": "InternalIP", "address": ip}]}
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}, "spec": {"podCIDR": cidr}, "status": address}


def _pod(name: str, app: str, place: list[str], target: int) -> dict[str, Any]:
    node, ip = place
    containers = [{"name": "main", "image": f"{app}:1", "ports": [{"name": "main", "containerPort": target}]}]
    status = {
        "phase": "Running", "podIP": ip, "podIPs": [{"ip": ip}], "conditions": [{"type": "Ready", "status": "True"}],
    }  # fmt: skip
    meta = {"name": name, "namespace": "default", "labels": {"app": app}}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": {"nodeName": node, "containers": containers}, "status": status}


def _deployment(name: str, labels: dict[str, str], replicas: int, port: str, number: int) -> dict[str, Any]:
    containers = [{"name": "main", "image": f"{name}:1", "ports": [{"name": port, "containerPort": number}]}]
    template = {"metadata": {"labels": labels}, "spec": {"containers": containers}}
    spec = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": "default"}, "spec": spec}
