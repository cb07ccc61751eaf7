"""A module as the laws see it: its name, its text, its syntax tree, and what it imports."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

SYSTEMS = ("docker", "raft", "etcd", "workload", "mesos", "swarm", "borg", "kube")
"""The systems in the order of the design: a core may import from those to its left."""


class Import(NamedTuple):
    """One import: what it names, where it stands, and whether only type checkers see it."""

    target: str
    line: int
    typing_only: bool


class Module:
    """One file of the package."""

    def __init__(self, name: str, text: str, *, package: bool = False) -> None:
        self.name = name
        self.text = text
        self.package = package
        self.tree = ast.parse(text)

    @property
    def parts(self) -> list[str]:
        """The name's words below `k8sedu`."""
        return self.name.split(".")[1:]

    @property
    def system(self) -> str | None:
        """The system whose folder the file stands in."""
        return self.parts[0] if self.parts and self.parts[0] in SYSTEMS else None

    @cached_property
    def imports(self) -> tuple[Import, ...]:
        """Every import, those inside functions included; `from a import b` counts as `a.b`, which `resolve` may shorten."""
        return tuple(_imports(self.tree, typing_only=False))

    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        """Every function, methods and inner functions included."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node

    def at(self, node: ast.AST) -> str:
        """The place of a node, as a person looks for it."""
        return f"{self.name}, line {getattr(node, 'lineno', 1)}"


def _imports(node: ast.AST, *, typing_only: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        inside = typing_only or (isinstance(node, ast.If) and child in node.body and "TYPE_CHECKING" in ast.dump(node.test))
        if isinstance(child, ast.Import):
            yield from (Import(alias.name, child.lineno, inside) for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            yield from (Import(f"{child.module}.{alias.name}", child.lineno, inside) for alias in child.names)
        else:
            yield from _imports(child, typing_only=inside)


def read_package(folder: Path) -> dict[str, Module]:
    """Parse every file of a package: module name → module."""
    modules = {}
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(folder.parent).with_suffix("").parts
        package = parts[-1] == "__init__"
        name = ".".join(parts[:-1] if package else parts)
        modules[name] = Module(name, path.read_text(encoding="utf-8"), package=package)
    return modules


def planted(**sources: str) -> dict[str, Module]:
    """A package made of texts, for the tests of the laws: `raft__node="import time"` is the module k8sedu.raft.node."""
    modules = {}
    for key, text in sources.items():
        name = ".".join(["k8sedu", *key.split("__")]).removesuffix(".")
        modules[name] = Module(name, text, package=key.endswith("__"))
    return modules


def resolve(target: str, modules: Mapping[str, Module]) -> str:
    """The module behind `from a import b`: `a.b` where that is a module, else `a`."""
    while target not in modules and target.startswith("k8sedu."):
        target = target.rpartition(".")[0]
    return target
