"""Laws of names that load on first use."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType

import pytest

PACKAGE = """
from k8sedu.lazy import attach
__getattr__, __dir__ = attach(__name__, {"views": "views", "draw": "views", "lab": "lab.lab"})
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A small package whose names are lazy, freshly imported."""
    for name, text in {"__init__": PACKAGE, "views": "def draw(): return 'drawn'", "lab": "def lab(): return 'live'"}.items():
        (tmp_path / "lazyroom").mkdir(exist_ok=True)
        (tmp_path / "lazyroom" / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in [name for name in sys.modules if name.startswith("lazyroom")]:
        monkeypatch.delitem(sys.modules, name)
    return importlib.import_module("lazyroom")


def test_a_name_loads_its_module_on_first_use(package: ModuleType) -> None:
    """Nothing is imported until a name is touched, and then it is what the module holds."""
    assert "lazyroom.views" not in sys.modules
    assert package.draw() == "drawn"
    assert package.views is sys.modules["lazyroom.views"]


def test_a_function_outranks_its_module(package: ModuleType) -> None:
    """`raft.lab(...)` is the function, also when somebody imported the module of that name before."""
    importlib.import_module("lazyroom.lab")
    assert package.lab() == "live"


def test_lazy_names_are_listed(package: ModuleType) -> None:
    """Completion in a notebook shows the names before they are loaded."""
    assert {"draw", "lab", "views"} <= set(dir(package))


def test_an_unknown_name_is_an_attribute_error(package: ModuleType) -> None:
    """A typing error is told as everywhere in Python."""
    with pytest.raises(AttributeError, match="no attribute 'vews'"):
        _ = package.vews
