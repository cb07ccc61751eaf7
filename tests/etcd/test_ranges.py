from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8sedu.etcd.api import KeyValue, RangeRequest, prefix_end
from k8sedu.etcd.ranges import SORT_KEYS, SORT_ORDERS, arrange, bounds, fetch_limit

keys = st.binary(min_size=1, max_size=4)
numbers = st.integers(1, 5)


@st.composite
def stored(draw: Any) -> list[KeyValue]:
    """What a store finds: different keys in key order."""
    found = draw(st.lists(keys, unique=True, min_size=2, max_size=8).map(sorted))
    return [KeyValue(key, draw(numbers), draw(numbers), draw(numbers), draw(st.binary(max_size=2))) for key in found]


def requests_with(filters: Any) -> Any:
    """Requests of all kinds, with these numbers as filters."""
    return st.builds(
        RangeRequest, st.just(b"\0"), st.just(b"\0"), limit=st.integers(-1, 5), sort_order=st.sampled_from(SORT_ORDERS),
        sort_target=st.sampled_from(sorted(SORT_KEYS)), keys_only=st.booleans(), min_mod_revision=filters, max_mod_revision=filters,
        min_create_revision=filters, max_create_revision=filters,
    )  # fmt: skip


requests = st.one_of(requests_with(st.just(0)), requests_with(st.integers(0, 5)))


def covers(key: bytes, range_end: bytes, other: bytes) -> bool:
    """Does a request mean this key?"""
    first, end = bounds(key, range_end)
    return first <= other and (end is None or other < end)


def passes(kv: KeyValue, request: RangeRequest) -> bool:
    """The filters of a request, one by one."""
    return (
        kv.mod_revision >= request.min_mod_revision
        and (kv.mod_revision <= request.max_mod_revision or not request.max_mod_revision)
        and kv.create_revision >= request.min_create_revision
        and (kv.create_revision <= request.max_create_revision or not request.max_create_revision)
    )


# -- bounds -------------------------------------------------------------------------------------------------------------------------------


@given(keys, keys)
def test_a_key_alone_means_itself(key: bytes, other: bytes) -> None:
    """Without an end a request means one key and nothing beside it, not even the key that is one zero byte longer."""
    assert covers(key, b"", other) == (key == other)
    assert not covers(key, b"", key + b"\0")


@given(keys, keys, keys)
def test_a_range_is_half_open(key: bytes, end: bytes, other: bytes) -> None:
    """A range begins with its key and ends before its end; the single zero byte is no end at all."""
    assert covers(key, end, other) == (key <= other and (other < end or end == b"\0"))


@given(keys, st.binary(max_size=5))
def test_a_prefix_is_a_range(prefix: bytes, other: bytes) -> None:
    """The range of a prefix means exactly the keys that begin so."""
    assert covers(prefix, prefix_end(prefix), other) == other.startswith(prefix)


def test_text_is_utf_8() -> None:
    """Text in a request means its bytes."""
    assert bounds("键", "键0") == ("键".encode(), "键0".encode())


# -- filter, sort, cut --------------------------------------------------------------------------------------------------------------------


@given(stored(), requests)
def test_what_passes_is_sent_up_to_the_limit(found: list[KeyValue], request: RangeRequest) -> None:
    """Of the keys that pass all filters as many are sent as the limit allows, and `more` tells whether some were left out."""
    wanted = [kv for kv in found if passes(kv, request)]
    sent, more = arrange(found, request)
    assert len(sent) == (min(request.limit, len(wanted)) if request.limit > 0 else len(wanted))
    assert more == (len(sent) < len(wanted))
    assert {kv.key for kv in sent} <= {kv.key for kv in wanted}


@given(stored(), requests)
def test_the_limit_comes_last(found: list[KeyValue], request: RangeRequest) -> None:
    """No key that was left out would stand before one that was sent."""
    sent, _ = arrange(found, request._replace(keys_only=False))
    left = [kv for kv in found if passes(kv, request) and kv not in sent]
    place = SORT_KEYS[request.sort_target]
    for one, other in pairwise(sent):
        if request.sort_order == "DESCEND":
            assert place(one) >= place(other)
        elif request.sort_order == "ASCEND" or request.sort_target != "KEY":
            assert place(one) <= place(other)
    last = place(sent[-1]) if sent and (request.sort_order, request.sort_target) != ("NONE", "KEY") else None
    assert last is None or all(place(kv) <= last if request.sort_order == "DESCEND" else place(kv) >= last for kv in left)


@given(stored(), requests)
def test_equal_ones_stay_in_key_order(found: list[KeyValue], request: RangeRequest) -> None:
    """Keys that compare equal are sent in key order."""
    sent, _ = arrange(found, request._replace(keys_only=False))
    place = SORT_KEYS[request.sort_target]
    assert all(one.key < other.key for one, other in pairwise(sent) if place(one) == place(other))


@given(stored(), requests)
def test_keys_only_leaves_the_values_out_and_nothing_else(found: list[KeyValue], request: RangeRequest) -> None:
    """With `keys_only` the same keys are sent in the same order, with everything but their values, even when sorted by value."""
    whole, more = arrange(found, request._replace(keys_only=False))
    assert arrange(found, request._replace(keys_only=True)) == (tuple(kv._replace(value=b"") for kv in whole), more)


# -- how many are fetched -----------------------------------------------------------------------------------------------------------------


@given(stored(), requests)
def test_fetching_fewer_changes_nothing(found: list[KeyValue], request: RangeRequest) -> None:
    """A store that stops early sends the same as one that does not, unless it sorts without having been told an order."""
    limit = fetch_limit(request)
    if limit and request.sort_target == "KEY":
        assert arrange(found[:limit], request) == arrange(found, request)


@given(stored(), requests)
def test_it_stops_early_only_where_key_order_is_wanted(found: list[KeyValue], request: RangeRequest) -> None:
    """With a limit one more key is fetched, to know whether there are more; with an order or a filter all are."""
    filters = request.min_mod_revision, request.max_mod_revision, request.min_create_revision, request.max_create_revision
    needs_all = request.limit <= 0 or request.sort_order != "NONE" or filters != (0, 0, 0, 0)
    assert fetch_limit(request) == (0 if needs_all else request.limit + 1)


@pytest.mark.parametrize(("order", "sent"), [("NONE", [b"a"]), ("ASCEND", [b"c"])])
def test_a_target_without_an_order_sorts_only_what_was_fetched(order: Any, sent: list[bytes]) -> None:
    """Asked for the first by value, a store that was told no order looks at two keys only, and so misses the third."""
    found = [KeyValue(b"a", 1, 1, 1, b"5"), KeyValue(b"b", 1, 1, 1, b"7"), KeyValue(b"c", 1, 1, 1, b"3")]
    request = RangeRequest(b"a", b"d", limit=1, sort_order=order, sort_target="VALUE")
    limit = fetch_limit(request)
    assert [kv.key for kv in arrange(found[:limit] if limit else found, request)[0]] == sent


@pytest.mark.parametrize("name", ["min_mod_revision", "max_mod_revision", "min_create_revision", "max_create_revision"])
def test_each_filter_needs_all(name: str) -> None:
    """One filter is enough to look at all keys, and each does its work alone."""
    request = RangeRequest(b"a", b"d", limit=1)._replace(**{name: 2})
    low, high = KeyValue(b"a", 1, 1), KeyValue(b"b", 3, 3)
    assert fetch_limit(request) == 0
    assert arrange([low, high], request) == (((high,) if name.startswith("min") else (low,)), False)
