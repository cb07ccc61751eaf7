from __future__ import annotations

from typing import Any

import pytest

from k8sedu.kube.scheduler.configuration import ConfigurationError, load
from k8sedu.kube.scheduler.own_plugins import score_plugin
from k8sedu.kube.scheduler.plugins.node_resources_fit import NodeResourcesFitArgs
from k8sedu.kube.scheduler.profiles import ProfileError, default_profile

HEAD = "apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n"

REAL = HEAD + """\
leaderElection: {leaderElect: false}
clientConnection: {kubeconfig: /etc/kubernetes/scheduler.conf}
percentageOfNodesToScore: 50
podInitialBackoffSeconds: 2
podMaxBackoffSeconds: 60
profiles:
- schedulerName: default-scheduler
  pluginConfig:
  - name: NodeResourcesFit
    args:
      apiVersion: kubescheduler.config.k8s.io/v1
      kind: NodeResourcesFitArgs
      scoringStrategy:
        type: RequestedToCapacityRatio
        resources: [{name: cpu, weight: 3}, {name: example.com/gpu, weight: 5}]
        requestedToCapacityRatio: {shape: [{utilization: 0, score: 0}, {utilization: 100, score: 10}]}
  - name: PodTopologySpread
    args:
      defaultingType: List
      defaultConstraints:
      - {maxSkew: 1, topologyKey: topology.kubernetes.io/zone, whenUnsatisfiable: ScheduleAnyway}
  - name: InterPodAffinity
    args: {hardPodAffinityWeight: 20}
  - name: NodeAffinity
    args:
      addedAffinity:
        requiredDuringSchedulingIgnoredDuringExecution:
          nodeSelectorTerms: [{matchExpressions: [{key: pool, operator: In, values: [a]}]}]
- schedulerName: no-scoring
  percentageOfNodesToScore: 100
  plugins:
    preScore: {disabled: [{name: "*"}]}
    score: {disabled: [{name: "*"}]}
"""


def test_a_real_configuration() -> None:
    """Everything in it arrives: times, percentages, arguments, a profile without scores; what is not the scheduler's is passed over."""
    found = load(REAL, "scheduler.yaml")
    assert (found.percentage_of_nodes_to_score, found.pod_initial_backoff_seconds, found.pod_max_backoff_seconds) == (50, 2, 60)
    profile, other = found.profiles
    fit = profile.args["NodeResourcesFit"]
    assert isinstance(fit, NodeResourcesFitArgs)
    assert [(each.name, each.weight) for each in fit.scoring_strategy.resources] == [("cpu", 3), ("example.com/gpu", 5)]
    assert profile.args["InterPodAffinity"].document() == {"hardPodAffinityWeight": 20}
    assert (other.scorers, other.at("pre_score"), other.filters) == ((), (), default_profile().filters)
    assert (found.profile().name, found.profile("no-scoring").percentage_of_nodes_to_score) == ("default-scheduler", 100)


def profile(enabled: str, *own: Any) -> Any:
    return load(f"{HEAD}profiles:\n- plugins: {enabled}\n", plugins=own).profiles[0]


def test_a_plugin_enabled_anew_keeps_its_place_and_one_disabled_first_moves_to_the_end() -> None:
    """As mergePlugins has it."""
    weighed = profile("{multiPoint: {enabled: [{name: TaintToleration, weight: 9}]}}")
    assert (weighed.scorers[0], weighed.weight("TaintToleration")) == ("TaintToleration", 9)
    moved = profile("{multiPoint: {disabled: [{name: TaintToleration}], enabled: [{name: TaintToleration}]}}")
    assert (moved.scorers[-1], moved.weight("TaintToleration"), moved.filters[-1]) == ("TaintToleration", 1, "TaintToleration")


def test_what_a_point_says_wins_over_what_is_said_of_all() -> None:
    """At its own point a plugin is disabled there alone, gets another weight, or comes first."""
    found = profile("{filter: {disabled: [{name: NodePorts}]}, score: {enabled: [{name: ImageLocality, weight: 5}]}}")
    assert ("NodePorts" in found.filters, "NodePorts" in found.at("pre_filter")) == (False, True)
    assert (found.scorers[0], found.weight("ImageLocality"), len(found.scorers)) == ("ImageLocality", 5, len(default_profile().scorers))


def test_nothing_but_what_is_named() -> None:
    """`*` disables all, and what is enabled beside it is all there is."""
    found = profile('{multiPoint: {disabled: [{name: "*"}], enabled: [{name: NodeResourcesFit}, {name: DefaultBinder}]}}')
    assert (list(found.plugins), found.filters) == (["NodeResourcesFit", "DefaultBinder"], ("NodeResourcesFit",))
    assert (found.scorers, found.at("bind")) == (("NodeResourcesFit",), ("DefaultBinder",))


def test_plugins_of_ones_own_may_be_named() -> None:
    """A file knows a plugin from a cell if it is handed over."""
    own = score_plugin("Own")(lambda pod, nodes: nodes.pod_count)
    found = profile("{multiPoint: {enabled: [{name: Own, weight: 4}]}}", own)
    assert (found.scorers[-1], found.weight("Own")) == ("Own", 4)


def test_json_is_read_as_well_and_an_older_release_has_its_own_default() -> None:
    """A configuration is a document like any other."""
    text = '{"kind": "KubeSchedulerConfiguration", "apiVersion": "kubescheduler.config.k8s.io/v1beta3"}'
    assert "EBSLimits" in load(text, release="1.28").profile().filters


def test_a_scheduler_that_nobody_is() -> None:
    """A pod that names it would wait for ever; here a sentence says so."""
    with pytest.raises(ProfileError, match="met the scheduler 'default-schedule', did you mean 'default-scheduler'"):
        load(HEAD).profile("default-schedule")


FIT = HEAD + "profiles:\n- pluginConfig:\n  - name: NodeResourcesFit\n"
SPREAD = HEAD + "profiles:\n- pluginConfig:\n  - name: PodTopologySpread\n"
WRONG = {
    "kind": ("kind: Pod\n", 1, 'kind is "Pod", expected one of KubeSchedulerConfiguration'),
    "version": ("apiVersion: v2\nkind: KubeSchedulerConfiguration\n", 1, 'apiVersion is "v2", expected kubescheduler.config.k8s.io/v1'),
    "field": (HEAD + "profile: []\n", 3, "profile is no field of a KubeSchedulerConfiguration; did you mean 'profiles'?"),
    "percentage": (HEAD + "percentageOfNodesToScore: 200\n", 3, "percentageOfNodesToScore is 200, expected 0 to 100"),
    "backoff": (HEAD + "podInitialBackoffSeconds: 20\n", 1, "podMaxBackoffSeconds is 10, expected at least podInitialBackoffSeconds"),
    "extenders": (HEAD + "extenders: [{urlPrefix: http://x}]\n", 3, "extenders is a list, expected none: an extender is a program"),
    "plugin": (HEAD + "profiles:\n- plugins:\n    filter:\n      enabled:\n      - name: NodePort\n", 7,
               'profiles[0].plugins.filter.enabled[0].name is "NodePort", expected a plugin of the scheduler; did you mean'),
    "point": (HEAD + "profiles:\n- plugins:\n    score:\n      enabled:\n      - name: NodePorts\n", 7,
              'profiles[0].plugins.score.enabled[0].name is "NodePorts", expected a plugin that has score: TaintToleration'),
    "args": (FIT + "    args:\n      scoringStrategy:\n        type: Most\n", 8,
             'profiles[0].pluginConfig[0].args.scoringStrategy.type is "Most", expected one of LeastAllocated'),
    "weight": (FIT + "    args: {scoringStrategy: {resources: [{name: cpu, weight: 0}]}}\n", 6,
               "profiles[0].pluginConfig[0].args.scoringStrategy.resources[0].weight is 0, expected 1 to 100"),
    "args field": (HEAD + "profiles:\n- pluginConfig:\n  - name: InterPodAffinity\n    args:\n      hardAffinityWeight: 3\n", 7,
                   "profiles[0].pluginConfig[0].args.hardAffinityWeight is no field of a"),
    "no plugin": (HEAD + "profiles:\n- pluginConfig:\n  - name: Nobody\n", 5, 'profiles[0].pluginConfig[0].name is "Nobody", expected a'),
    "hard": (HEAD + "profiles:\n- pluginConfig:\n  - name: InterPodAffinity\n    args: {hardPodAffinityWeight: 101}\n", 6,
             "profiles[0].pluginConfig[0].args.hardPodAffinityWeight is 101, expected 0 to 100"),
    "constraints": (SPREAD + "    args: {defaultConstraints: [{maxSkew: 1, topologyKey: z}]}\n", 6,
                    "profiles[0].pluginConfig[0].args.defaultConstraints is a list, expected none, or defaultingType: List"),
    "skew": (SPREAD + "    args: {defaultingType: List, defaultConstraints: [{topologyKey: z}]}\n", 6,
             "profiles[0].pluginConfig[0].args.defaultConstraints[0].maxSkew is 0, expected 1 or more"),
    "selector": (SPREAD + "    args: {defaultingType: List, defaultConstraints: [{maxSkew: 1, topologyKey: z, labelSelector: {}}]}\n", 6,
                 "profiles[0].pluginConfig[0].args.defaultConstraints[0].labelSelector is a mapping, expected none: it is found out"),
    "twice": (HEAD + "profiles:\n- schedulerName: a\n- schedulerName: a\n", 5, 'profiles[1].schedulerName is "a", expected a name that'),
    "documents": (HEAD + "---\n" + HEAD, 1, "met 2 documents, expected one KubeSchedulerConfiguration"),
    "yaml": ("profiles: [\n", 2, "no YAML"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG.values(), ids=WRONG)
def test_a_mistake_is_told_with_its_line(case: Any) -> None:
    """File, line, path, what was met and what was expected."""
    text, line, sentence = case
    with pytest.raises(ConfigurationError) as told:
        load(text, "s.yaml")
    assert str(told.value).startswith(f"s.yaml, line {line}: {sentence}")
