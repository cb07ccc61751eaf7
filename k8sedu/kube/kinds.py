"""From a kind's name to its class, its path and its key in etcd.

The same thing has four names: `Pod` in a manifest, `pods` in a path, `po` on a keyboard, and `/registry/pods/…` in etcd. Two kinds are
called differently in etcd than anywhere else, for historical reasons: nodes are `minions` there, replication controllers `controllers`.

Source: kubernetes, pkg/registry (the storage prefixes: cmd/kube-apiserver, pkg/kubeapiserver/default_storage_factory_builder.go).
Left out: several versions of one kind, and conversion between them. A version that is not known here is read as a plain `ApiObject`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from k8sedu.errors import K8sEduError
from k8sedu.kube import objects
from k8sedu.kube.fields import FieldError
from k8sedu.kube.objects.meta import ApiObject

KINDS: dict[tuple[str, str], type[ApiObject]] = {
    (found.API_VERSION, found.KIND): found
    for name in objects.__all__
    for found in [getattr(objects, name)]
    if isinstance(found, type) and issubclass(found, ApiObject) and found.KIND
}
"""(apiVersion, kind) → class."""

RESOURCES: dict[str, type[ApiObject]] = {found.RESOURCE: found for found in KINDS.values()}
"""Plural → class."""


class UnknownKindError(K8sEduError, LookupError):
    """A kind or resource that is not known."""


def resource(name: str | type[ApiObject] | ApiObject) -> type[ApiObject]:
    """The class behind whatever somebody calls it.

    >>> resource("po").__name__, resource("Deployment").RESOURCE, resource("deployments.apps").KIND
    ('Pod', 'deployments', 'Deployment')

    Raises:
        UnknownKindError: nothing is called so.
    """
    if isinstance(name, ApiObject):
        return type(name)
    if not isinstance(name, str):
        return name
    found = SPOKEN.get(name.lower())
    if found is None:
        raise UnknownKindError(f"no resource is called {name!r}, expected one of {', '.join(RESOURCES)}")
    return found


def group(cls: type[ApiObject]) -> str:
    """The API group: `apps` of `apps/v1`, empty for the core."""
    return cls.API_VERSION.rpartition("/")[0]


def qualified(cls: type[ApiObject]) -> str:
    """The resource as messages of the API server write it.

    >>> qualified(resource("rs")), qualified(resource("po"))
    ('replicasets.apps', 'pods')
    """
    return f"{cls.RESOURCE}.{group(cls)}" if group(cls) else cls.RESOURCE


def registry_key(cls: type[ApiObject], namespace: str, name: str) -> str:
    """Where etcd has an object; without a name, the prefix of all of a namespace, without a namespace too, of all there are.

    >>> registry_key(resource("po"), "default", "web"), registry_key(resource("no"), "", "n1"), registry_key(resource("po"), "", "")
    ('/registry/pods/default/web', '/registry/minions/n1', '/registry/pods/')
    """
    prefix = f"/registry/{cls.REGISTRY or cls.RESOURCE}/"
    if not cls.NAMESPACED:
        return prefix + name
    return f"{prefix}{namespace}/{name}" if namespace else prefix


def read(document: Mapping[str, Any] | ApiObject) -> ApiObject:
    """Read a document as an object of its kind; one of an unknown kind is kept whole, as a plain `ApiObject`.

    >>> read({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}})
    Namespace(api_version='v1', kind='Namespace', metadata=ObjectMeta(name='shop'))

    Raises:
        FieldError: a field's value is not what the API expects there, or the document does not say what it is.
    """
    if isinstance(document, ApiObject):
        return document
    if not isinstance(document, Mapping):
        raise FieldError("", document, "an object: a mapping with apiVersion, kind and metadata")
    version, kind = (_said(document, name) for name in ("apiVersion", "kind"))
    return KINDS.get((version, kind), ApiObject).of(document)


def _said(document: Mapping[str, Any], name: str) -> str:
    found = document.get(name)
    if not isinstance(found, str) or not found:
        example = "v1" if name == "apiVersion" else "Pod"
        raise FieldError(name, found, f'a text such as "{example}": it says how to read the rest')
    return found


SPOKEN: dict[str, type[ApiObject]] = {
    word.lower(): found for found in KINDS.values() for word in (found.RESOURCE, found.KIND, *found.SHORT, qualified(found))
}
"""Whatever people say → class."""
