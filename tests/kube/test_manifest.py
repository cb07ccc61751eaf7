from __future__ import annotations

import json
import pickle
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8sedu.kube.manifest import ManifestError, load, to_json, to_yaml
from k8sedu.kube.objects import ApiObject, Deployment, Node, Pod, Service

DUMP = """\
apiVersion: v1
items:
- apiVersion: v1
  kind: Pod
  metadata:
    annotations:
      kubectl.kubernetes.io/last-applied-configuration: |
        {"apiVersion":"v1","kind":"Pod","metadata":{"annotations":{},"name":"web","namespace":"default"}}
    creationTimestamp: "2026-03-01T09:15:02Z"
    labels:
      version: "1.10"
    managedFields:
    - apiVersion: v1
      fieldsType: FieldsV1
      fieldsV1:
        f:spec:
          f:containers:
            k:{"name":"web"}:
              .: {}
              f:image: {}
      manager: kubectl-client-side-apply
      operation: Update
      time: "2026-03-01T09:15:02Z"
    name: web
    namespace: default
    resourceVersion: "1042"
    uid: 3f6f2b0e-5f0f-4c39-8a6c-1f7f0a6a6a11
  spec:
    containers:
    - image: nginx:1.29
      imagePullPolicy: IfNotPresent
      name: web
      resources:
        limits:
          memory: 128Mi
        requests:
          cpu: 250m
          memory: 64Mi
      volumeMounts:
      - mountPath: /var/run/secrets/kubernetes.io/serviceaccount
        name: kube-api-access-2xkzq
        readOnly: true
    nodeName: n1
    securityContext: {}
    tolerations:
    - effect: NoExecute
      key: node.kubernetes.io/not-ready
      operator: Exists
      tolerationSeconds: 300
    volumes:
    - name: kube-api-access-2xkzq
      projected:
        defaultMode: 420
        sources:
        - serviceAccountToken:
            expirationSeconds: 3607
            path: token
  status:
    conditions:
    - lastTransitionTime: "2026-03-01T09:15:04Z"
      status: "True"
      type: Ready
    phase: Running
    podIP: 10.244.1.7
    podIPs:
    - ip: 10.244.1.7
    qosClass: Burstable
- apiVersion: v1
  kind: Node
  metadata:
    name: n1
  spec:
    podCIDR: 10.244.1.0/24
  status:
    allocatable:
      cpu: "4"
      ephemeral-storage: "95491281146"
      hugepages-2Mi: "0"
      memory: 16269316Ki
      pods: "110"
    nodeInfo:
      kubeletVersion: v1.35.4
kind: List
metadata:
  resourceVersion: ""
"""


def test_a_dump_of_a_cluster() -> None:
    """What `kubectl get pods,nodes -o yaml` prints is read, and written as it was printed, unknown fields included."""
    pod, node = load(DUMP)
    assert isinstance(pod, Pod)
    assert isinstance(node, Node)
    assert (pod.spec.containers[0].resources.requests["cpu"].milli_value, pod.status.pod_ips[0].ip) == (250, "10.244.1.7")
    assert node.status.allocatable["memory"].value == 16269316 * 1024
    lines = [line.removeprefix("- ").removeprefix("  ") for line in DUMP.splitlines()[2:-3]]
    assert to_yaml(pod, node).replace("---\n", "").splitlines() == lines


HAND = """\
# a page of one's own
kind: Service
apiVersion: v1
metadata: {name: web}
spec:
  selector: {app: web}
  ports: [{port: 80, targetPort: http}]
---
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  strategy: {rollingUpdate: {maxSurge: 1, maxUnavailable: 25%}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: nginx
        resources: {requests: {cpu: 0.5, memory: 1e9}}
"""


def test_several_documents() -> None:
    """Documents between dashes are read in their order, empty ones left out."""
    service, deployment = load(HAND)
    assert isinstance(service, Service)
    assert isinstance(deployment, Deployment)
    assert service.spec.ports[0].target_port == "http"
    assert deployment.spec.strategy.rolling_update is not None
    assert (deployment.spec.strategy.rolling_update.max_surge, deployment.spec.strategy.rolling_update.max_unavailable) == (1, "25%")
    assert {name: str(amount) for name, amount in deployment.spec.template.spec.containers[0].resources.requests.items()} == {
        "cpu": "500m", "memory": "1G",
    }  # fmt: skip


def test_json() -> None:
    """JSON is read too, one object, a list, or several values one after the other; a PodList says for its items what they are."""
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}}
    pods = {"apiVersion": "v1", "kind": "PodList", "items": [{"metadata": {"name": "a"}}]}
    found = load("\n".join(map(json.dumps, [pod, {"apiVersion": "v1", "kind": "List", "items": [pod, pods]}])))
    assert [each.document() for each in found] == [pod, pod, pod]
    assert load(to_json(*found)) == found
    assert load("[]") == load("") == load("# nothing\n") == ()


@pytest.mark.parametrize("tail", ["\n", "\r\n"])
def test_line_ends_and_byte_order_mark(tail: str) -> None:
    """A file from another system is the same file."""
    assert load("\ufeff" + HAND.replace("\n", tail)) == load(HAND)


def broken(change: Callable[[str], str]) -> str:
    with pytest.raises(ManifestError) as error:
        load(change(HAND), "web.yaml")
    assert str(pickle.loads(pickle.dumps(error.value))) == str(error.value)
    return str(error.value)


MISTAKES = [
    ("image: nginx", "image: 3", "web.yaml, line 23: spec.template.spec.containers[0].image is 3, expected a text (put it in quotes)"),
    ("replicas: 3", 'replicas: "3"', 'web.yaml, line 15: spec.replicas is "3", expected a whole number'),
    ("cpu: 0.5", "cpu: fast", 'web.yaml, line 24: spec.template.spec.containers[0].resources.requests.cpu is "fast", '
     'expected a quantity such as "250m", "2" or "1Gi"'),
    ("      - name", "     - name", "web.yaml, line 22: no YAML: "),
    ("port: 80", "port: eighty", 'web.yaml, line 7: spec.ports[0].port is "eighty", expected a whole number'),
    ("kind: Service\n", "", 'web.yaml, line 2: kind is null, expected a text such as "Pod": it says how to read the rest'),
    ("  replicas: 3", "  replicas: 3\n  replicas: 4", 'web.yaml, line 16: the key "replicas" stands twice in one mapping, expected once'),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "sentence"), MISTAKES, ids=[new for _, new, _ in MISTAKES])
def test_mistakes(old: str, new: str, sentence: str) -> None:
    """A mistake is told with file, line, path and what was expected."""
    found = broken(lambda text: text.replace(old, new))
    assert found.startswith(sentence) if sentence.endswith(": ") else found == sentence


def test_mistakes_in_lists_and_json() -> None:
    """The line is that of the item, in a list and in JSON with tabs as well."""
    with pytest.raises(ManifestError, match=r"line 42: spec.containers") as error:
        load(DUMP.replace("readOnly: true", "readOnly: 1"))
    assert error.value.path == "spec.containers[0].volumeMounts[0].readOnly"
    text = json.dumps([{}, {"apiVersion": "v1", "kind": "Pod", "spec": {"priority": "x"}}][1], indent="\t")
    with pytest.raises(ManifestError, match=r"pod.json, line 5: spec.priority is"):
        load(text, "pod.json")
    with pytest.raises(ManifestError, match=r"line 2: no JSON: Expecting"):
        load('{"a": 1,\n"b" 2}')


def test_strict() -> None:
    """Strictly, an unknown field is a mistake, and a misspelt one is recognised."""
    for text in (HAND, DUMP):
        assert load(text, strict=True)
    with pytest.raises(ManifestError, match=r"line 15: spec.replcias is no field of a DeploymentSpec; did you mean 'replicas'"):
        load(HAND.replace("replicas", "replcias"), strict=True)
    with pytest.raises(ManifestError, match=r"line 22: .*containers.0..img is no field of a Container; expected one of name, image"):
        load(HAND.replace("- name: web", "- img: web"), strict=True)
    with pytest.raises(ManifestError, match="expected a kind of extensions/v1beta1 that is known here"):
        load(HAND.replace("apps/v1", "extensions/v1beta1"), strict=True)


PIECES = ["apiVersion: v1\n", "kind: Pod\n", "kind: List\n", "items:\n", "- ", "{", "}", "[", '"', "a: ", "---\n", "\t", ": ", "&a ", "*a"]


@given(st.text(max_size=40) | st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_any_text_is_read_or_told(text: str) -> None:
    """Whatever somebody hands in, the answer is objects or one sentence."""
    lines = 1
    try:
        found = load(text)
    except ManifestError as error:
        found, lines = (), error.line
    assert all(isinstance(each, ApiObject) for each in found)
    assert lines >= 1
