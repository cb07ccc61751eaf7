"""Equal chances from unequal probabilities.

Rules are asked one after the other, so the first of three must match a third of all packets, the second one half *of what is left*, and the
last one everything. Each endpoint gets exactly 1/n, because the misses multiply: (n-1)/n · (n-2)/(n-1) · … What the kernel keeps is no
decimal number but a whole multiple of 2⁻³¹, and `iptables-save` shows that: 0.3333333333 comes back as 0.33333333349.

Source: kubernetes 1.30, pkg/proxy/iptables/proxier.go (computeProbability); iptables, extensions/libxt_statistic.c; linux, xt_statistic.c.
"""

from __future__ import annotations

from functools import lru_cache

SCALE = 1 << 31
CLOSE = 1e-4
"""Old releases wrote five digits; what is nearer than this is the same."""


@lru_cache(maxsize=4096)
def written(choices: int) -> str:
    """The probability that kube-proxy writes for the first of so many choices.

    >>> [written(n) for n in (3, 2)]
    ['0.3333333333', '0.5000000000']
    """
    return f"{1 / choices:.10f}"


def threshold(probability: str | float) -> int:
    """What the kernel keeps: it draws a number below 2³¹, and the rule matches if that is smaller."""
    return round(float(probability) * SCALE)


def shown(probability: str | float) -> str:
    """What `iptables-save` shows.

    >>> shown("0.3333333333"), shown("0.33333")
    ('0.33333333349', '0.33332999982')
    """
    return f"{threshold(probability) / SCALE:.11f}"


def stands_for(probability: str | float, choices: int) -> bool:
    """Is it 1/choices, as anybody writes or shows it: kube-proxy of today, iptables-save, or kube-proxy of old with its five digits?

    >>> [stands_for(text, 3) for text in ("0.3333333333", "0.33333333349", "0.33333", "0.33332999982", "0.3")]
    [True, True, True, True, False]
    """
    return abs(float(probability) - 1 / choices) < CLOSE


def chances(count: int, *, probabilities: tuple[str | float, ...] | None = None) -> tuple[float, ...]:
    """Each endpoint's true share of the packets, with the probabilities as the kernel keeps them.

    >>> [round(share, 6) for share in chances(3)]
    [0.333333, 0.333333, 0.333333]
    >>> [round(share, 4) for share in chances(3, probabilities=(1/3, 1/3))]
    [0.3333, 0.2222, 0.4444]
    """
    given = probabilities if probabilities is not None else tuple(written(count - place) for place in range(count - 1))
    left, shares = 1.0, []
    for probability in given:
        share = left * threshold(probability) / SCALE
        shares.append(share)
        left -= share
    return (*shares, left)
