"""Names that load their module on first use.

`import k8sedu` and `import k8sedu.raft` must be cheap and must not need matplotlib, pandas or SimPy: a core runs on the standard library
alone. So a package's `__init__.py` is a table of contents, and what stands on a higher floor is listed by name and imported when touched
(PEP 562).

A function may share its module's name (`raft.lab(...)` lives in `k8sedu/raft/lab.py`). Python sets the attribute `lab` of the package to
the *module* whenever anybody imports it; such a package therefore refuses that and keeps the function, so that the order of imports does
not change what `raft.lab` means.

Left out: nothing is imported in the background; the first use pays for the import.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping
from types import ModuleType


def attach(package: str, names: Mapping[str, str]) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """Make `__getattr__` and `__dir__` for a package whose names load on first use.

    Args:
        package: the package's `__name__`.
        names: public name → the module below the package that holds it. A name equal to its module means the module itself;
            `"lab": "lab.lab"` means the function `lab` of the module `lab`.

    >>> load, names = attach("json", {"decoder": "decoder", "JSONEncoder": "encoder"})
    >>> load("JSONEncoder").__module__
    'json.encoder'
    >>> load("yaml")
    Traceback (most recent call last):
        ...
    AttributeError: module 'json' has no attribute 'yaml'
    """
    if any(target == f"{name}.{name}" for name, target in names.items()):
        sys.modules[package].__class__ = _Package

    def load(name: str) -> object:
        if name not in names:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        target = names[name]
        module = importlib.import_module(f"{package}.{target.partition('.')[0]}")
        value = module if name == target else getattr(module, name)
        setattr(sys.modules[package], name, value)
        return value

    def listed() -> list[str]:
        return sorted({*vars(sys.modules[package]), *names})

    return load, listed


class _Package(ModuleType):
    """A package in which a function outranks the module of the same name."""

    def __setattr__(self, name: str, value: object) -> None:
        if isinstance(value, ModuleType) and callable(getattr(value, name, None)):
            value = getattr(value, name)
        super().__setattr__(name, value)
