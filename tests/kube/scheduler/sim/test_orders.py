"""Laws of orders: how they are written, and how a wrong one is told."""

from __future__ import annotations

import pytest

from k8sedu.kube.scheduler.sim.orders import FORMS, Order, OrderError, read, read_fault, read_line
from k8sedu.sim.faults import Fault

EXAMPLES = {
    "delete": "delete web", "cordon": "cordon n1", "uncordon": "uncordon n1", "drain": "drain n1", "taint": "taint n1 gpu=yes:NoSchedule",
    "untaint": "untaint n1 gpu", "label": "label n1 disk=ssd", "unlabel": "unlabel n1 disk", "ungate": "ungate web", "bind": "bind web n2",
}  # fmt: skip


@pytest.mark.parametrize("verb", FORMS)
def test_every_order_can_be_said_and_told_back(verb: str) -> None:
    """Each form has an example that reads to itself, as a line of changes and as a request among faults."""
    order = read(EXAMPLES[verb], 5_000_000)
    assert (order.verb, order.text) == (verb, EXAMPLES[verb])
    assert read_line(f"at 5000 {EXAMPLES[verb]}") == order == read_fault(Fault.parse(f'at 5000 request "{EXAMPLES[verb]}"'))


def test_an_order_knows_its_node() -> None:
    """Orders to nodes name one, a binding names one too, a deletion none."""
    assert [read(EXAMPLES[verb], 0).node for verb in ("cordon", "bind", "delete")] == ["n1", "n2", ""]


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("cordon n1", "met the change 'cordon n1', expected 'at MS ORDER'"),
        ("at 5 reboot n1", "met the order 'reboot n1', expected one of 'delete POD', 'cordon NODE'"),
        ("at 5 taint n1 gpu", r"met the order 'taint n1 gpu', expected 'taint NODE KEY\[=VALUE\]:EFFECT'"),
        ("at 5 label n1 disk", "met the order 'label n1 disk', expected 'label NODE KEY=VALUE'"),
        ("at 5 bind web", "met the order 'bind web', expected 'bind POD NODE'"),
    ],
)
def test_a_wrong_order_is_told(line: str, sentence: str) -> None:
    """What was met, and the form that was expected."""
    with pytest.raises(OrderError, match=sentence):
        read_line(line)


def test_times_are_exact() -> None:
    """Half a millisecond is 500 microseconds."""
    assert read_line("at 0.5 cordon n1") == Order(500, "cordon", "n1")
