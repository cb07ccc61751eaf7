"""Which way imports go: only down, and between simulations and views not at all.

A floor is read off a file's place. `sim`, `views` and `lab` are the reserved names; every other file of a system is a core.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping

from house.source import SYSTEMS, Import, Module, resolve

TOP = {"cli", "course", "__main__"}
RESERVED = {"sim": "sim", "views": "views", "lab": "lab"}

MAY_IMPORT = {
    "pure": {"pure"},
    "core": {"pure", "core"},
    "sim": {"pure", "core", "sim"},
    "views": {"pure", "core", "views"},
    "lab": {"pure", "core", "sim", "views", "lab"},
    "top": {"pure", "core", "sim", "views", "lab", "top"},
}
"""Floor → the floors that it may import."""

PACKAGES = {
    "pure": set(),
    "core": set(),
    "sim": {"simpy", "tqdm"},
    "views": {"anywidget", "ipywidgets", "matplotlib", "mpl_toolkits", "networkx", "numpy", "pandas", "traitlets"},
    "lab": set(),
}
"""Floor → the third-party packages that it may import; the top floor may import what pyproject.toml asks for."""

PARSERS = {"k8sedu.kube.yaml_form": "yaml"}
"""Cores that read what people write, each with the parser that it loads on first use: YAML is nobody's lesson to write once more."""

COLUMNS = ("k8sedu.borg", "k8sedu.kube.scheduler", "k8sedu.workload.packing")
"""Cores about thousands of nodes at once: these may use NumPy."""


def floor(module: Module) -> str:
    """The floor on which a file stands."""
    first = module.parts[0] if module.parts else "__init__"
    if first in TOP:
        return "top"
    if first in {"sim", "stage"}:
        return "sim" if first == "sim" else "views"
    if module.system is None:
        return "pure"
    return next((RESERVED[part] for part in module.parts[1:] if part in RESERVED), "core")


def crossing_imports(modules: Mapping[str, Module]) -> list[str]:
    """Imports of k8sedu's own modules that do not go down."""
    return [
        f"{module.name}, line {found.line}: a {floor(module)} file imports {found.target}; {why}"
        for module in modules.values()
        for found in module.imports
        if found.target.split(".")[0] == "k8sedu" and not _contents(module, found)
        for why in [_objection(module, resolve(found.target, modules), modules)]
        if why
    ]


def _contents(module: Module, found: Import) -> bool:
    """A package's table of contents may tell type checkers about names that it loads on first use."""
    return module.package and found.typing_only


def _objection(module: Module, target: str, modules: Mapping[str, Module]) -> str | None:
    """Why this import may not be, or None."""
    here = floor(module)
    if target == "k8sedu":
        return None if here == "top" else "only the top floor imports the package's root"
    there = floor(modules[target]) if target in modules else "missing"
    if there not in MAY_IMPORT[here]:
        return f"that is a {there} file, expected one of {', '.join(sorted(MAY_IMPORT[here]))}"
    return None if here == "top" else _between_systems(module, modules[target])


def _between_systems(module: Module, target: Module) -> str | None:
    if target.system is None or target.system == module.system:
        return None
    if module.system is None:
        return f"{module.parts[0]} serves every system, so it may know none"
    if SYSTEMS.index(target.system) > SYSTEMS.index(module.system):
        return f"{target.system} stands to the right of {module.system}"
    return "a lab imports its own system" if floor(module) == "lab" else None


def foreign_imports(modules: Mapping[str, Module], *, declared: set[str]) -> list[str]:
    """Imports of third-party packages above what a floor may use.

    Args:
        modules: the package.
        declared: the import names of what pyproject.toml asks for.
    """
    return [
        f"{module.name}, line {found.line}: a {floor(module)} file imports {package}"
        for module in modules.values()
        for found in module.imports
        for package in [found.target.split(".")[0]]
        if package not in sys.stdlib_module_names and package not in {"k8sedu", "__future__"}
        if not _contents(module, found)
        if package not in _allowed(module, declared)
    ]


def _allowed(module: Module, declared: set[str]) -> set[str]:
    here = floor(module)
    columns = {"numpy"} if module.name.startswith(COLUMNS) and here in {"core", "sim"} else set()
    parser = {PARSERS[module.name]} if module.name in PARSERS else set()
    return (declared if here == "top" else PACKAGES[here]) | columns | parser


def unused_packages(modules: Mapping[str, Module], *, declared: set[str]) -> list[str]:
    """Packages that pyproject.toml asks every user to install, and that no file imports."""
    used = {found.target.split(".")[0] for module in modules.values() for found in module.imports}
    return [f"pyproject.toml asks for {package}, which no file imports" for package in sorted(declared - used)]


def undeclared_packages(modules: Mapping[str, Module], *, declared: set[str]) -> list[str]:
    """Packages that a file imports and that pyproject.toml does not name: they are there by luck, through another package."""
    return [
        f"{module.name}, line {found.line}: {package} is not among the packages that pyproject.toml asks for"
        for module in modules.values()
        for found in module.imports
        for package in [found.target.split(".")[0]]
        if package not in {*sys.stdlib_module_names, "k8sedu", "mpl_toolkits", *declared}
    ]


def import_cycles(modules: Mapping[str, Module]) -> list[str]:
    """Modules that import each other in a circle, imports inside functions included, imports for type checkers not."""
    graph = {name: _imported(module, modules) for name, module in modules.items()}
    done: set[str] = set()
    return [cycle for name in graph for cycle in [_circle_from(name, graph, done, path=[])] if cycle]


def _imported(module: Module, modules: Mapping[str, Module]) -> list[str]:
    targets = (resolve(found.target, modules) for found in module.imports if not found.typing_only)
    return sorted({target for target in targets if target in modules and target != module.name})


def _circle_from(name: str, graph: Mapping[str, list[str]], done: set[str], *, path: list[str]) -> str | None:
    """The first circle that a walk from this module closes, as "a -> b -> a"."""
    if name in path:
        return " -> ".join([*path[path.index(name) :], name])
    if name in done:
        return None
    circles = [_circle_from(target, graph, done, path=[*path, name]) for target in graph[name]]
    done.add(name)
    return next((circle for circle in circles if circle), None)
