from __future__ import annotations

import pickle

import pytest

from k8sedu.kube.objects import Deployment, Pod
from k8sedu.kube.status import (
    AlreadyExistsError,
    ApiError,
    ConflictError,
    ExpiredError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    duplicate,
    forbidden,
    invalid,
    required,
    unsupported,
)

REFUSALS: list[tuple[ApiError, int, str, str]] = [
    (NotFoundError.of(Deployment, "web"), 404, "NotFound", 'deployments.apps "web" not found'),
    (AlreadyExistsError.of(Pod, "web"), 409, "AlreadyExists", 'pods "web" already exists'),
    (ForbiddenError.of(Pod, "web", "no"), 403, "Forbidden", 'pods "web" is forbidden: no'),
    (
        ConflictError.of(Pod, "web"), 409, "Conflict",
        'Operation cannot be fulfilled on pods "web": '
        "the object has been modified; please apply your changes to the latest version and try again",
    ),
    (InvalidError.of(Pod, "web", [required("spec.containers")]), 422, "Invalid", 'Pod "web" is invalid: spec.containers: Required value'),
    (
        InvalidError.of(Pod, "web", [required("a", "why"), duplicate("b", "x"), forbidden("c", "no")]), 422, "Invalid",
        'Pod "web" is invalid: [a: Required value: why, b: Duplicate value: "x", c: Forbidden: no]',
    ),
    (ExpiredError("old", continue_="abc"), 410, "Expired", "old"),
]  # fmt: skip


@pytest.mark.parametrize(("error", "code", "reason", "message"), REFUSALS, ids=[error.reason for error, *_ in REFUSALS])
def test_refusals(error: ApiError, code: int, reason: str, message: str) -> None:
    """Code, reason and sentence are those of the real server, and survive the way to another process."""
    for found in (error, pickle.loads(pickle.dumps(error))):
        status = found.status()
        assert (status["code"], status["reason"], status["message"], status["kind"]) == (code, reason, message, "Status")
        assert str(found) == message


def test_details() -> None:
    """A Status says which object it is about, which fields are wrong, and how to go on."""
    assert NotFoundError.of(Deployment, "web").status()["details"] == {"name": "web", "group": "apps", "kind": "deployments"}
    causes = InvalidError.of(Pod, "", [invalid("spec.x", -1, "must be positive"), unsupported("spec.y", "z", ("", "A", "B"))])
    assert causes.status()["details"]["causes"] == [
        {"reason": "FieldValueInvalid", "message": "Invalid value: -1: must be positive", "field": "spec.x"},
        {"reason": "FieldValueNotSupported", "message": 'Unsupported value: "z": supported values: "A", "B"', "field": "spec.y"},
    ]
    assert ExpiredError("old", continue_="abc").status()["metadata"] == {"continue": "abc"}
