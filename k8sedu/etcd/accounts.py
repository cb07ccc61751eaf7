"""The account of a transaction: what each comparison met, which branch ran, what each operation answered, as a frozen value.

etcd's answer to a transaction says only whether all comparisons held. Who wants to understand it asks: what did the comparisons *see*? An
account says so, with the revision of the store that all of them saw, and for every value the revision that wrote it. It has texts and
numbers only, so that traces can keep it and pictures can be drawn from it:

    revision    the store's revision that every comparison sees; None before anything was answered
    after       the revision afterwards; None before the operations ran
    error       why etcd refused, or nothing
    txn         {succeeded, compare, then, otherwise}
    compare     rows {target, key, range_end, sign, wanted, seen, holds};   seen: (key, met value, its mod_revision), … of each key
    then, otherwise   rows {verb, text, answer, inner};   inner: the same for a nested transaction;   answer: None for what did not run

A nested transaction in the branch that is not taken is not even compared: its `succeeded` stays None.

Left out: what a put would have replaced.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from typing import TYPE_CHECKING, Any

from k8sedu.etcd.api import Compare, PutRequest, RangeRequest, TxnRequest, TxnResponse, prefix_end, to_bytes
from k8sedu.etcd.errors import EtcdError
from k8sedu.etcd.frames import readable
from k8sedu.etcd.txn import FIELDS, holds
from k8sedu.trace import Frozen

if TYPE_CHECKING:
    from k8sedu.etcd.mvcc import Store

SIGNS = {"EQUAL": "=", "NOT_EQUAL": "≠", "GREATER": ">", "LESS": "<"}


def txn_account(store: Store, request: TxnRequest) -> Frozen:
    """Carry a transaction out and tell how it went; a refusal is told, not raised.

    >>> from k8sedu.etcd.commands import parse
    >>> from k8sedu.etcd.mvcc import Store
    >>> store = Store()
    >>> _ = store.put("a", "1")
    >>> account = txn_account(store, parse("txn if mod a = 7 then put a 2 else get a"))
    >>> account.revision, account.txn.compare[0].seen, account.txn.succeeded, account.txn.otherwise[0].answer.kvs
    (2, (('a', '2', 2),), False, (('a', '1', 2),))
    """
    account = compared(store, request)
    try:
        response = store.txn(request)
    except EtcdError as refusal:
        return refused(account, refusal)
    return finished(account, response, revision=store.revision)


def asked(request: TxnRequest) -> Frozen:
    """A transaction before anything is answered."""
    return Frozen(revision=None, after=None, error="", txn=_node(None, request))


def compared(store: Store, request: TxnRequest) -> Frozen:
    """All comparisons answered on the store as it is now; nothing has run."""
    return Frozen(revision=store.revision, after=None, error="", txn=_node(store, request))


def finished(account: Frozen, response: TxnResponse, *, revision: int) -> Frozen:
    """The operations have run: their answers, and the store's revision after them."""
    return account.evolve(after=revision, txn=_answered(account["txn"], response, revision, count()))


def refused(account: Frozen, refusal: EtcdError) -> Frozen:
    """The request was refused, so nothing ran."""
    return account.evolve(after=account["revision"], error=refusal.message)


def taken(node: Frozen) -> tuple[Frozen, ...]:
    """The operations of the branch that runs; none before the choice."""
    branch: tuple[Frozen, ...] = () if node["succeeded"] is None else node["then"] if node["succeeded"] else node["otherwise"]
    return branch


def operations(node: Frozen) -> Iterator[Frozen]:
    """The operations that run, in their order, those of nested transactions in place of these."""
    for operation in taken(node):
        if operation["inner"] is None:
            yield operation
        else:
            yield from operations(operation["inner"])


# -- parts -------------------------------------------------------------------------------------------------------------------------------


def _node(store: Store | None, request: TxnRequest) -> Frozen:
    """A transaction with its comparisons answered by the store, or unanswered."""
    compare = tuple(_compare(store, one) for one in request.compare)
    succeeded = None if store is None else all(row["holds"] for row in compare)
    then = _branch(store if succeeded else None, request.success)
    otherwise = _branch(store if succeeded is False else None, request.failure)
    return Frozen(succeeded=succeeded, compare=compare, then=then, otherwise=otherwise)


def _branch(store: Store | None, branch: Sequence[Any]) -> tuple[Frozen, ...]:
    return tuple(_operation(store, operation) for operation in branch)


def _compare(store: Store | None, compare: Compare) -> Frozen:
    field = FIELDS[compare.target]
    wanted = readable(to_bytes(compare.value)) if compare.target == "VALUE" else str(getattr(compare, field))
    found = store.find(compare.key, compare.range_end) if store is not None else []
    return Frozen(
        target=field, key=readable(to_bytes(compare.key)), range_end=readable(to_bytes(compare.range_end)), sign=SIGNS[compare.result],
        wanted=wanted, seen=tuple((readable(kv.key), _met(getattr(kv, field)), kv.mod_revision) for kv in found),
        holds=None if store is None else holds(compare, found),
    )  # fmt: skip


def _met(value: object) -> str:
    return readable(value) if isinstance(value, bytes) else str(value)


def _operation(store: Store | None, operation: Any) -> Frozen:
    if isinstance(operation, TxnRequest):
        return Frozen(verb="txn", text="txn", answer=None, inner=_node(store, operation))
    key = readable(to_bytes(operation.key))
    if isinstance(operation, PutRequest):
        lease = f" lease {operation.lease}" if operation.lease else ""
        return Frozen(verb="put", text=f"put {key} {readable(to_bytes(operation.value))}{lease}", answer=None, inner=None)
    verb = "get" if isinstance(operation, RangeRequest) else "delete"
    return Frozen(verb=verb, text=f"{verb} {key}{_end(operation)}", answer=None, inner=None)


def _end(operation: Any) -> str:
    end = to_bytes(operation.range_end)
    if not end:
        return ""
    return " prefix" if end == prefix_end(to_bytes(operation.key)) else f" to {readable(end)}"


def _answered(node: Frozen, response: TxnResponse, revision: int, subs: Iterator[int]) -> Frozen:
    """The branch that ran, with its answers; every change has the next sub revision."""
    rows = tuple(_row(row, one, revision, subs) for row, one in zip(taken(node), response.responses, strict=True))
    return node.evolve(**{"then" if node["succeeded"] else "otherwise": rows})


def _row(row: Frozen, response: Any, revision: int, subs: Iterator[int]) -> Frozen:
    if row["verb"] == "txn":
        return row.evolve(inner=_answered(row["inner"], response, revision, subs))
    if row["verb"] == "put":
        return row.evolve(answer=Frozen(revisions=(f"{revision}.{next(subs)}",)))
    if row["verb"] == "delete":
        return row.evolve(answer=Frozen(revisions=tuple(f"{revision}.{next(subs)}" for _ in range(response.deleted))))
    kvs = tuple((readable(kv.key), readable(kv.value), kv.mod_revision) for kv in response.kvs)
    return row.evolve(answer=Frozen(kvs=kvs, count=response.count))
