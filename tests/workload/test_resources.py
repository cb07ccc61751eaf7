"""Laws of amounts: whole numbers, exact shares, and one sentence for what cannot be read."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8sedu.workload.resources import GIB, NAMES, Resources, ResourcesError, amount, total

AMOUNTS = st.builds(Resources, *[st.integers(min_value=0, max_value=10**12)] * 4)


@given(AMOUNTS, AMOUNTS)
def test_minus_undoes_plus(left: Resources, right: Resources) -> None:
    """What was added can be taken away again, exactly."""
    assert left.plus(right).minus(right) == left


@given(AMOUNTS, AMOUNTS)
def test_fitting_is_lacking_nothing(task: Resources, free: Resources) -> None:
    """A task fits just where no resource is too little, and what is left is then not below zero."""
    assert task.fits_in(free) == (task.lacking(free) == ())
    assert task.fits_in(free) == (min(free.minus(task)) >= 0)


@given(AMOUNTS, st.integers(min_value=0, max_value=50))
def test_many_tasks_are_the_sum_of_one_each(task: Resources, count: int) -> None:
    """Asking for a job is asking for each of its tasks."""
    assert task.times(count) == total([task] * count)


def test_the_dominant_share_is_exact() -> None:
    """The shares of the DRF paper's example are thirds and ninths, not something near."""
    capacity = Resources(cpu_millicores=9_000, memory_bytes=18 * GIB)
    assert Resources(cpu_millicores=1_000, memory_bytes=4 * GIB).dominant_share(capacity) == Fraction(2, 9)
    assert Resources(cpu_millicores=3_000, memory_bytes=GIB).dominant_share(capacity) == Fraction(1, 3)


def test_a_resource_that_nobody_has_counts_as_no_share() -> None:
    """Where a cluster has no GPU, a share of it is zero and not a division by zero."""
    assert Resources(gpu_milli=0).shares(Resources(cpu_millicores=1)) == (0, 0, 0, 0)


@pytest.mark.parametrize(
    ("text", "kind", "wanted"),
    [("250m", "cpu", 250), ("0.1", "cpu", 100), ("2", "gpu", 2000), ("1Gi", "bytes", GIB), ("1.5Ki", "bytes", 1536), ("3k", "bytes", 3000)],
)
def test_an_amount_is_read_as_people_write_it(text: str, kind: str, wanted: int) -> None:
    """Units of cores, GPUs and bytes become whole numbers of the smallest one."""
    assert amount(text, kind) == wanted


@pytest.mark.parametrize(
    ("text", "kind"), [("", "cpu"), ("-1", "cpu"), ("1Gi", "cpu"), ("0.5m", "cpu"), ("0.3", "bytes"), ("1 Gi", "bytes"), ("1e3", "cpu")]
)
def test_what_is_no_amount_is_refused_with_its_text(text: str, kind: str) -> None:
    """The sentence names what was met."""
    with pytest.raises(ResourcesError, match="expected") as caught:
        amount(text, kind)
    assert repr(text) in str(caught.value)


def test_names_and_fields_line_up() -> None:
    """Each field has a short name, in the same order."""
    assert [field.split("_")[0] for field in Resources._fields] == list(NAMES)
