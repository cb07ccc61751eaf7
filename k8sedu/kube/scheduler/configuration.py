"""KubeSchedulerConfiguration: the file that a real kube-scheduler is started with, in YAML or JSON.

    apiVersion: kubescheduler.config.k8s.io/v1
    kind: KubeSchedulerConfiguration
    profiles:
    - schedulerName: packing
      plugins:
        multiPoint: {disabled: [{name: ImageLocality}], enabled: [{name: NodeAffinity, weight: 5}]}
      pluginConfig:
      - name: NodeResourcesFit
        args: {scoringStrategy: {type: MostAllocated}}

`multiPoint` speaks of all extension points at once, the others of their own; what an own one says wins. A plugin that is enabled anew keeps
its place and changes its weight; one that is disabled and enabled again moves to the end; `*` disables all.

Source: kubernetes 1.35, staging/src/k8s.io/kube-scheduler/config/v1/types.go, pkg/scheduler/apis/config/v1/default_plugins.go
(mergePlugins), framework/runtime/framework.go (expandMultiPointPlugins), apis/config/validation.
Left out: extenders, which are programs of somebody else: they are refused, rather than ignored.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Literal, NamedTuple

from k8sedu.kube.fields import EMPTY, FieldError, Value, nearest, wire_name
from k8sedu.kube.manifest import ManifestError, refuse_unknown
from k8sedu.kube.scheduler.plugins.plugin import Plugin
from k8sedu.kube.scheduler.plugins.registry import plugin_class
from k8sedu.kube.scheduler.profiles import POINTS, Profile, ProfileError, default_profile
from k8sedu.kube.yaml_form import Document, YamlError, documents, line_of
from k8sedu.trace.frozen import Frozen

GROUP = "kubescheduler.config.k8s.io"
VERSIONS = ("v1", "v1beta3", "v1beta2")
KIND = "KubeSchedulerConfiguration"


class ConfigurationError(ManifestError):
    """Something in a configuration that a scheduler cannot take: the file, the line, the path, and what was expected."""


class PluginRef(Value):
    """A plugin by its name; the weight is for those that score."""

    name: str = ""
    weight: int = 0


class PluginSet(Value):
    """What is enabled and disabled at one extension point."""

    enabled: tuple[PluginRef, ...] = ()
    disabled: tuple[PluginRef, ...] = ()


NONE = PluginSet()


class Plugins(Value):
    """What is enabled and disabled, by extension point."""

    pre_enqueue: PluginSet = NONE
    queue_sort: PluginSet = NONE
    pre_filter: PluginSet = NONE
    filter: PluginSet = NONE
    post_filter: PluginSet = NONE
    pre_score: PluginSet = NONE
    score: PluginSet = NONE
    reserve: PluginSet = NONE
    permit: PluginSet = NONE
    pre_bind: PluginSet = NONE
    bind: PluginSet = NONE
    post_bind: PluginSet = NONE
    multi_point: PluginSet = NONE


class PluginConfig(Value):
    """The arguments of a plugin."""

    name: str = ""
    args: Any = EMPTY


class KubeSchedulerProfile(Value):
    """A profile as the file has it."""

    scheduler_name: str = "default-scheduler"
    percentage_of_nodes_to_score: int | None = None
    plugins: Plugins = Plugins()
    plugin_config: tuple[PluginConfig, ...] = ()


class KubeSchedulerConfiguration(Value):
    """The file."""

    ALSO: ClassVar[tuple[str, ...]] = (
        "leaderElection", "clientConnection", "healthzBindAddress", "metricsBindAddress", "enableProfiling", "enableContentionProfiling",
        "delayCacheUntilActive",
    )  # fmt: skip

    api_version: str = ""
    kind: Literal["KubeSchedulerConfiguration"] = "KubeSchedulerConfiguration"
    parallelism: int = 16
    percentage_of_nodes_to_score: int | None = None
    pod_initial_backoff_seconds: int = 1
    pod_max_backoff_seconds: int = 10
    profiles: tuple[KubeSchedulerProfile, ...] = ()
    extenders: tuple[Any, ...] = ()


class Configuration(NamedTuple):
    """A scheduler's settings, ready for use."""

    profiles: tuple[Profile, ...]
    percentage_of_nodes_to_score: int = 0
    """0: by the number of nodes."""
    pod_initial_backoff_seconds: int = 1
    pod_max_backoff_seconds: int = 10
    parallelism: int = 16

    def profile(self, scheduler_name: str = "") -> Profile:
        """The profile that a pod chooses by `spec.schedulerName`; without a name, the default one or the first.

        Raises:
            ProfileError: nobody has this name: in a real cluster the pod would wait for ever.
        """
        named = {profile.name: profile for profile in self.profiles}
        if not scheduler_name:
            return named.get("default-scheduler", self.profiles[0])
        if scheduler_name not in named:
            raise ProfileError(f"met the scheduler {scheduler_name!r}, {nearest(scheduler_name, list(named))}")
        return named[scheduler_name]


def load(text: str, source: str = "the configuration", *, release: str = "1.35", plugins: Iterable[type[Plugin]] = ()) -> Configuration:
    r"""Read a KubeSchedulerConfiguration.

    Args:
        text: YAML or JSON.
        source: what to call it in an error: the file's name.
        release: of Kubernetes; decides which plugins there are by default.
        plugins: plugins of one's own that the file may name.

    >>> found = load("kind: KubeSchedulerConfiguration\nprofiles:\n- schedulerName: packing\n  percentageOfNodesToScore: 70\n")
    >>> found.profile("packing").percentage_of_nodes_to_score
    70
    >>> load("kind: KubeSchedulerConfiguration\nprofiles:\n- plugins:\n    score:\n      enabled:\n      - name: NodeAfinity\n", "s.yaml")
    Traceback (most recent call last):
        ...
    ConfigurationError: s.yaml, line 6: profiles[0].plugins.score.enabled[0].name is "NodeAfinity", expected ... 'NodeAffinity'?

    Raises:
        ConfigurationError: no configuration, or a value that a scheduler cannot take.
    """
    try:
        found = list(documents(text))
    except YamlError as error:
        raise ConfigurationError(source, error.line, error.problem) from None
    if len(found) != 1:
        raise ConfigurationError(source, 1, f"met {len(found)} documents, expected one {KIND}")
    try:
        return _read(found[0], release, {plugin.NAME: plugin for plugin in plugins})
    except FieldError as error:
        raise ConfigurationError(source, line_of(found[0].node, error.path), str(error), path=error.path) from None


def _read(document: Document, release: str, own: Mapping[str, type[Plugin]]) -> Configuration:
    form = KubeSchedulerConfiguration.of(document.value)
    refuse_unknown(form)
    _check(form)
    profiles = [_profile(each, f"profiles[{place}]", release, own) for place, each in enumerate(form.profiles or (KubeSchedulerProfile(),))]
    names = [profile.name for profile in profiles]
    for place, name in enumerate(names):
        if name in names[:place]:
            raise FieldError(f"profiles[{place}].schedulerName", name, "a name that no other profile has")
    backoff = (form.pod_initial_backoff_seconds, form.pod_max_backoff_seconds)
    return Configuration(tuple(profiles), form.percentage_of_nodes_to_score or 0, *backoff, form.parallelism)


def _check(form: KubeSchedulerConfiguration) -> None:
    group, _, version = form.api_version.partition("/")
    if form.api_version and (group != GROUP or version not in VERSIONS):
        raise FieldError("apiVersion", form.api_version, f"{GROUP}/v1")
    if form.extenders:
        raise FieldError("extenders", list(form.extenders), "none: an extender is a program elsewhere, and cannot be asked here")
    if form.parallelism < 1:
        raise FieldError("parallelism", form.parallelism, "1 or more")
    if form.pod_initial_backoff_seconds < 1:
        raise FieldError("podInitialBackoffSeconds", form.pod_initial_backoff_seconds, "1 or more")
    if form.pod_max_backoff_seconds < form.pod_initial_backoff_seconds:
        raise FieldError("podMaxBackoffSeconds", form.pod_max_backoff_seconds, "at least podInitialBackoffSeconds")
    _check_percentage(form.percentage_of_nodes_to_score, "percentageOfNodesToScore")


def _check_percentage(found: int | None, path: str) -> None:
    if found is not None and not 0 <= found <= 100:
        raise FieldError(path, found, "0 to 100; 0 means by the number of nodes")


# -- one profile --------------------------------------------------------------------------------------------------------------------------


def _profile(form: KubeSchedulerProfile, path: str, release: str, own: Mapping[str, type[Plugin]]) -> Profile:
    if not form.scheduler_name:
        raise FieldError(f"{path}.schedulerName", "", "a name")
    _check_percentage(form.percentage_of_nodes_to_score, f"{path}.percentageOfNodesToScore")
    default = default_profile(release)
    _check_names(form.plugins, f"{path}.plugins", {**default.plugins, **own})
    merged = _merged(default, form.plugins.multi_point)
    only = {point: _at(point, merged, form.plugins, {**default.plugins, **own}) for point in POINTS}
    named = {name: None for listed in (merged, *only.values()) for name in listed}
    classes = {name: own.get(name) or plugin_class(name) for name in named}
    listed = {point: tuple(names) for point, names in only.items()}
    profile = default._replace(
        name=form.scheduler_name, plugins=Frozen(classes), weights=Frozen(_weights(merged, form.plugins)), only=Frozen(listed),
        percentage_of_nodes_to_score=form.percentage_of_nodes_to_score,
    )  # fmt: skip
    return _configured(profile, form.plugin_config, f"{path}.pluginConfig")


def _check_names(plugins: Plugins, path: str, known: Mapping[str, type[Plugin]]) -> None:
    """Every plugin that is enabled must exist and have the extension point; to disable what is not there does no harm."""
    for point in (*POINTS, "queue_sort", "multi_point"):
        for place, ref in enumerate(getattr(plugins, point).enabled):
            where = f"{path}.{wire_name(point)}.enabled[{place}]"
            if ref.name not in known:
                raise FieldError(f"{where}.name", ref.name, f"a plugin of the scheduler; {nearest(ref.name, list(known))}")
            if point in POINTS and not known[ref.name].has(point):
                having = [name for name, plugin in known.items() if plugin.has(point)]
                raise FieldError(f"{where}.name", ref.name, f"a plugin that has {wire_name(point)}: {', '.join(having)}")
            if ref.weight < 0:
                raise FieldError(f"{where}.weight", ref.weight, "1 or more")


def _merged(default: Profile, custom: PluginSet) -> dict[str, int]:
    """The plugins of all points: those of the default profile that are not disabled, and then those that are new. Name → weight."""
    disabled = {ref.name for ref in custom.disabled}
    enabled = {ref.name: ref.weight for ref in custom.enabled}
    kept = {} if "*" in disabled else {name: default.weight(name) for name in default.plugins if name not in disabled}
    return {**{name: enabled.get(name, weight) for name, weight in kept.items()}, **enabled}


def _at(point: str, merged: Mapping[str, int], plugins: Plugins, known: Mapping[str, type[Plugin]]) -> list[str]:
    """The plugins of one point: those named here and everywhere, those named everywhere, those named here; each part in its own order."""
    custom: PluginSet = getattr(plugins, point)
    disabled = {ref.name for ref in custom.disabled}
    here = [ref.name for ref in custom.enabled]
    everywhere = [] if "*" in disabled else [name for name in merged if known[name].has(point) and name not in disabled]
    both = [name for name in here if name in everywhere]
    return list(dict.fromkeys([*both, *everywhere, *here]))


def _weights(merged: Mapping[str, int], plugins: Plugins) -> dict[str, int]:
    """The weights that count: those of `score` before those of `multiPoint`; 0 means 1."""
    own = {ref.name: ref.weight for ref in plugins.score.enabled}
    return {name: weight or 1 for name, weight in {**merged, **own}.items()}


def _configured(profile: Profile, configs: Sequence[PluginConfig], path: str) -> Profile:
    seen: set[str] = set()
    for place, config in enumerate(configs):
        where = f"{path}[{place}]"
        if config.name in seen:
            raise FieldError(f"{where}.name", config.name, "each plugin once")
        seen.add(config.name)
        if config.name not in profile.plugins:
            raise FieldError(f"{where}.name", config.name, f"a plugin of the profile; {nearest(config.name, list(profile.plugins))}")
        profile = profile._replace(args=Frozen({**profile.args, config.name: _args(profile, config, f"{where}.args")}))
    return profile


def _args(profile: Profile, config: PluginConfig, path: str) -> Value:
    """The arguments of a plugin, checked by the plugin itself."""
    plugin = profile.plugins[config.name]
    args = plugin.ARGS.of(config.args, path)
    refuse_unknown(args, path)
    try:
        plugin(args, profile.release)
    except FieldError as error:
        raise FieldError(f"{path}.{error.path}", error.met, error.expected) from None
    return args
