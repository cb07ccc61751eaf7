"""Services and their pods, as a controller knows them: which pods a Service selects, and which Services a change touches.

A pod does not know its Services, and a Service only says which labels it wants. So when a pod changes, all Services of its namespace are
asked whether they select it now, or did before: whoever lost a label must be taken out as well.

Source: kubernetes, pkg/controller/util/endpoint/controller_utils.go (GetPodServiceMemberships, GetServicesToUpdateOnPodChange).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from k8sedu.kube import selectors
from k8sedu.kube.apiserver.server import ApiServer
from k8sedu.kube.controllers.pod_endpoints import in_order
from k8sedu.kube.informers import Change, Informer
from k8sedu.kube.objects.meta import ApiObject
from k8sedu.kube.objects.pod import Pod
from k8sedu.kube.objects.service import Service


class SelectedPods:
    """Two informers, and what connects them.

    A change of a pod costs O(Services of its namespace), a question for a Service's pods O(pods of its namespace).
    """

    def __init__(self, server: ApiServer) -> None:
        self.services = Informer(server, Service, indexes={"namespace": by_namespace})
        self.pods = Informer(server, Pod, indexes={"namespace": by_namespace})

    def tell(self, add: Callable[[str], None]) -> None:
        """Name every Service that a change touches."""

        def hear(change: Change[Pod]) -> None:
            for key in services_of((change.old, change.new), self.services.cache.by("namespace", change.object.namespace)):
                add(key)

        self.services.handlers.append(lambda change: add(change.object.key))
        self.pods.handlers.append(hear)

    def of(self, service: Service) -> list[Pod]:
        """The pods that a Service selects, in the order of their names."""
        selected = selectors.of_labels(service.spec.selector)
        return in_order(pod for pod in self.pods.cache.by("namespace", service.namespace) if selected.matches(pod.labels))


def services_of(pods: Iterable[Pod | None], services: Iterable[Service]) -> Iterator[str]:
    """The keys of the Services that select one of these pods."""
    labels = [pod.labels for pod in pods if pod is not None]
    for service in services:
        selected = selectors.of_labels(service.spec.selector)
        if service.spec.selector and any(selected.matches(each) for each in labels):
            yield service.key


def makes_endpoints(service: Service) -> bool:
    """Is it a controller that says who answers for it? For one without a selector its owner does, for a mere name nobody."""
    return bool(service.spec.selector) and service.spec.type != "ExternalName"


def by_namespace(found: ApiObject) -> list[str]:
    """What an informer finds objects of a namespace by."""
    return [found.namespace]
