from __future__ import annotations

from k8sedu.language import Words
from k8sedu.raft.sim import simulate
from k8sedu.raft.views.menus import MENUS, controls
from k8sedu.stage.document import Slider


def test_controls_show_the_run() -> None:
    """Every slider stands where the run's parameter is, inside its range."""
    trace = simulate(size=4, seed=1, duration_ms=5, spares=1)
    shown = {control.id: control for control in controls(trace.parameters, {"demo": Words("demo", "演示")}, loss=0.25)}
    values = {name: control.value for name, control in shown.items() if isinstance(control, Slider)}
    assert values == {"size": 4, "spares": 1, "loss": 25, "delay": 6.0, "timeout": 150, "range": 150}
    assert all(control.low <= control.value <= control.high for control in shown.values() if isinstance(control, Slider))


def test_menus_speak_both_languages() -> None:
    """Every line of every menu has Chinese words of its own."""
    lines = [action.label for menu in MENUS.values() for action in menu]
    assert all(isinstance(label, Words) and label.en != label.zh for label in lines)
