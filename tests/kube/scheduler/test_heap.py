"""Laws of the heap, held against a plain list."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from k8sedu.kube.scheduler.heap import Heap

STEPS = st.lists(st.tuples(st.sampled_from(["push", "pop", "remove", "peek"]), st.integers(0, 9), st.integers(0, 3)), max_size=60)


@given(STEPS)
def test_it_is_a_sorted_list(steps: list[tuple[str, int, int]]) -> None:
    """Whatever is done, it answers as a list that is sorted by order and then by who came first; removing leaves no trace."""
    heap: Heap[tuple[str, int]] = Heap(lambda item: item[1])
    plain: dict[str, tuple[str, int]] = {}
    for what, number, order in steps:
        name = f"p{number}"
        first = min(plain.values(), key=lambda item: item[1], default=None)
        if what == "push":
            plain.pop(name, None)
            plain[name] = (name, order)
            heap.push(name, plain[name])
        elif what == "remove":
            assert heap.remove(name) == plain.pop(name, None)
        elif what == "peek":
            assert heap.peek() == first
        else:
            assert heap.pop() == first
            plain.pop(first[0] if first else "", None)
        heap.check()
        assert len(heap) == len(plain)
    assert list(heap) == sorted(plain.values(), key=lambda item: item[1])
    assert all(heap.get(name) == item and name in heap for name, item in plain.items())
