from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure

from k8sedu.course import kernel
from k8sedu.language import language


class Formatter(dict[Any, Any]):
    """What a shell keeps for one form of showing things."""

    def for_type(self, kind: type, act: object) -> None:
        """How a kind of thing is shown."""
        self[kind] = act


class Shell:
    """A shell with two forms."""

    class display_formatter:  # noqa: N801 (IPython's own name)
        """IPython's list of forms."""

        formatters = {"image/svg+xml": Formatter(), "image/png": Formatter({Figure: "png"})}


def test_charts_have_one_form() -> None:
    """A figure is shown as a drawing and as nothing else, so that no photograph of it travels along."""
    kernel.describe_charts(Shell)
    assert Shell.display_formatter.formatters["image/png"] == {}
    assert Shell.display_formatter.formatters["image/svg+xml"] == {Figure: kernel.described}


def test_no_language_changes_nothing() -> None:
    """A notebook that is built without a language keeps the chosen one."""
    language("zh")
    try:
        kernel.speak(None)
        assert language() == "zh"
        kernel.speak("en")
        assert language() == "en"
    finally:
        language("en")


def test_two_charts_are_described_together() -> None:
    """A figure of several charts is described by all their titles, each once."""
    figure = Figure()
    for place, title in ((211, "n1 leads"), (212, "n1 leads")):
        figure.add_subplot(place).set_title(title, loc="left")
    figure.suptitle("Elections")
    assert kernel.described(figure)[1] == {"alt": "Elections; n1 leads"}
