"""Resources: how much of a machine something needs, has, or uses, as whole numbers.

A sum of floating-point cores depends on the order in which tasks came, and then a task fits today and not tomorrow. So a core is 1,000
millicores, memory and disk are bytes, a GPU is 1,000 thousandths. Shares are fractions of whole numbers, exact as well: whether somebody
has more than a third is decided by arithmetic, not by rounding.

Left out: port numbers and other things that are counted one by one; who needs them keeps a set of them beside.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import NamedTuple

from k8sedu.errors import K8sEduError

MIB = 1024**2
GIB = 1024**3

_UNITS = {
    "cpu": {"": Fraction(1000), "m": Fraction(1)},
    "gpu": {"": Fraction(1000), "m": Fraction(1)},
    "bytes": {
        "": Fraction(1),
        **{letter: Fraction(1000) ** power for power, letter in enumerate("kMGTP", start=1)},
        **{letter + "i": Fraction(1024) ** power for power, letter in enumerate("KMGTP", start=1)},
    },
}
_AMOUNT = re.compile(r"(\d+(?:\.\d+)?)([A-Za-z]*)")


class ResourcesError(K8sEduError, ValueError):
    """An amount that cannot be read, or that is less than nothing."""


class Resources(NamedTuple):
    """An amount of each resource; also what is left of it, which may be less than zero.

    >>> machine = Resources.of(cpu="8", memory="32Gi")
    >>> task = Resources.of(cpu="500m", memory="2Gi")
    >>> task.fits_in(machine), machine.minus(task.times(3)).cpu_millicores
    (True, 6500)
    >>> task.dominant_share(machine)
    Fraction(1, 16)
    """

    cpu_millicores: int = 0
    memory_bytes: int = 0
    disk_bytes: int = 0
    gpu_milli: int = 0

    @classmethod
    def of(cls, *, cpu: str = "0", memory: str = "0", disk: str = "0", gpu: str = "0") -> Resources:
        """Read amounts as people write them: `cpu="250m"`, `memory="1Gi"`.

        Raises:
            ResourcesError: no number, an unknown unit, or a part of the smallest unit.
        """
        return cls(amount(cpu, "cpu"), amount(memory, "bytes"), amount(disk, "bytes"), amount(gpu, "gpu"))

    def plus(self, other: Resources) -> Resources:
        """Both together."""
        return Resources(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))

    def minus(self, other: Resources) -> Resources:
        """What is left; negative where the other is more."""
        return Resources(*(mine - theirs for mine, theirs in zip(self, other, strict=True)))

    def times(self, count: int) -> Resources:
        """This amount for `count` tasks."""
        return Resources(*(mine * count for mine in self))

    def fits_in(self, free: Resources) -> bool:
        """Whether there is room for this: every single resource must suffice."""
        return all(mine <= theirs for mine, theirs in zip(self, free, strict=True))

    def lacking(self, free: Resources) -> tuple[str, ...]:
        """The names of the resources of which there is too little, in the order of the fields."""
        return tuple(name for name, mine, theirs in zip(NAMES, self, free, strict=True) if mine > theirs)

    def shares(self, total: Resources) -> tuple[Fraction, ...]:
        """The part of the total, resource by resource; 0 where there is none at all."""
        return tuple(Fraction(mine, whole) if whole else Fraction(0) for mine, whole in zip(self, total, strict=True))

    def dominant_share(self, total: Resources) -> Fraction:
        """The largest of the shares: the resource of which somebody has most is the one that counts for fairness.

        Source: Ghodsi et al., Dominant Resource Fairness, NSDI 2011, section 4.1.
        """
        return max(self.shares(total))

    @property
    def named(self) -> dict[str, int]:
        """The resources that are not zero, by short name: what a frame and a table show.

        >>> Resources.of(cpu="2").named
        {'cpu': 2000}
        """
        return {name: mine for name, mine in zip(NAMES, self, strict=True) if mine}


NAMES = ("cpu", "memory", "disk", "gpu")
"""The short names of the resources, in the order of the fields."""


def amount(text: str, kind: str) -> int:
    """Read one amount: in millicores (`kind` "cpu"), thousandths of a GPU ("gpu") or bytes ("bytes").

    >>> amount("250m", "cpu"), amount("1.5", "cpu"), amount("1Gi", "bytes")
    (250, 1500, 1073741824)
    >>> amount("1Gb", "bytes")
    Traceback (most recent call last):
        ...
    k8sedu.workload.resources.ResourcesError: the amount '1Gb' has the unit 'Gb', expected none or one of k, M, G, T, P, Ki, Mi, Gi, Ti, Pi
    """
    found = _AMOUNT.fullmatch(text)
    if found is None:
        raise ResourcesError(f"the amount {text!r} is not a number with a unit, expected for example '250m' or '1Gi'")
    number, unit = found.groups()
    if unit not in _UNITS[kind]:
        known = ", ".join(name for name in _UNITS[kind] if name)
        raise ResourcesError(f"the amount {text!r} has the unit {unit!r}, expected none or one of {known}")
    whole = Fraction(number) * _UNITS[kind][unit]
    if whole.denominator != 1:
        smallest = "byte" if kind == "bytes" else "thousandth"
        raise ResourcesError(f"the amount {text!r} is a part of a {smallest}, expected whole ones")
    return int(whole)


def total(amounts: list[Resources]) -> Resources:
    """The sum of many amounts; O(n)."""
    return Resources(*(sum(column) for column in zip(*amounts, strict=True))) if amounts else Resources()
