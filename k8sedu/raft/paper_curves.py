"""The election curves of the Raft paper and thesis, read off their figures: what our own measurements are laid over.

Six of the ten curves of Figure 16 (`150-155` means timeouts from 150 to 155 ms), and the six of the thesis' wide-area simulation
(`1_failed_same`: one of five servers down, equal logs). Facts as numbers, in a module and not in a data file: a core reads no files.

Source: D. Ongaro's dissertation (github.com/ongardie/dissertation, CC BY 3.0 and 4.0), leaderelection/*.svg, digitised from the vector
paths; the printed values (287 ms, 513 ms, 35 ms, 152 ms) come out within 0.3 %. The means of the wide-area curves are the figures' markers.
Left out: four curves of Figure 16, and the tails that the figures cut off. Of `1_failed_same` and `2_failed_diff` only the median and
the ninth decile are known.
"""

from __future__ import annotations

from k8sedu.raft.curves import SHARES, Curve

FIGURE_16 = ("150-150", "150-155", "150-200", "150-300", "12-24", "50-100")
"""The curves of the paper's Figure 16 that are here."""
WIDE_AREA = ("0_failed_same", "1_failed_same", "2_failed_same", "0_failed_diff", "1_failed_diff", "2_failed_diff")
"""The curves of the thesis' wide-area simulation."""

MEDIAN_AND_P90 = (0.5, 0.9)


def _curve(name: str, trials: int, mean_ms: float, max_ms: float | None, *times_ms: float | None) -> Curve:
    """One figure's curve: its times stand at SHARES, or are the median and the ninth decile."""
    shares = SHARES if len(times_ms) == len(SHARES) else MEDIAN_AND_P90
    return Curve(name, trials, mean_ms, max_ms, tuple(zip(shares, times_ms, strict=True)))


PAPER = {
    curve.name: curve
    for curve in (
        _curve(
            "150-150", 100, 54558, 528050.2,
            13819.3, 17402.2, 19970.9, 24777.9, 27172.2, 28495.2, 31996.4, 34353.0, 36461.0, 38151.2, 41108.5, 45047.2,
            50096.0, 54909.4, 57185.2, 60671.6, 66369.6, 77478.6, 84944.1, 121441.8, 255422.3, 528050.2, 528050.2, None,
        ),
        _curve(
            "150-155", 1_000, 345, 2143.0,
            93.1, 106.4, 119.2, 129.4, 143.1, 154.4, 243.8, 257.4, 266.9, 277.6, 287.3, 298.8,
            308.1, 397.8, 419.5, 434.8, 453.0, 559.1, 609.4, 763.8, 1072.1, 1242.3, 1373.7, 2143.0,
        ),
        _curve(
            "150-200", 1_000, 156, 512.5,
            94.1, 104.4, 110.5, 115.9, 119.6, 124.9, 129.1, 133.5, 138.1, 142.4, 146.5, 150.1,
            154.0, 157.9, 162.3, 166.7, 172.4, 181.4, 193.5, 296.3, 334.0, 352.0, 378.2, 512.5,
        ),
        _curve(
            "150-300", 1_000, 181, 603.3,
            103.3, 114.8, 124.7, 132.1, 138.2, 144.3, 148.5, 155.0, 159.7, 164.4, 171.3, 177.2,
            184.8, 191.7, 199.6, 207.7, 216.8, 228.7, 244.3, 265.2, 337.4, 414.6, 430.0, 603.3,
        ),
        _curve(
            "12-24", 1_000, 34.7, 151.7,
            16.7, 18.5, 19.7, 21.5, 22.9, 24.4, 25.8, 26.8, 27.9, 29.0, 30.0, 30.9,
            32.8, 35.8, 39.1, 42.1, 44.7, 48.2, 53.0, 66.8, 79.5, 86.9, 101.3, 151.7,
        ),
        _curve(
            "50-100", 1_000, 71.4, 253.3,
            39.1, 44.1, 47.5, 50.7, 54.0, 56.1, 58.5, 60.3, 62.1, 64.2, 66.7, 68.7,
            70.9, 73.3, 76.6, 79.5, 83.9, 88.9, 95.8, 119.8, 148.9, 168.9, 182.6, 253.3,
        ),
        _curve(
            "0_failed_same", 10_000, 430.0, 1468.8,
            367.9, 372.0, 375.4, 378.7, 382.6, 386.5, 390.5, 394.8, 399.4, 404.4, 409.5, 415.6,
            421.7, 428.8, 436.3, 445.7, 457.3, 470.8, 489.4, 526.0, 755.0, 835.7, 885.7, 1219.4,
        ),
        _curve(
            "1_failed_same", 10_000, 468.7, None,
            423.3, 564,
        ),
        _curve(
            "2_failed_same", 10_000, 631.6, None,
            371.7, 379.2, 386.8, 394.4, 402.2, 411.3, 421.1, 431.3, 441.9, 455.0, 468.7, 486.8,
            510.9, 544.8, 738.3, 797.9, 848.3, 909.7, 1078.9, 1337.7, 1724.1, 1952.7, 2169.0, None,
        ),
        _curve(
            "0_failed_diff", 10_000, 492.6, 1606.4,
            370.4, 378.2, 386.1, 395.6, 405.6, 416.5, 426.6, 438.1, 448.7, 459.1, 470.7, 482.4,
            494.7, 507.5, 522.6, 538.9, 559.9, 583.8, 614.1, 654.1, 851.0, 945.6, 1010.9, 1387.1,
        ),
        _curve(
            "1_failed_diff", 10_000, 550.5, None,
            372.2, 380.9, 391.8, 403.5, 417.2, 429.8, 443.2, 458.0, 472.1, 486.3, 501.9, 518.8,
            537.3, 555.7, 577.5, 599.6, 623.4, 648.3, 784.3, 963.1, 1114.0, 1322.2, 1476.4, 1795.7,
        ),
        _curve(
            "2_failed_diff", 10_000, 714.7, None,
            598.6, 1149,
        ),
    )
}  # fmt: skip
"""The curves by name."""
