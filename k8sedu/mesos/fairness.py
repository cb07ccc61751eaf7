"""Two other ways to divide, beside DRF, and why they are worse: asset fairness and a market (CEEI).

**Asset fairness** gives everybody the same *sum* of parts. Then somebody may end up with less than an equal split of the cluster would
have given, and would rather leave. **CEEI** (competitive equilibrium from equal incomes) gives everybody the same money and lets prices
form. Then somebody may get more by asking for what is not needed: it pays to lie. Both are solved here in fractions of tasks, as the
paper compares them.

Source: Ghodsi et al., NSDI 2011, sections 4.2 and 6.1 (Table 2).
Left out: whole tasks. The comparison is about the rule, not about rounding.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from k8sedu.mesos.drf import Vector, check_demands, consumed, dominant

ROUNDS = 20_000
"""So often the market's prices are corrected; they are then still by far within what a chart can show."""


def drf(capacity: Vector, demands: Mapping[str, Vector]) -> dict[str, Fraction]:
    """Tasks per user when all dominant shares are equal and one resource is used up.

    >>> drf({"cpu": 9, "mem_gb": 18}, {"A": {"cpu": 1, "mem_gb": 4}, "B": {"cpu": 3, "mem_gb": 1}})
    {'A': Fraction(3, 1), 'B': Fraction(2, 1)}
    """
    check_demands(capacity, demands)
    return _grow(capacity, demands, {user: 1 / dominant(capacity, demand)[1] for user, demand in demands.items()})


def asset_fairness(capacity: Vector, demands: Mapping[str, Vector]) -> dict[str, Fraction]:
    """Tasks per user when the *sums* of the parts are equal and one resource is used up.

    >>> asset_fairness({"cpu": 9, "mem_gb": 18}, {"A": {"cpu": 1, "mem_gb": 4}, "B": {"cpu": 3, "mem_gb": 1}})
    {'A': Fraction(63, 25), 'B': Fraction(54, 25)}
    """
    check_demands(capacity, demands)
    sums = {
        user: sum((Fraction(amount) / Fraction(capacity[name]) for name, amount in demand.items() if amount), Fraction(0))
        for user, demand in demands.items()
    }
    return _grow(capacity, demands, {user: 1 / total for user, total in sums.items()})


def ceei(capacity: Vector, demands: Mapping[str, Vector]) -> dict[str, float]:
    """Tasks per user in the market: each has the same money, and prices are such that nothing dear is left over.

    A user spends everything on as many tasks as the prices allow. What is asked for more than there is becomes dearer, what is left over
    becomes cheaper; repeated, this finds the prices. (It also makes the product of all users' tasks as large as it can be.)

    >>> market = ceei({"cpu": 9, "mem": 18}, {"A": {"cpu": 1, "mem": 4}, "B": {"cpu": 3, "mem": 1}})
    >>> {user: round(tasks, 4) for user, tasks in market.items()}
    {'A': 4.0909, 'B': 1.6364}
    """
    check_demands(capacity, demands)
    whole = {name: float(amount) for name, amount in capacity.items() if amount}
    prices = {name: len(demands) / len(whole) / amount for name, amount in whole.items()}
    tasks = dict.fromkeys(demands, 0.0)
    for _ in range(ROUNDS):
        tasks = {
            user: 1 / sum(prices[name] * float(amount) for name, amount in demand.items() if amount) for user, demand in demands.items()
        }
        for name, amount in whole.items():
            asked = sum(tasks[user] * float(demand.get(name, 0)) for user, demand in demands.items())
            prices[name] = max(prices[name] * asked / amount, 1e-300)
    return tasks


def _grow(capacity: Vector, demands: Mapping[str, Vector], mix: Mapping[str, Fraction]) -> dict[str, Fraction]:
    """As much of a mix of tasks as fits."""
    used = consumed(demands, mix)
    scale = min(Fraction(capacity[name]) / amount for name, amount in used.items() if amount)
    return {user: tasks * scale for user, tasks in mix.items()}
