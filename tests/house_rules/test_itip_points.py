"""Every point of the invitations' checklist has a test, and every such test says where its fact comes from."""

import ast
import re
from collections.abc import Iterator

from tests.house_rules.tracked import ROOT

POINTS = {f"{section}.{number}" for section in (1, 2) for number in range(1, 13)}
SOURCE = re.compile(r"RFC \d{4}|[\w.-]+/[\w.-]+#\d+|\w+#\d+|MS-OX\w+|KB\d+|CVE-|ICO|[Ii]ssue 3")


def marked_tests() -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """Each test under ``itip(point)``, with its point."""
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        if "mark.itip(" not in path.read_text():
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield from ((point, node) for each in node.decorator_list if (point := point_of(each)))


def point_of(decorator: ast.expr) -> str:
    found = re.fullmatch(r"pytest\.mark\.itip\('([\d.]+)'\)", ast.unparse(decorator))
    return found[1] if found else ""


def test_each_of_the_24_points_has_a_test() -> None:
    assert {point for point, _ in marked_tests()} == POINTS


def test_each_of_their_tests_cites_a_section_of_an_rfc_or_the_issue_that_taught_it() -> None:
    assert [node.name for _, node in marked_tests() if not SOURCE.search(ast.get_docstring(node) or "")] == []
