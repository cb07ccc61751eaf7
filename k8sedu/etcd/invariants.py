"""What must always hold in a store, by name: the sentences that a student can rely on.

Each is a pure predicate of two pictures of a store, before and after a step (`k8sedu.etcd.frames.store_frame`): an empty text if all is
well, otherwise one sentence that says what is wrong. Pictures are plain data, so the same predicates judge a model that runs, a saved
trace, the directory that a real etcd left, and a student's answer.

Laws between members and clients cannot be seen in one store. They are judged while a run goes on (`agreement`); here they have their
names and words beside the others, so that there is one table of everything that etcd promises.

Source: etcd 3.5, server/storage/mvcc (index.go, key_index.go, kvstore.go: what these files rely on); Documentation, "API guarantees".
Left out: that nothing is lost on a disk; `tests/etcd/test_wal.py` cuts and flips every byte for that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import Literal, NamedTuple

from k8sedu.errors import K8sEduError
from k8sedu.etcd.frames import store_frame
from k8sedu.etcd.mvcc import Store
from k8sedu.language import Words
from k8sedu.trace import Frozen, Trace

Predicate = Callable[[Frozen | None, Frozen], str]


class UnknownInvariantError(K8sEduError, ValueError):
    """An invariant's name that is not in the table, or one that needs more than a store to be judged."""


class Violation(NamedTuple):
    """A promise that was broken: which, how, at whose store ("" for the only one), and at which step of a trace."""

    name: str
    message: str
    member: str = ""
    step: int | None = None

    def __str__(self) -> str:
        return f"{self.name}: {self.message}"


class Invariant(NamedTuple):
    """One promise: what it says, what would go wrong without it, and who judges it.

    `scope` is "store" for what a picture of one store shows, "member" for what needs the leases of a member as well, and "cluster" for
    what is judged between members and clients while they run (`agreement`); the last ones have no predicate here.
    """

    says: Words
    prevents: Words
    scope: Literal["store", "member", "cluster"]
    predicate: Predicate | None = None


# -- time: from one picture to the next --------------------------------------------------------------------------------------------------


def revision_only_grows(before: Frozen | None, now: Frozen) -> str:
    """The revision never falls."""
    if before is None or now.revision >= before.revision:
        return ""
    return f"the revision fell from {before.revision} to {now.revision}."


def one_transaction_one_revision(before: Frozen | None, now: Frozen) -> str:
    """One request is one revision at most, however many keys it changes."""
    if before is None or now.revision <= before.revision + 1:
        return ""
    return f"one request took the revision from {before.revision} to {now.revision}, expected one more at most."


def no_revision_without_change(before: Frozen | None, now: Frozen) -> str:
    """A new revision has a record, and what makes no record makes no revision: deleting nothing is none."""
    if before is None:
        return ""
    newest = [revision for revision, *_ in _records(now) if _main(revision) > before.revision]
    if bool(newest) == (now.revision > before.revision):
        return ""
    if newest:
        return f"the record {newest[0]} is there, but the revision is {now.revision}."
    return f"revision {now.revision} has no record: nothing was changed."


def the_past_does_not_change(before: Frozen | None, now: Frozen) -> str:
    """A record is never changed; it may only disappear, and only by a compaction at or after its revision."""
    if before is None:
        return ""
    old, new = ({row[0]: row for row in _records(frame)} for frame in (before, now))
    for revision, row in old.items():
        if revision in new and new[revision] != row:
            return f"the record {revision} was {row[1]}={row[2]} and is now {new[revision][1]}={new[revision][2]}."
        if revision not in new and _main(revision) > now.compact_revision:
            return f"the record {revision} is gone, but the store is compacted up to {now.compact_revision} only."
    return ""


def compaction_only_goes_on(before: Frozen | None, now: Frozen) -> str:
    """What is forgotten stays forgotten, and the future cannot be."""
    if before is not None and now.compact_revision < before.compact_revision:
        return f"the compacted revision fell from {before.compact_revision} to {now.compact_revision}."
    return f"compacted up to {now.compact_revision}, beyond revision {now.revision}." if now.compact_revision > now.revision else ""


# -- space: within one picture -----------------------------------------------------------------------------------------------------------


def index_and_store_agree(_: Frozen | None, now: Frozen) -> str:
    """Every revision in the index has its record, of this key and of this kind, and every record stands in the index."""
    stored = {_short(revision): (key, is_tombstone) for revision, key, _, is_tombstone, _ in _records(now)}
    indexed = {text.rstrip("t"): (key, text.endswith("t")) for key, texts in _histories(now) for text in texts}
    for revision, found in indexed.items():
        if stored.get(revision) != found:
            return f"the index has {found[0]} at {revision}{'t' if found[1] else ''}, the store has {_told(stored.get(revision))} there."
    stray = next((revision for revision in stored if revision not in indexed), None)
    return "" if stray is None else f"the store has {_told(stored[stray])} at {stray}, which the index does not know."


def index_is_in_order(_: Frozen | None, now: Frozen) -> str:
    """Read from left to right, the index gives the keys in order, each once."""
    keys = [key.encode() for key in _in_order(now.index, now.index.root)]
    wrong = next((after for first, after in pairwise(keys) if first >= after), None)
    return "" if wrong is None else f"the key {wrong.decode()} stands behind {keys[keys.index(wrong) - 1].decode()} in the index."


def pages_are_in_order(_: Frozen | None, now: Frozen) -> str:
    """Following the pages gives the revisions in order: that is what a watch reads."""
    numbers = [_number(row[0]) for row in _records(now)]
    wrong = next((after for first, after in pairwise(numbers) if first >= after), None)
    return "" if wrong is None else f"the record {wrong[0]}.{wrong[1]} stands behind a later one."


def revisions_have_no_gaps_inside(_: Frozen | None, now: Frozen) -> str:
    """The records of one transaction are numbered 0, 1, 2, … beyond what was compacted."""
    subs: dict[int, list[int]] = {}
    for main, sub in (_number(row[0]) for row in _records(now)):
        subs.setdefault(main, []).append(sub)
    for main, found in subs.items():
        if main > now.compact_revision and found != list(range(len(found))):
            return f"revision {main} has the parts {found}, expected {list(range(len(found)))}."
    return ""


def versions_count_puts(_: Frozen | None, now: Frozen) -> str:
    """The version of a key counts its puts since it was created, beginning with 1."""
    for key, entry in now["keys"].items():
        if entry.value is None:
            continue
        life = [text for text in entry.lives[-1] if not text.endswith("t")]
        whole = bool(life) and _main(life[0]) == entry.create_revision
        if entry.version < len(life) or (whole and entry.version != len(life)):
            return f"{key} has version {entry.version}, but {len(life)} puts since revision {entry.create_revision}."
    return ""


def created_before_modified(_: Frozen | None, now: Frozen) -> str:
    """create_revision ≤ mod_revision ≤ revision, and equal just for a key of version 1."""
    for key, entry in now["keys"].items():
        if entry.value is None:
            continue
        in_order = 0 < entry.create_revision <= entry.mod_revision <= now.revision
        if not in_order or (entry.version == 1) != (entry.create_revision == entry.mod_revision):
            made = f"created at {entry.create_revision}, modified at {entry.mod_revision}, version {entry.version}"
            return f"{key} is {made}, in a store at revision {now.revision}."
    return ""


def the_compacted_past_is_gone(_: Frozen | None, now: Frozen) -> str:
    """Of each key, one record at most is as old as the compaction: the one that a read just there still sees."""
    for key, texts in _histories(now):
        old = [text for text in texts if _main(text.rstrip("t")) <= now.compact_revision]
        if len(old) > 1:
            return f"{key} still has {', '.join(old)}, but the store is compacted up to {now.compact_revision}."
    return ""


def leases_point_to_live_keys(_: Frozen | None, now: Frozen) -> str:
    """A lease lists just the keys that carry it; no key carries a lease that is gone."""
    listed = {(key, int(lease)) for lease, entry in now.leases.items() for key in entry["keys"]}
    carried = {(key, lease) for key, *_, lease in now.kvs if lease}
    for key, lease in sorted(listed - carried):
        return f"lease {lease} lists {key}, which does not carry it."
    for key, lease in sorted(carried - listed):
        return f"{key} carries lease {lease}, which does not list it."
    return ""


BETWEEN_REQUESTS = frozenset({"start", "answer", "refused"})
"""The steps of a story at which no request is under way: within one, the index is a step ahead of the pages."""


# -- the table ---------------------------------------------------------------------------------------------------------------------------

INVARIANTS: dict[str, Invariant] = {
    "revision_only_grows": Invariant(
        Words("The revision never falls.", "revision 从不变小。"),
        Words("a watcher would be told an older state as if it were news", "监听者会把旧状态当成新消息"), "store", revision_only_grows),
    "one_transaction_one_revision": Invariant(
        Words("One request is one revision at most.", "一个请求最多占一个 revision。"),
        Words("somebody could read half of a transaction", "有人会读到半个事务"), "store", one_transaction_one_revision),
    "no_revision_without_change": Invariant(
        Words("Every revision has a record; deleting nothing is none.", "每个 revision 都有记录；什么也没删就没有 revision。"),
        Words("watchers would wait for a change that never was", "监听者会等待一个不存在的变化"), "store", no_revision_without_change),
    "the_past_does_not_change": Invariant(
        Words("A record is never changed, and goes only by compaction.", "记录从不改变，只会因压缩而消失。"),
        Words("two reads at one revision could differ", "在同一 revision 的两次读取会不同"), "store", the_past_does_not_change),
    "compaction_only_goes_on": Invariant(
        Words("What is compacted stays so, and never beyond the present.", "已压缩的保持压缩，且不会超过现在。"),
        Words("a read could be refused today and answered tomorrow", "今天被拒绝的读取明天却有答案"), "store", compaction_only_goes_on),
    "index_and_store_agree": Invariant(
        Words("Every revision in the index has its record, and the other way round.", "索引里的每个 revision 都有记录，反之亦然。"),
        Words("a key would be found, and its value not", "键找得到，值却找不到"), "store", index_and_store_agree),
    "index_is_in_order": Invariant(
        Words("The index gives the keys in order, each once.", "索引按顺序给出各个键，每个一次。"),
        Words("a range would miss keys", "范围读取会漏掉键"), "store", index_is_in_order),
    "pages_are_in_order": Invariant(
        Words("The pages give the revisions in order.", "各页按顺序给出 revision。"),
        Words("a watch would tell changes in the wrong order", "监听会以错误的顺序报告变化"), "store", pages_are_in_order),
    "revisions_have_no_gaps_inside": Invariant(
        Words("The parts of one revision are numbered from 0, without a gap.", "同一 revision 的各部分从 0 起连续编号。"),
        Words("a part of a transaction would be missing", "事务会缺一部分"), "store", revisions_have_no_gaps_inside),
    "versions_count_puts": Invariant(
        Words("The version counts the puts since creation.", "version 是创建以来的写入次数。"),
        Words("'create only if absent' could overwrite", "“不存在才创建”会覆盖已有的值"), "store", versions_count_puts),
    "created_before_modified": Invariant(
        Words("create_revision ≤ mod_revision ≤ revision.", "create_revision ≤ mod_revision ≤ revision。"),
        Words("a compare-and-swap could accept an old state", "比较并交换会接受旧状态"), "store", created_before_modified),
    "the_compacted_past_is_gone": Invariant(
        Words("At most one record per key is as old as the compaction.", "每个键最多有一条记录早于或等于压缩点。"),
        Words("the store would grow for ever", "存储会无限增长"), "store", the_compacted_past_is_gone),
    "leases_point_to_live_keys": Invariant(
        Words("A lease lists just the keys that carry it.", "租约恰好列出带有它的键。"),
        Words("a key would outlive its owner, or die with a stranger's lease", "键会比主人活得久，或随别人的租约一起消失"),
        "member", leases_point_to_live_keys),
    "members_apply_the_same": Invariant(
        Words("Members that have applied the same entry hold the same data.", "应用了同一条目的成员拥有相同的数据。"),
        Words("the answer would depend on whom one asks", "答案会取决于问谁"), "cluster"),
    "revision_grows_across_terms": Invariant(
        Words("Along the log neither revision nor term ever falls.", "沿着日志，revision 和 term 都从不变小。"),
        Words("a new leader could undo what was acknowledged", "新的领导者会撤销已确认的写入"), "cluster"),
    "acknowledged_writes_survive": Invariant(
        Words("What a client was told is in the log for ever.", "告诉过客户端的，永远在日志里。"),
        Words("a client would rely on something that never was", "客户端会依赖从未发生的事"), "cluster"),
    "watch_exactly_once": Invariant(
        Words("A watch is told every change once, in order, by whole revisions.", "监听按顺序得知每个变化一次，整个 revision 一起。"),
        Words("a controller would act twice, or never", "控制器会重复动作，或从不动作"), "cluster"),
}  # fmt: skip
"""Everything that etcd promises here: name → what it says, what it prevents, and who judges it."""


def check_frame(now: Frozen, before: Frozen | None = None, *, names: Iterable[str] | None = None) -> Violation | None:
    """The first promise that a picture breaks, of the store alone or, where it has leases, of the member; None if all hold. O(records).

    Args:
        now: a store as `store_frame` pictures it, or a member of a simulated cluster.
        before: the picture of the same store one request earlier; without it only what one picture shows is judged.
        names: which promises; all that can be judged without them.

    Raises:
        UnknownInvariantError: a name that is not in the table, or that a picture cannot show.
    """
    is_member = "store" in now
    store, old = (now.store, before.store if before else None) if is_member else (now, before)
    for name in chosen(names):
        invariant = INVARIANTS[name]
        assert invariant.predicate is not None
        if invariant.scope == "member":
            message = invariant.predicate(None, now) if is_member else ""
        else:
            message = invariant.predicate(old or None, store) if store else ""
        if message:
            return Violation(name, message, now.get("id", ""))
    return None


def check(what: Store | Trace, *, names: Iterable[str] | None = None) -> Violation | None:
    """The first promise that a store or a whole run breaks, with the step; None if all hold.

    A run is a story of `etcd.tell`, or a cluster's of `etcd.simulate`; a member that restarts or takes over a snapshot begins anew.

    >>> check(Store()) is None
    True

    Raises:
        UnknownInvariantError: as `check_frame`.
    """
    wanted = chosen(names)
    if isinstance(what, Store):
        return check_frame(store_frame(what), names=wanted)
    before: dict[str, Frozen] = {}
    for step in what:
        if step.frame is None or (what.system == "etcd-store" and step.kind not in BETWEEN_REQUESTS):
            continue
        for member, frame in _pictures(step.frame):
            fresh = step.kind in {"restart", "snapshot_installed"} and step.actor == member
            found = None if frame is before.get(member) else check_frame(frame, None if fresh else before.get(member), names=wanted)
            if found is not None:
                return found._replace(member=member, step=step.index)
            before[member] = frame
    return None


def chosen(names: Iterable[str] | None) -> tuple[str, ...]:
    """Which promises are judged by pictures: those that are named, else all.

    >>> chosen(["revision_grows"])
    Traceback (most recent call last):
        ...
    k8sedu.etcd.invariants.UnknownInvariantError: the invariant 'revision_grows' is not known, expected one of revision_only_grows, …
    """
    shown = tuple(name for name, invariant in INVARIANTS.items() if invariant.predicate is not None)
    wanted = shown if names is None else tuple(names)
    for name in wanted:
        if name not in INVARIANTS:
            raise UnknownInvariantError(f"the invariant {name!r} is not known, expected one of {next(iter(INVARIANTS))}, …")
        if name not in shown:
            raise UnknownInvariantError(f"the invariant {name!r} is judged while a cluster runs; a picture of one store cannot show it")
    return wanted


# -- reading a picture -------------------------------------------------------------------------------------------------------------------


def _pictures(frame: Frozen) -> Iterator[tuple[str, Frozen]]:
    """The stores of a step's frame: the only one, or each member's."""
    if "nodes" not in frame:
        yield "", frame
        return
    yield from ((name, member) for name, member in frame.nodes.items() if "store" in member)


def _records(frame: Frozen) -> Iterator[tuple[str, str, str, bool, int]]:
    """The records page by page, as the links between the pages lead: (revision, key, value, is_tombstone, lease)."""
    page = frame.pages.first
    while page is not None:
        yield from frame.pages.pages[page].records
        page = frame.pages.pages[page].next


def _histories(frame: Frozen) -> Iterator[tuple[str, list[str]]]:
    """Each key of the index with all its revisions, tombstones with their t."""
    for node in frame.index.nodes.values():
        for key, lives in zip(node["keys"], node.lives, strict=True):
            yield key, [text for life in lives for text in life]


def _in_order(index: Frozen, name: str) -> Iterator[str]:
    """The keys below a node from left to right."""
    node = index.nodes[name]
    for place, key in enumerate(node["keys"]):
        if node.children:
            yield from _in_order(index, node.children[place])
        yield key
    if node.children:
        yield from _in_order(index, node.children[-1])


def _number(revision: str) -> tuple[int, int]:
    main, _, sub = revision.partition(".")
    return int(main), int(sub or 0)


def _main(revision: str) -> int:
    return _number(revision.rstrip("t"))[0]


def _short(revision: str) -> str:
    """As lives write it: `5.0` is `5`."""
    return revision.removesuffix(".0")


def _told(found: tuple[str, bool] | None) -> str:
    return "nothing" if found is None else f"{'the deletion of ' if found[1] else ''}{found[0]}"
