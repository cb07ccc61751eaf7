"""What the API server refuses, in its own words: every refusal is a `Status` object with a code, a reason and a sentence.

Controllers live by the reason. `Conflict` means read again and try again, `AlreadyExists` often means somebody else was faster, `Expired`
means list anew, and only what is left is a real mistake. So the reason is a field and not something to be found in the sentence.

Source: kubernetes, staging/src/k8s.io/apimachinery/pkg/api/errors/errors.go, apis/meta/v1/types.go (Status), pkg/util/validation/field.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from k8sedu.errors import K8sEduError
from k8sedu.kube.kinds import group, qualified
from k8sedu.kube.objects.meta import ApiObject


class ApiError(K8sEduError):
    """A request that the API server refuses.

    >>> from k8sedu.kube.objects import Pod
    >>> error = NotFoundError.of(Pod, "web")
    >>> error.code, error.reason, str(error)
    (404, 'NotFound', 'pods "web" not found')
    >>> error.status()["details"]
    {'name': 'web', 'kind': 'pods'}
    """

    code = 500
    reason = ""

    def __init__(self, message: str, *, details: dict[str, Any] | None = None, continue_: str = "") -> None:
        self.message, self.details, self.continue_ = message, details or {}, continue_
        super().__init__(message)

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (type(self), self.message, self.details, self.continue_)

    def status(self) -> dict[str, Any]:
        """The answer's body."""
        metadata = {"continue": self.continue_} if self.continue_ else {}
        found = {"kind": "Status", "apiVersion": "v1", "metadata": metadata, "status": "Failure", "message": self.message}
        parts = (("reason", self.reason), ("details", self.details), ("code", self.code))
        return found | {name: value for name, value in parts if value}


def _again(cls: type[ApiError], message: str, details: dict[str, Any], continue_: str) -> ApiError:
    return cls(message, details=details, continue_=continue_)


def details_of(cls: type[ApiObject], name: str) -> dict[str, Any]:
    """Which object a refusal is about."""
    parts = (("name", name), ("group", group(cls)), ("kind", cls.RESOURCE))
    return {part: value for part, value in parts if value}


class BadRequestError(ApiError, ValueError):
    """A request that makes no sense, whatever the state of the cluster."""

    code, reason = 400, "BadRequest"


class ForbiddenError(ApiError, PermissionError):
    """A request that is not allowed now: in a namespace on its way out, for example."""

    code, reason = 403, "Forbidden"

    @classmethod
    def of(cls, kind: type[ApiObject], name: str, why: str) -> ForbiddenError:
        """The refusal for an object."""
        return cls(f'{qualified(kind)} "{name}" is forbidden: {why}', details=details_of(kind, name))


class NotFoundError(ApiError, LookupError):
    """There is no such object."""

    code, reason = 404, "NotFound"

    @classmethod
    def of(cls, kind: type[ApiObject], name: str) -> NotFoundError:
        """The refusal for an object."""
        return cls(f'{qualified(kind)} "{name}" not found', details=details_of(kind, name))


class AlreadyExistsError(ApiError, ValueError):
    """There is an object of that name already."""

    code, reason = 409, "AlreadyExists"

    @classmethod
    def of(cls, kind: type[ApiObject], name: str) -> AlreadyExistsError:
        """The refusal for an object."""
        return cls(f'{qualified(kind)} "{name}" already exists', details=details_of(kind, name))


MODIFIED = "the object has been modified; please apply your changes to the latest version and try again"


class ConflictError(ApiError, RuntimeError):
    """Somebody else has changed the object since it was read: read it again, and decide again."""

    code, reason = 409, "Conflict"

    @classmethod
    def of(cls, kind: type[ApiObject], name: str, why: str = MODIFIED) -> ConflictError:
        """The refusal for an object."""
        return cls(f'Operation cannot be fulfilled on {qualified(kind)} "{name}": {why}', details=details_of(kind, name))


class ExpiredError(ApiError, LookupError):
    """The past that was asked for is forgotten: list anew."""

    code, reason = 410, "Expired"


class TooManyRequestsError(ApiError, RuntimeError):
    """Not now; try again later."""

    code, reason = 429, "TooManyRequests"


class InternalError(ApiError, RuntimeError):
    """Something that the server itself did not expect; the way out is to begin anew."""

    code, reason = 500, "InternalError"

    @classmethod
    def of(cls, why: str) -> InternalError:
        """The refusal, with what went wrong."""
        return cls(f"Internal error occurred: {why}", details={"causes": [{"message": why}]})


class ServerTimeoutError(ApiError, RuntimeError):
    """The server did not get that far in time."""

    code, reason = 504, "Timeout"


class Problem(NamedTuple):
    """One thing that is wrong with one field."""

    field: str
    message: str
    reason: str = "FieldValueInvalid"

    @property
    def sentence(self) -> str:
        """The field, and what is wrong with it."""
        return f"{self.field}: {self.message}"


class InvalidError(ApiError, ValueError):
    """An object that can be read and must not be."""

    code, reason = 422, "Invalid"

    @classmethod
    def of(cls, kind: type[ApiObject], name: str, problems: list[Problem]) -> InvalidError:
        """The refusal of an object, for all its problems at once."""
        said = problems[0].sentence if len(problems) == 1 else f"[{', '.join(problem.sentence for problem in problems)}]"
        causes = [{"reason": problem.reason, "message": problem.message, "field": problem.field} for problem in problems]
        details = {"name": name, "group": group(kind), "kind": kind.KIND, "causes": causes}
        return cls(f'{kind.KIND} "{name}" is invalid: {said}', details={part: value for part, value in details.items() if value})


def required(field: str, why: str = "") -> Problem:
    """The field must be given.

    >>> required("spec.containers").sentence
    'spec.containers: Required value'
    """
    return Problem(field, f"Required value: {why}" if why else "Required value", "FieldValueRequired")


def invalid(field: str, met: object, why: str) -> Problem:
    """The field's value cannot be.

    >>> invalid("spec.replicas", -1, "must be greater than or equal to 0").sentence
    'spec.replicas: Invalid value: -1: must be greater than or equal to 0'
    """
    return Problem(field, f"Invalid value: {json.dumps(met, default=str)}: {why}")


def forbidden(field: str, why: str) -> Problem:
    """The field may not be given or changed."""
    return Problem(field, f"Forbidden: {why}", "FieldValueForbidden")


def duplicate(field: str, met: str) -> Problem:
    """The value is there already."""
    return Problem(field, f"Duplicate value: {json.dumps(met)}", "FieldValueDuplicate")


def unsupported(field: str, met: object, allowed: tuple[str, ...]) -> Problem:
    """The value is none of those that there are."""
    names = ", ".join(f'"{each}"' for each in allowed if each)
    return Problem(field, f"Unsupported value: {json.dumps(met, default=str)}: supported values: {names}", "FieldValueNotSupported")
