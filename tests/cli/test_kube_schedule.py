"""Laws of `k8sedu kube schedule`: what it prints and writes, and what it returns."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from k8sedu.cli import main
from k8sedu.cli.kube import schedule
from k8sedu.kube import manifest
from k8sedu.kube.scheduler.annotations import read
from k8sedu.kube.scheduler.sketch import node, pod

CLUSTER = manifest.to_yaml(
    node("n1", cpu="2"), node("n2", cpu="4", taints=["gpu:NoSchedule"]), pod("low", cpu="1", node="n1"), pod("stuck", cpu="9")
)
WEB = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: nginx, resources: {requests: {cpu: 500m}}}]}
"""
BIG = "apiVersion: v1\nkind: Pod\nmetadata: {name: big}\nspec: {containers: [{name: c, image: x, resources: {requests: {cpu: '3'}}}]}\n"
PENDING = (
    "default/big  Pending  0/2 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint(s). no new claims to deallocate, "
    "preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.\n"
)


@pytest.fixture(autouse=True)
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with a cluster and two manifests."""
    monkeypatch.chdir(tmp_path)
    for name, text in (("cluster.yaml", CLUSTER), ("web.yaml", WEB), ("big.yaml", BIG)):
        Path(name).write_text(text)


def call(*arguments: str, **more: str) -> Result:
    """Run the command line in this process."""
    return CliRunner().invoke(main, ["kube", "schedule", *arguments], **more)  # type: ignore[arg-type]  # only `input` is given


def test_a_workload_counts_as_its_pods() -> None:
    """Each pod is a line with its node and why; all placed is 0."""
    result = call("web.yaml", "--nodes", "cluster.yaml")
    assert (result.exit_code, result.stdout) == (
        0, "default/web-0  n1  the only node where it fits\ndefault/web-1  n1  the only node where it fits\n")  # fmt: skip
    assert result.stderr == "2 of 2 pods placed.\nPods of the cluster that wait for a node: 1; --pending places them as well.\n"


def test_a_pending_pod_is_told_as_its_event_and_is_1() -> None:
    """The exact message of FailedScheduling; and a release has its own words."""
    result = call("big.yaml", "--nodes", "cluster.yaml")
    assert (result.exit_code, result.stdout) == (1, PENDING)
    old = call("big.yaml", "--nodes", "cluster.yaml", "--release", "1.26")
    assert "1 node(s) had untolerated taint {gpu: }. preemption: 0/2" in old.stdout
    assert old.stdout.endswith("scheduling..\n")


def test_without_manifests_the_clusters_own_pods_are_explained() -> None:
    """The dump of a cluster is enough to ask why a pod is pending; it may come from a pipe."""
    result = call("--nodes", "-", input=CLUSTER)
    assert result.exit_code == 1
    assert result.stdout.startswith("default/stuck  Pending  0/2 nodes are available: ")
    assert call("web.yaml", "--pending", "--nodes", "cluster.yaml").stdout.count("\n") == 3


def test_explain_shows_every_verdict_and_score() -> None:
    """Nodes that are out with their reason, scores by plugin, in the language that is wanted."""
    Path("more.yaml").write_text(manifest.to_yaml(node("n3", cpu="8")))
    told = call("web.yaml", "--nodes", "cluster.yaml", "--nodes", "more.yaml", "--explain").stdout
    assert "default/web-0 → n3" in told
    assert "n2  TaintToleration: node(s) had untolerated taint(s)" in told
    assert "NodeResourcesFit" in told
    assert told != call("web.yaml", "--nodes", "cluster.yaml", "--nodes", "more.yaml", "--explain", "--language", "zh").stdout


def test_json_and_annotations_are_for_programs() -> None:
    """JSON has every pod with its explanation; the pods carry the simulator's annotations, and can be read again."""
    result = call("web.yaml", "big.yaml", "--nodes", "cluster.yaml", "--json", "-", "--annotations", "out.yaml")
    told = json.loads(result.stdout)
    assert (told["placed"], told["pending"], [found["node"] for found in told["pods"]]) == (2, 1, ["n1", "n1", ""])
    events = [(found["event"]["type"], found["event"]["reason"], found["event"]["note"][:40]) for found in told["pods"][1:]]
    assert events == [("Normal", "Scheduled", "Successfully assigned default/web-1 to n1"[:40]),
                      ("Warning", "FailedScheduling", "0/2 nodes are available: 1 Insufficient ")]  # fmt: skip
    assert told["pods"][2]["explanation"]["verdicts"]["n1"]["reasons"] == ["Insufficient cpu"]
    first, *_ = manifest.load(Path("out.yaml").read_text())
    assert read(first.metadata.annotations)["selected-node"] == "n1" == first.spec.node_name  # type: ignore[attr-defined]  # a Pod
    assert call("web.yaml", "--nodes", "cluster.yaml", "--annotations", "-").stdout.startswith("apiVersion: v1\nkind: Pod\n")


def test_a_configuration_decides() -> None:
    """Profiles are read as the real scheduler reads them."""
    Path("two.yaml").write_text(manifest.to_yaml(node("a1", cpu="8"), pod("runs", cpu="4", node="a1"), node("b1", cpu="8")))
    strategy = "{scoringStrategy: {type: MostAllocated, resources: [{name: cpu, weight: 1}]}}"
    Path("packing.yaml").write_text(
        "apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\nprofiles:\n"
        f"- pluginConfig: [{{name: NodeResourcesFit, args: {strategy}}}]\n"
        "  plugins: {score: {disabled: [{name: NodeResourcesBalancedAllocation}]}}\n"
    )
    one = ("web.yaml", "--nodes", "two.yaml")
    assert "default/web-0  b1" in call(*one).stdout
    assert "default/web-0  a1" in call(*one, "--profile", "packing.yaml").stdout


def test_who_would_have_to_go_is_told() -> None:
    """A pod that waits for victims says whose place it would take."""
    Path("high.yaml").write_text(manifest.to_yaml(pod("high", cpu="2", priority=5)))
    result = call("high.yaml", "--nodes", "cluster.yaml")
    assert "default/high  would be promised n1, and default/low evicted" in result.stdout
    assert result.exit_code == 1


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["web.yaml"], 2, "met no node, expected some: --nodes FILE with what 'kubectl get nodes -o yaml' prints."),
        (["-", "--nodes", "-"], 2, "the standard input can be read once, expected - for one file only."),
        (["nowhere.yaml"], 2, "'nowhere.yaml' does not exist"),
        (["web.yaml", "--nodes", "cluster.yaml", "--json", "no/such/out.json"], 2, "there is no folder"),
        (["bad.yaml", "--nodes", "cluster.yaml"], 1, 'bad.yaml: Pod "p" is invalid: spec.containers: Required value'),
        (["worse.yaml", "--nodes", "cluster.yaml"], 1, "worse.yaml, line 4: spec.priority is "),
        (["web.yaml", "--nodes", "cluster.yaml", "--release", "1.99"], 1, "met the release '1.99', expected one from 1.22 to 1.35"),
        (["web.yaml", "--nodes", "cluster.yaml", "--profile", "bad.yaml"], 1, "bad.yaml, line "),
        (["binary.yaml", "--nodes", "cluster.yaml"], 1, "binary.yaml: no text in UTF-8, expected a manifest in YAML or JSON"),
    ],
)
def test_a_wrong_call_is_2_and_a_wrong_file_1(arguments: list[str], code: int, sentence: str) -> None:
    """One sentence each, without a traceback."""
    Path("bad.yaml").write_text("apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {}\n")
    Path("worse.yaml").write_text("apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {priority: high}\n")
    Path("binary.yaml").write_bytes(b"\xff\xfe\x00")
    result = call(*arguments)
    assert (result.exit_code, sentence in result.stderr, "Traceback" in result.output) == (code, True, False), result.output


def test_ctrl_c_ends_with_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """An interrupted run writes nothing."""
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(schedule, "_watched", interrupt)
    result = call("web.yaml", "--nodes", "cluster.yaml", "--json", "out.json")
    assert (result.exit_code, result.stderr) == (130, "Interrupted: nothing was written.\n")
    assert not Path("out.json").exists()
