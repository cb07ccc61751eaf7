"""Names that load their module on first use.

`import k8sedu` and `import k8sedu.raft` must be cheap and must not need matplotlib, pandas or SimPy: a core runs on the standard library
alone. So a package's `__init__.py` is a table of contents, and what stands on a higher floor is listed by name and imported when touched
(PEP 562).

Left out: nothing is imported in the background; the first use pays for the import.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping


def attach(package: str, names: Mapping[str, str]) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """Make `__getattr__` and `__dir__` for a package whose names load on first use.

    Args:
        package: the package's `__name__`.
        names: public name → module below the package that holds it. A name equal to its module means the module itself.

    >>> load, names = attach("json", {"decoder": "decoder", "JSONEncoder": "encoder"})
    >>> load("JSONEncoder").__module__
    'json.encoder'
    >>> load("yaml")
    Traceback (most recent call last):
        ...
    AttributeError: module 'json' has no attribute 'yaml'
    """

    def load(name: str) -> object:
        if name not in names:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        module = importlib.import_module(f"{package}.{names[name]}")
        value = module if name == names[name] else getattr(module, name)
        setattr(sys.modules[package], name, value)
        return value

    def listed() -> list[str]:
        return sorted({*vars(sys.modules[package]), *names})

    return load, listed
