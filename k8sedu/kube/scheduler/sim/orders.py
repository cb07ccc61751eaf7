"""Orders: what an administrator or somebody else does to the cluster at a moment of a run.

    at 5000 delete web                 kubectl delete pod web
    at 5000 cordon n1                  no new pods there; `uncordon` takes it back
    at 5000 drain n1                   cordon, and evict all pods, as far as disruption budgets allow
    at 5000 taint n1 gpu=yes:NoSchedule        `untaint n1 gpu` takes it back
    at 5000 label n1 disk=ssd          `unlabel n1 disk` takes it back
    at 5000 ungate web                 take all scheduling gates of a pod away
    at 5000 bind web n2                another scheduler, or a person, gives the pod its node

They are written in `changes`, one per line, or as a fault that every system knows: `at 5000 request "cordon n1"`.

Left out: changes of a pod's spec; of a stored pod hardly anything may change.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from k8sedu.errors import K8sEduError
from k8sedu.sim.faults import Fault, exact_us
from k8sedu.sim.grammar import FaultError

FORMS = {
    "delete": "POD", "cordon": "NODE", "uncordon": "NODE", "drain": "NODE", "taint": "NODE KEY[=VALUE]:EFFECT", "untaint": "NODE KEY",
    "label": "NODE KEY=VALUE", "unlabel": "NODE KEY", "ungate": "POD", "bind": "POD NODE",
}  # fmt: skip
OF_PODS = frozenset({"delete", "ungate", "bind"})
TAINT = re.compile(r"(?P<key>[^=:\s]+)(?:=(?P<value>[^:\s]*))?:(?P<effect>NoSchedule|PreferNoSchedule|NoExecute)")
LABEL = re.compile(r"(?P<key>[^=\s]+)=(?P<value>\S*)")
_LINE = re.compile(r"at\s+(?P<ms>[0-9]+(?:\.[0-9]{1,3})?)\s+(?P<order>.+)")


class OrderError(K8sEduError, ValueError):
    """An order that nobody can carry out."""


class Order(NamedTuple):
    """One order: what is to be done to whom, with what, and when."""

    at_us: int
    verb: str
    name: str
    argument: str = ""

    @property
    def text(self) -> str:
        """The order as it was said."""
        return " ".join(part for part in (self.verb, self.name, self.argument) if part)

    @property
    def node(self) -> str:
        """The node that is meant, or nothing."""
        return self.argument if self.verb == "bind" else "" if self.verb in OF_PODS else self.name


def read_line(line: str) -> Order:
    """An order with its time.

    >>> read_line("at 9000 taint n1 gpu=yes:NoSchedule")
    Order(at_us=9000000, verb='taint', name='n1', argument='gpu=yes:NoSchedule')

    Raises:
        OrderError: no time, no such order, or an argument that it does not take.
    """
    found = _LINE.fullmatch(line.strip())
    if found is None:
        raise OrderError(f"met the change {line!r}, expected 'at MS ORDER', where ORDER is one of {usage()}")
    try:
        at_us = exact_us(float(found["ms"]))
    except FaultError as error:
        raise OrderError(str(error)) from None
    return read(found["order"], at_us)


def read_fault(fault: Fault) -> Order:
    """The order that a `request` is."""
    return read(fault.arguments.data, fault.at_us)


def read(text: str, at_us: int) -> Order:
    """An order, at a time that is known.

    >>> read("cordon", 0)
    Traceback (most recent call last):
        ...
    k8sedu.kube.scheduler.sim.orders.OrderError: met the order 'cordon', expected 'cordon NODE'

    Raises:
        OrderError: no such order, or an argument that it does not take.
    """
    verb, *rest = text.split()
    if verb not in FORMS:
        raise OrderError(f"met the order {text!r}, expected one of {usage()}")
    if len(rest) != len(FORMS[verb].split()):
        raise OrderError(f"met the order {text!r}, expected '{verb} {FORMS[verb]}'")
    for kind, form in (("taint", TAINT), ("label", LABEL)):
        if verb == kind and not form.fullmatch(rest[1]):
            raise OrderError(f"met the order {text!r}, expected '{verb} {FORMS[verb]}'")
    return Order(at_us, verb, *rest)


def usage() -> str:
    """All orders with their arguments."""
    return ", ".join(f"'{verb} {form}'" for verb, form in FORMS.items())
