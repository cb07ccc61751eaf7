"""Charts of Borg's experiments: machines that are needed, with error bars, and examinations that are saved.

Left out: one dot per trial. The bar is the 90th percentile and the whisker goes from the luckiest to the unluckiest trial, as in the paper.
"""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes

from k8sedu.borg.findings import Compaction, SwitchCount
from k8sedu.language import Words
from k8sedu.stage import charts
from k8sedu.stage.theme import PAPER, Theme, colour

NAMES = {
    "epvm": Words("E-PVM (spread)", "E-PVM（分散）"),
    "best_fit": Words("best fit", "最佳适应（best fit）"),
    "hybrid": Words("hybrid", "混合（hybrid）"),
    "shared": Words("one cell for all", "所有任务共用一个 cell"),
    "segregated": Words("prod and non-prod apart", "prod 与 non-prod 分开"),
    "as requested": Words("as requested", "按实际请求"),
    "powers of two": Words("powers of two", "取整到 2 的幂"),
    "1 cell": Words("1 cell", "1 个 cell"),
    "all off": Words("all off", "全部关闭"),
    "all on": Words("all on", "全部打开"),
    "only score caching": Words("only score caching", "仅分数缓存"),
    "only equivalence classes": Words("only equivalence classes", "仅等价类"),
    "only relaxed randomization": Words("only relaxed randomization", "仅宽松随机化"),
    "without score caching": Words("without score caching", "不用分数缓存"),
    "without equivalence classes": Words("without equivalence classes", "不用等价类"),
    "without relaxed randomization": Words("without relaxed randomization", "不用宽松随机化"),
}
"""What a way of packing is called; a name that is not here is shown as it is."""


def compaction_chart(
    found: Sequence[Compaction], *, ax: Axes | None = None, language: str | None = None, theme: Theme = "light"
) -> Axes:
    """Machines that each way of packing needs, in per cent of the cell: the 90th percentile, with the best and the worst trial."""
    trials = len(found[0].needed) if found else 0
    ax = charts.axes(
        ax,
        title=Words("How many machines the same work needs", "同样的工作需要多少台机器").in_(language),
        x=Words(f"of the original cell (%), {trials} trials", f"占原 cell 的比例（%），{trials} 次试验").in_(language),
        size=(7.6, 1.3 + 0.55 * len(found)),
        theme=theme,
    )
    with charts.style(theme):
        for row, each in enumerate(found):
            scale = 100 / each.original
            ax.barh(row, each.p90 * scale, height=0.6, color=colour("blue", theme))
            whisker = [[(each.p90 - each.lowest) * scale], [(each.highest - each.p90) * scale]]
            ax.errorbar(each.p90 * scale, row, xerr=whisker, color=PAPER[theme]["ink"], capsize=5, linewidth=1.5)
            ax.text(each.highest * scale + 1.5, row, f"{each.percent:.1f} %", va="center")
        widest = max((100 * each.highest / each.original for each in found), default=100)
        ax.set_xlim(0, widest * 1.18)
    _name_rows(ax, [each.name for each in found], language, theme)
    return ax


def switches_chart(
    found: Sequence[SwitchCount], *, ax: Axes | None = None, language: str | None = None, theme: Theme = "light"
) -> Axes:
    """Examinations of each setting of the switches, from scratch and in the later passes; the scale goes in powers of ten."""
    ax = charts.axes(
        ax,
        title=Words("What each idea saves: examinations of machines", "每个想法省下多少次机器检查").in_(language),
        x=Words("examinations (feasibility checks and scorings)", "检查次数（可行性检查与打分）").in_(language),
        size=(7.6, 1.5 + 0.62 * len(found)),
        theme=theme,
    )
    parts = (("scratch", "blue", Words("from scratch", "从零开始"), -0.2), ("online", "orange", Words("later passes", "之后的各轮"), 0.2))
    with charts.style(theme):
        for name, shade, words, shift in parts:
            counts = [getattr(each, name) for each in found]
            rows = [row + shift for row in range(len(found))]
            ax.barh(rows, counts, height=0.36, color=colour(shade, theme), label=words.in_(language))
            for row, count in zip(rows, counts, strict=True):
                ax.text(count * 1.1, row, f"{count:,}", va="center")
        ax.set_xscale("log")
        ax.set_xlim(right=5 * max((each.scratch for each in found), default=1))
        ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.12 - 0.5 / max(len(found), 1)), ncols=2)
    _name_rows(ax, [each.name for each in found], language, theme)
    return ax


def _name_rows(ax: Axes, names: Sequence[str], language: str | None, theme: Theme) -> None:
    with charts.style(theme):
        ax.set_yticks(range(len(names)), [_words(name).in_(language) for name in names])
        ax.invert_yaxis()
        ax.tick_params(axis="y", length=0)


def _words(name: str) -> Words:
    if name.endswith(" cells"):
        return Words(name, name.replace(" cells", " 个 cell"))
    return NAMES.get(name, Words(name, name))
