"""Nothing grows until nobody dares to open it (DESIGN.md §7)."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.house_rules.tracked import ROOT, modules


def judged() -> Iterator[tuple[str, Path]]:
    return ((str(path.relative_to(ROOT)), path) for path in modules())


def functions(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1


def test_no_file_has_more_than_400_lines():
    lines = {name: len(path.read_text().splitlines()) for name, path in judged()}
    assert {name: count for name, count in lines.items() if count > 400} == {}


def test_no_function_has_more_than_40_lines():
    found = ((module, name, count) for module, path in judged() for name, count in functions(path))
    assert [f"{module}: {name} has {count} lines" for module, name, count in found if count > 40] == []


def test_no_file_has_a_name_that_says_nothing():
    empty = {"utils", "helpers", "common", "manager", "base", "misc"}
    assert [str(path.relative_to(ROOT)) for path in modules() if path.stem in empty or empty & set(path.parts)] == []
