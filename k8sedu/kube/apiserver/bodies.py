"""The body of a request: whatever a client sends, as an object of its kind or as one sentence.

Source: kubernetes, staging/src/k8s.io/apiserver/pkg/endpoints/handlers (create.go, update.go), pkg/registry/rest/update.go.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from k8sedu.kube.fields import ChoiceError, FieldError, plain
from k8sedu.kube.kinds import KINDS
from k8sedu.kube.objects.meta import ApiObject
from k8sedu.kube.status import BadRequestError, ConflictError, InvalidError, Problem, unsupported

Document = dict[str, Any]
ObjectT = TypeVar("ObjectT", bound=ApiObject)


def taken(found: Mapping[str, Any] | ApiObject, namespace: str) -> tuple[type[ApiObject], Document]:
    """A document of one's own, with its namespace, and the class that reads it.

    Raises:
        BadRequestError: it does not say what it is, cannot be read, or names another namespace than the request.
        InvalidError: a text that is none of those that may stand there.
    """
    document: Document = found.document() if isinstance(found, ApiObject) else plain(found)
    if not isinstance(document, dict):
        raise BadRequestError("the body is no object, expected a mapping with apiVersion, kind and metadata")
    version, kind = document.get("apiVersion"), document.get("kind")
    cls = KINDS.get((str(version), str(kind)))
    if cls is None:
        raise BadRequestError(f'no matches for kind "{kind}" in version "{version}"')
    metadata = document.setdefault("metadata", {})
    if not isinstance(metadata, dict):
        raise BadRequestError("metadata is no mapping, expected one")
    if not isinstance(found, ApiObject):
        read(cls, document)
    _set_namespace(cls, metadata, namespace)
    return cls, document


def _set_namespace(cls: type[ApiObject], metadata: Document, namespace: str) -> None:
    if not cls.NAMESPACED:
        metadata.pop("namespace", None)
        return
    own = metadata.get("namespace") or ""
    if namespace and own and own != namespace:
        raise BadRequestError(
            f"the namespace of the provided object does not match the namespace sent on the request: {own} and {namespace}"
        )
    metadata["namespace"] = own or namespace or "default"


def read(cls: type[ObjectT], document: Document) -> ObjectT:
    """The object of a document.

    Raises:
        InvalidError: a text that is none of those that may stand there.
        BadRequestError: a value of another type.
    """
    try:
        return cls.of(document)
    except ChoiceError as error:
        raise InvalidError.of(cls, _name(document), [unsupported(error.path, error.met, error.allowed)]) from None
    except FieldError as error:
        raise BadRequestError(f'{cls.KIND} in version "{cls.API_VERSION}" cannot be handled as a {cls.KIND}: {error}') from None


def _name(document: Document) -> str:
    name = document.get("metadata", {}).get("name", "")
    return name if isinstance(name, str) else ""


def refuse(found: ApiObject, problems: list[Problem]) -> None:
    """Refuse an object if anything is wrong with it.

    Raises:
        InvalidError: everything that is.
    """
    if problems:
        raise InvalidError.of(type(found), found.name, problems)


def same_object(cls: type[ApiObject], metadata: Mapping[str, Any], old: ApiObject) -> None:
    """Refuse a request about an object that is another one by now, or another version.

    Raises:
        ConflictError: it is.
    """
    uid, version = metadata.get("uid"), metadata.get("resourceVersion")
    if uid and uid != old.metadata.uid:
        why = f"Precondition failed: UID in precondition: {uid}, UID in object meta: {old.metadata.uid}"
        raise ConflictError.of(cls, old.name, why)
    if version and version != old.metadata.resource_version:
        raise ConflictError.of(cls, old.name)
