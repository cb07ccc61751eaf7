"""What a file looks like: its size, its words, its documentation, and how it tells an error."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from house.source import Module

FILE_LINES = 400
FUNCTION_LINES = 50
USUAL_FUNCTION_LINES = 25

EMPTY_NAMES = {"utils", "util", "helpers", "helper", "common", "base", "misc"}
"""Names that say nothing about what is inside, so that everything ends up inside."""

REASONED = re.compile(r"#\s*(noqa: [A-Z]+[0-9]+(, ?[A-Z]+[0-9]+)*|type: ignore\[[a-z, -]+\])\s+(# |[-:(] ?)+\w")
"""A line's ignore that names the rule and gives a reason: `noqa: T201 (its purpose is to print)`."""


def long_files(folders: list[Path]) -> list[str]:
    """Files of Python, JavaScript or CSS that nobody reads in one sitting."""
    return [
        f"{path} has {lines} lines, expected fewer than {FILE_LINES}"
        for folder in folders
        for path in sorted(folder.rglob("*"))
        if path.suffix in {".py", ".js", ".css"}
        for lines in [path.read_text(encoding="utf-8").count("\n")]
        if lines >= FILE_LINES
    ]


def long_functions(modules: Mapping[str, Module]) -> list[str]:
    """Functions that no screen holds. Docstrings do not count: they are the lesson."""
    return [
        f"{module.at(function)}: {function.name} has {length} lines, expected fewer than {FUNCTION_LINES}"
        for module in modules.values()
        for function in module.functions()
        for length in [code_lines(function)]
        if length >= FUNCTION_LINES
    ]


def usual_length(modules: Mapping[str, Module]) -> int:
    """The length that nine of ten functions do not exceed."""
    lengths = sorted(code_lines(function) for module in modules.values() for function in module.functions())
    return lengths[len(lengths) * 9 // 10] if lengths else 0


def code_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """The lines of a function without its decorators and its docstring."""
    assert function.end_lineno is not None
    first = function.body[0]
    documented = ast.get_docstring(function, clean=False) is not None
    assert first.end_lineno is not None
    return function.end_lineno - function.lineno + 1 - (first.end_lineno - first.lineno + 1 if documented else 0)


def empty_names(modules: Mapping[str, Module]) -> list[str]:
    """Modules named so that everything ends up in them."""
    return [f"{name}: a name that says what is inside is expected" for name in modules if EMPTY_NAMES & set(name.split("."))]


def undocumented(modules: Mapping[str, Module]) -> list[str]:
    """Modules, and public classes, functions and methods, without a docstring."""
    return [
        f"{module.at(node)}: {getattr(node, 'name', module.name)} has no docstring"
        for module in modules.values()
        for node in [module.tree, *_public(module.tree)]
        if not ast.get_docstring(node)
    ]


def _public(scope: ast.Module | ast.ClassDef) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    for node in scope.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            if "overload" not in [ast.unparse(decorator) for decorator in node.decorator_list]:
                yield node
            if isinstance(node, ast.ClassDef):
                yield from _public(node)


def undocumented_tests(files: Mapping[str, str]) -> list[str]:
    """Tests whose docstring does not state a law."""
    return [
        f"{name}, line {node.lineno}: {node.name} states no law in a docstring"
        for name, text in files.items()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_") and not ast.get_docstring(node)
    ]


def unreasoned_ignores(files: Mapping[str, str]) -> list[str]:
    """Checks that are switched off in a line without saying why."""
    return [
        f"{name}, line {number}: {line.strip()[-60:]!r} says no reason"
        for name, text in files.items()
        for number, line in enumerate(text.splitlines(), 1)
        if re.search(r"#\s*(noqa|type:\s*ignore)", line) and not REASONED.search(line)
    ]


def stray_errors(classes: list[type[BaseException]], *, root: type[BaseException]) -> list[str]:
    """Error classes that the command line would show as a traceback, or whose name hides what they are.

    An `AssertionError` says that the package itself is wrong: its traceback is wanted.
    """
    told = (root, AssertionError)
    strays = [f"{kind.__module__}.{kind.__name__} does not inherit {root.__name__}" for kind in classes if not issubclass(kind, told)]
    return strays + [f"{kind.__module__}.{kind.__name__} does not end in Error" for kind in classes if not kind.__name__.endswith("Error")]
