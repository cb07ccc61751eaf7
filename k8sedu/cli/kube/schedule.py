"""`k8sedu kube schedule MANIFEST…`: where kube-scheduler would put the pods of real manifests, and why; or why they are pending.

The cluster comes from `kubectl get nodes -o yaml` or from any list of objects; the scheduler's settings from a KubeSchedulerConfiguration
as the real one reads it. Nothing is sent to a cluster. Files are written at the end and at once, so an interrupted run leaves older ones
alone.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from k8sedu.cli import interruptible, writable
from k8sedu.errors import K8sEduError
from k8sedu.files import write_whole
from k8sedu.language import LANGUAGES

if TYPE_CHECKING:
    from k8sedu.kube.objects import ApiObject
    from k8sedu.kube.scheduler.planning import Placement, Plan

FILE = click.Path(path_type=Path, exists=True, dir_okay=False, allow_dash=True)
STDIN = Path("-")


class InputError(K8sEduError, ValueError):
    """A manifest whose object the API server would refuse."""


@click.command("schedule")
@click.argument("manifests", nargs=-1, metavar="[MANIFEST]…", type=FILE)
@click.option("--nodes", "dumps", multiple=True, type=FILE,
              help="The cluster: what kubectl get nodes,pods,… -o yaml prints; may be repeated.")  # fmt: skip
@click.option("--profile", "profile", type=FILE, help="A KubeSchedulerConfiguration; the default profile otherwise.")
@click.option("--release", default="1.35", show_default=True, help="Which Kubernetes: 1.22 to 1.35; several rules and texts have changed.")
@click.option("--pending", is_flag=True, help="Also place the pods of the cluster that wait; so it is where no MANIFEST is given.")
@click.option("--explain", "explains", is_flag=True, help="Show every verdict and score for each pod.")
@click.option("--json", "target", metavar="FILE", callback=writable, help="Write JSON there; - is the output.")
@click.option("--annotations", "annotated", metavar="FILE", callback=writable,
              help="Write the pods there with the annotations of kube-scheduler-simulator, as YAML; - is the output.")  # fmt: skip
@click.option("--language", type=click.Choice(LANGUAGES), help="The language of the explanations.")
def command(
    manifests: tuple[Path, ...], dumps: tuple[Path, ...], profile: Path | None, release: str, pending: bool, explains: bool,
    target: str | None, annotated: str | None, language: str | None,
) -> None:  # fmt: skip
    """Say where the pods of MANIFEST go, and why; or why they are pending, in the words of their event.

    Deployments, StatefulSets, Jobs and DaemonSets count as their pods. A single dash reads the standard input. The exit code is 1 if a pod
    stays pending or a file is wrong, and 2 if the call is.

        kubectl get nodes,pods -A -o yaml > cluster.yaml

        k8sedu kube schedule web.yaml --nodes cluster.yaml --explain
    """
    with interruptible():
        plan = _plan(manifests, dumps, profile, release, pending=pending or not manifests)
        wants_all = explains or target is not None or annotated is not None
        placements = []
        for found in _watched(plan.run(explain=wants_all), len(plan.pods)):
            placements.append(found)
            if "-" not in {target, annotated}:
                _tell(found, explains=explains, language=language)
    if "-" not in {target, annotated}:
        _sum_up(placements)
    if plan.ignored:
        click.echo(f"Pods of the cluster that wait for a node: {plan.ignored}; --pending places them as well.", err=True)
    _write(json.dumps(_as_json(placements, release), indent=2, ensure_ascii=False) + "\n", target)
    _write(_as_yaml(placements), annotated)
    sys.exit(0 if all(found.node for found in placements) else 1)


def _plan(manifests: tuple[Path, ...], dumps: tuple[Path, ...], profile: Path | None, release: str, *, pending: bool) -> Plan:
    from k8sedu.kube.scheduler import configuration
    from k8sedu.kube.scheduler.planning import Plan

    if [*manifests, *dumps, *([profile] if profile else [])].count(STDIN) > 1:
        raise click.UsageError("the standard input can be read once, expected - for one file only.")
    chosen = "kind: KubeSchedulerConfiguration" if profile is None else _text(profile)
    read = configuration.load(chosen, _name(profile or STDIN), release=release)
    there, wanted = [*_read(dumps)], [*_read(manifests, checks=True)]
    if not any(found.kind == "Node" for found in (*there, *wanted)):
        raise click.UsageError("met no node, expected some: --nodes FILE with what 'kubectl get nodes -o yaml' prints.")
    return Plan(there, wanted, read, release=release, pending=pending)


def _read(paths: Iterable[Path], *, checks: bool = False) -> Iterator[ApiObject]:
    """The objects of files; those that are to be created are held to the API server's rules."""
    from k8sedu.kube import manifest
    from k8sedu.kube.scheduler.planning import stored
    from k8sedu.kube.status import InvalidError

    for path in paths:
        for found in manifest.load(_text(path), _name(path)):
            try:
                yield stored(found) if checks else found
            except InvalidError as error:
                raise InputError(f"{_name(path)}: {error}") from None


def _text(path: Path) -> str:
    try:
        return (sys.stdin.buffer.read() if path == STDIN else path.read_bytes()).decode("utf-8")
    except UnicodeDecodeError:
        raise InputError(f"{_name(path)}: no text in UTF-8, expected a manifest in YAML or JSON") from None


def _name(path: Path) -> str:
    return "the standard input" if path == STDIN else str(path)


def _watched(found: Iterator[Placement], count: int) -> Iterator[Placement]:
    """With a bar on the error stream where it takes long and somebody may be looking."""
    from tqdm.auto import tqdm

    return iter(tqdm(found, total=count, unit=" pods", leave=False, disable=count < 200 or not sys.stderr.isatty()))


# -- telling ------------------------------------------------------------------------------------------------------------------------------


def _tell(found: Placement, *, explains: bool, language: str | None) -> None:
    """One pod in a line, or with everything that was said about it."""
    if explains and found.explanation is not None:
        click.echo(found.explanation.text(language))
    elif found.node:
        click.echo(f"{found.pod.key}  {found.node}  {_why(found)}".rstrip())
    else:
        click.echo(f"{found.pod.key}  Pending  {found.message}")
    if found.nominated_node:
        click.echo(f"{found.pod.key}  would be promised {found.nominated_node}, and {', '.join(found.victims)} evicted")


def _why(found: Placement) -> str:
    if found.score is None:
        return "the only node where it fits"
    more = ", ".join(f"{each.plugin} +{each.difference:.4g}" for each in found.contributors)
    return f"score {found.score}" + (f" (above the average: {more})" if more else "")


def _sum_up(placements: list[Placement]) -> None:
    placed = sum(bool(found.node) for found in placements)
    click.echo(f"{placed} of {len(placements)} pods placed.", err=True)


def _as_json(placements: list[Placement], release: str) -> dict[str, Any]:
    from k8sedu.kube.scheduler import messages

    pods = []
    for found in placements:
        told: dict[str, Any] = {"pod": found.pod.key, "node": found.node, "message": found.message, "score": found.score}
        told["event"] = (messages.scheduled(found.pod, found.node) if found.node else messages.failed_scheduling(found.message))._asdict()
        told["contributors"] = [{**each._asdict(), "difference": round(each.difference, 3)} for each in found.contributors]
        if found.nominated_node:
            told |= {"nominatedNode": found.nominated_node, "victims": list(found.victims)}
        if found.explanation is not None:
            told |= {"explanation": found.explanation.document()}
        pods.append(told)
    placed = sum(bool(found.node) for found in placements)
    return {"release": release, "placed": placed, "pending": len(placements) - placed, "pods": pods}


def _as_yaml(placements: list[Placement]) -> str:
    from k8sedu.kube import manifest

    return manifest.to_yaml(*(_annotated(found) for found in placements)) if placements else ""


def _annotated(found: Placement) -> ApiObject:
    """The pod as it would be bound, with what was said about it."""
    notes = found.explanation.annotations() if found.explanation is not None else {}
    metadata = found.pod.metadata.evolve(annotations={**found.pod.metadata.annotations, **notes})
    return found.pod.evolve(metadata=metadata, spec=found.pod.spec.evolve(node_name=found.node) if found.node else found.pod.spec)


def _write(text: str, target: str | None) -> None:
    if target == "-":
        click.echo(text, nl=False)
    elif target is not None:
        write_whole(Path(target), text)
        click.echo(f"{target}: written.", err=True)
