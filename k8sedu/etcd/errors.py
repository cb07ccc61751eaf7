"""What an etcd refuses, in its own words: one class per error, with etcd's message and gRPC status code.

A client sees exactly two things of a refusal, the code and the sentence, so both are part of the model.

Source: etcd 3.5, api/v3rpc/rpctypes/error.go.
Left out: errors of authentication, alarms and membership, which the model does not have.
"""

from __future__ import annotations

from k8sedu.errors import K8sEduError

INVALID_ARGUMENT, NOT_FOUND, RESOURCE_EXHAUSTED, FAILED_PRECONDITION, OUT_OF_RANGE, UNAVAILABLE = 3, 5, 8, 9, 11, 14
"""The gRPC status codes that etcd uses here."""


class EtcdError(K8sEduError):
    """A request that etcd refuses.

    >>> error = CompactedError()
    >>> error.code, str(error)
    (11, 'etcdserver: mvcc: required revision has been compacted')
    """

    code = 2
    message = "etcdserver: unknown error"

    def __init__(self) -> None:
        super().__init__(self.message)


class EmptyKeyError(EtcdError, ValueError):
    """A request without a key."""

    code, message = INVALID_ARGUMENT, "etcdserver: key is not provided"


class KeyNotFoundError(EtcdError, LookupError):
    """A put that keeps the value or the lease of a key that is not there."""

    code, message = INVALID_ARGUMENT, "etcdserver: key not found"


class ValueProvidedError(EtcdError, ValueError):
    """A put that keeps the old value and brings a new one."""

    code, message = INVALID_ARGUMENT, "etcdserver: value is provided"


class LeaseProvidedError(EtcdError, ValueError):
    """A put that keeps the old lease and brings a new one."""

    code, message = INVALID_ARGUMENT, "etcdserver: lease is provided"


class TooManyOpsError(EtcdError, ValueError):
    """A transaction with more operations than the server allows."""

    code, message = INVALID_ARGUMENT, "etcdserver: too many operations in txn request"


class DuplicateKeyError(EtcdError, ValueError):
    """A transaction that would write one key twice, and so could not say which of its writes the revision means."""

    code, message = INVALID_ARGUMENT, "etcdserver: duplicate key given in txn request"


class InvalidSortOptionError(EtcdError, ValueError):
    """A range with a sort order or target that does not exist."""

    code, message = INVALID_ARGUMENT, "etcdserver: invalid sort option"


class CompactedError(EtcdError, LookupError):
    """A question about a revision that compaction has removed."""

    code, message = OUT_OF_RANGE, "etcdserver: mvcc: required revision has been compacted"


class FutureRevisionError(EtcdError, LookupError):
    """A question about a revision that nobody has written yet."""

    code, message = OUT_OF_RANGE, "etcdserver: mvcc: required revision is a future revision"


class LeaseNotFoundError(EtcdError, LookupError):
    """A lease that was never granted, or is revoked."""

    code, message = NOT_FOUND, "etcdserver: requested lease not found"


class LeaseExistsError(EtcdError, ValueError):
    """A grant of a lease ID that is taken."""

    code, message = FAILED_PRECONDITION, "etcdserver: lease already exists"


class LeaseTTLTooLargeError(EtcdError, ValueError):
    """A grant for longer than 9,000,000,000 seconds."""

    code, message = OUT_OF_RANGE, "etcdserver: too large lease TTL"


class RequestTooLargeError(EtcdError, ValueError):
    """A request of more bytes than the server takes."""

    code, message = INVALID_ARGUMENT, "etcdserver: request is too large"


class NoLeaderError(EtcdError):
    """Nobody leads the cluster at the moment."""

    code, message = UNAVAILABLE, "etcdserver: no leader"


class TimedOutError(EtcdError):
    """The cluster did not commit the request in time; it may still take effect."""

    code, message = UNAVAILABLE, "etcdserver: request timed out"


class LostLeaderError(EtcdError):
    """The leader lost its office before the request was committed; it may still take effect."""

    code, message = UNAVAILABLE, "etcdserver: leader changed"


class StoppedError(EtcdError):
    """The member that was asked stops, or is not running."""

    code, message = UNAVAILABLE, "etcdserver: server stopped"


class NotLeaderError(EtcdError):
    """Only the leader can hand leadership over."""

    code, message = FAILED_PRECONDITION, "etcdserver: not leader"


class BadTransfereeError(EtcdError, ValueError):
    """Leadership cannot be handed to somebody who is no member."""

    code, message = FAILED_PRECONDITION, "etcdserver: bad leader transferee"
