"""Counting SQL statements: a page takes the same number of them however long its lists are.

It is a plain context manager::

    with count_statements(tools.database) as counted:
        await browse.get("children")
    assert counted.number == 4
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from coord_service.storage.database import Database


@dataclass
class Counted:
    """The statements that were sent, in order; transactions and pragmas are none."""

    statements: list[str] = field(default_factory=list)

    @property
    def number(self) -> int:
        return len(self.statements)


@contextmanager
def count_statements(database: Database) -> Iterator[Counted]:
    """Everything that is sent to the database inside the block."""
    counted = Counted()

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA")):
            counted.statements.append(statement)

    engine = database.engine.sync_engine
    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield counted
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)
