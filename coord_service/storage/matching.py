"""Finding words in columns, whatever their case, on both databases.

SQLite's ``lower`` knows A to Z alone, PostgreSQL's whatever the locale of the installation knows. So a column is
lowered by the database and compared with every way in which the rest of a word's letters are usually written.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa


def contains_all(columns: Sequence[Any], words: Sequence[str]) -> sa.ColumnElement[bool]:
    """Every word stands in at least one of the columns; no words match everything."""
    return sa.and_(sa.true(), *(sa.or_(*(_contains(column, word) for column in columns)) for word in words))


def equals(column: Any, text: str) -> sa.ColumnElement[bool]:
    """The column holds just this, whatever the case."""
    return sa.func.lower(column).in_(_spellings(text))


def _contains(column: Any, word: str) -> sa.ColumnElement[bool]:
    patterns = [each.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") for each in _spellings(word)]
    return sa.or_(*(sa.func.lower(column).like(f"%{pattern}%", escape="\\") for pattern in patterns))


def _spellings(text: str) -> list[str]:
    """éclair, Éclair and ÉCLAIR, each with its A to Z in lower case; one spelling where there is nothing else."""
    ways = (text.lower(), text.title(), text.upper())
    return sorted({"".join(mark.lower() if mark.isascii() else mark for mark in way) for way in ways})
