"""Lists: everything at one moment, in pages if need be.

A list is a snapshot: it says at which revision it was taken, and a watch from there misses nothing. Pages keep that promise, because the
token in `continue` remembers the revision of the first page, and etcd still knows the past. If it was compacted in between, the server
says 410 and offers a token with which one may go on in the present, knowing that the whole is then no snapshot any more.

Source: kubernetes, staging/src/k8s.io/apiserver/pkg/storage/continue.go, etcd3/store.go (GetList); API concepts, "Resource versions".
"""

from __future__ import annotations

import base64
import json
from typing import Generic, NamedTuple, TypeVar

from k8sedu.etcd.errors import CompactedError
from k8sedu.kube.apiserver.selection import Selection
from k8sedu.kube.apiserver.storage import Storage
from k8sedu.kube.kinds import registry_key
from k8sedu.kube.objects.meta import ApiObject
from k8sedu.kube.status import BadRequestError, ExpiredError, ServerTimeoutError

ObjectT = TypeVar("ObjectT", bound=ApiObject)
TOKEN_VERSION = "meta.k8s.io/v1"
PAGE = 500
"""So many keys are read at once while a selector leaves most of them out."""

CONTINUE_EXPIRED = (
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue "
    "parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token "
    "results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and "
    "now may show up in the list."
)
VERSION_EXPIRED = "The resourceVersion for the provided list is too old."


class Listing(NamedTuple, Generic[ObjectT]):
    """One page of a list."""

    items: tuple[ObjectT, ...]
    resource_version: str
    """The moment of the snapshot: watch from here on."""
    continue_: str = ""
    """The token for the next page, empty on the last one."""
    remaining_item_count: int | None = None
    """How many objects follow, where that is known without looking at them."""


class Token(NamedTuple):
    """Where the next page begins, and of which moment it is; -1 for now."""

    revision: int
    start: str

    def encoded(self) -> str:
        r"""The token as clients see it.

        >>> Token(33, "default/web\0").encoded()
        'eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MzMsInN0YXJ0IjoiZGVmYXVsdC93ZWJcdTAwMDAifQ'
        """
        document = {"v": TOKEN_VERSION, "rv": self.revision, "start": self.start}
        return base64.urlsafe_b64encode(json.dumps(document, separators=(",", ":")).encode()).decode().rstrip("=")

    @classmethod
    def decoded(cls, text: str) -> Token:
        """Read a token.

        Raises:
            BadRequestError: none that this server has given out.
        """
        try:
            document = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
            revision, start = document["rv"], document["start"]
        except (ValueError, KeyError, TypeError):
            raise BadRequestError("continue key is not valid: it is none that this server has given out") from None
        if document.get("v") != TOKEN_VERSION or not isinstance(revision, int) or not isinstance(start, str) or not start:
            raise BadRequestError("continue key is not valid: it is none that this server has given out")
        return cls(revision, start)


def revision_of(text: str, now: int) -> int:
    """Read a resourceVersion of a request; 0 where none is asked for, or any will do.

    Raises:
        BadRequestError: no version.
        ServerTimeoutError: one that the store has not yet reached.
    """
    if not text:
        return 0
    if not text.isdigit():
        raise BadRequestError(f'Invalid value: "{text}": resourceVersion is no whole number, expected one that this server has given out')
    if int(text) > now:
        causes = [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}]
        details = {"causes": causes, "retryAfterSeconds": 1}
        raise ServerTimeoutError(f"Timeout: Too large resource version: {text}, current: {now}", details=details)
    return int(text)


def list_page(
    storage: Storage, cls: type[ObjectT], selection: Selection, *, limit: int = 0, token: Token | None = None, revision: int = 0
) -> Listing[ObjectT]:
    """Read a page of a list.

    Args:
        storage: where the objects are.
        cls: their kind.
        selection: which of them.
        limit: at most so many, 0 for all.
        token: from where on.
        revision: of which moment, 0 for now.

    Raises:
        ExpiredError: that moment is forgotten.
    """
    prefix = registry_key(cls, selection.namespace, "")
    start, moment = token[::-1] if token else ("", revision)
    moment = moment if moment > 0 else storage.revision
    try:
        found, last, count = _collect(storage, cls, selection, start=start, limit=limit, moment=moment)
    except CompactedError:
        raise _expired(token) from None
    if not last:
        return Listing(tuple(found), str(moment))
    following = Token(moment, last.removeprefix(prefix) + "\0").encoded()
    return Listing(tuple(found), str(moment), following, count - len(found) if selection.is_everything else None)


def _collect(
    storage: Storage, cls: type[ObjectT], selection: Selection, *, start: str, limit: int, moment: int
) -> tuple[list[ObjectT], str, int]:
    """The objects of a page, the last key that was looked at if there are more, and how many keys there are from the start on."""
    prefix = registry_key(cls, selection.namespace, "")
    found: list[ObjectT] = []
    total = None
    while True:
        ask = 0 if not limit else limit - len(found) if selection.is_everything else max(PAGE, limit)
        kvs, count = storage.page(prefix, start=start, limit=ask, revision=moment)
        total = count if total is None else total
        for place, kv in enumerate(kvs, 1):
            each = storage.decode(cls, kv)
            if selection.matches(each):
                found.append(each)
            if limit and len(found) == limit:
                return found, kv.key.decode() if place < count else "", total
        if len(kvs) == count:
            return found, "", total
        start = kvs[-1].key.decode().removeprefix(prefix) + "\0"


def _expired(token: Token | None) -> ExpiredError:
    if token is None:
        return ExpiredError(VERSION_EXPIRED)
    return ExpiredError(CONTINUE_EXPIRED, continue_=Token(-1, token.start).encoded())
