"""The rows of an import: read out of bytes, cell by cell, with a sentence for everything that is wrong."""

import csv
import io
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, TypeVar

from coord_service.domain.mail_addresses import has_address_shape
from coord_service.domain.people import normal_address
from coord_service.errors import Refused

Choice = TypeVar("Choice", bound=StrEnum)
LONGEST_CELL = 500
YES, NO = frozenset({"yes", "y", "true", "1"}), frozenset({"no", "n", "false", "0"})


class UnreadableFile(Refused):
    """The file as a whole can't be read; the sentence says where and what to do."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong in one row."""

    file: str
    line: int
    why: str

    def __str__(self) -> str:
        return f"{self.file} line {self.line}: {self.why}"


@dataclass(slots=True)
class ImportRow:
    """One row by its columns; what is wrong with a cell is noted and a stand-in given, so that all faults are found."""

    file: str
    line: int
    cells: dict[str, str]
    faults: list[Fault]
    is_good: bool = True  # nothing wrong was found so far

    def has(self, column: str) -> bool:
        """Whether the file has this column at all: what it hasn't is left alone."""
        return column in self.cells

    def refuse(self, why: str) -> None:
        """Note what is wrong."""
        self.is_good = False
        self.faults.append(Fault(self.file, self.line, why))

    def text(self, column: str) -> str:
        """A cell that must be filled."""
        found = self.optional(column)
        if found is None:
            self.refuse(f"{column} is empty")
        return found or ""

    def optional(self, column: str) -> str | None:
        """A cell, trimmed; None when empty. Whatever it begins with, it is data."""
        found = self.cells.get(column, "").strip()
        if len(found) > LONGEST_CELL:
            self.refuse(f"{column} is longer than {LONGEST_CELL} characters")
        if any(unicodedata.category(mark) in {"Cc", "Zl", "Zp"} for mark in found):
            self.refuse(f"{column} has a line break or a control character in it")
        return found or None

    def address(self, column: str) -> str | None:
        """An e-mail address as it is compared and kept."""
        found = self.optional(column)
        if found and not has_address_shape(found):
            self.refuse(f"{column} “{found}” is not an e-mail address")
        return normal_address(found) if found else None

    def day(self, column: str) -> date | None:
        """A day, as 2016-03-01 or 01/03/2016."""
        found = self.optional(column)
        for pattern in ("%Y-%m-%d", "%d/%m/%Y"):
            try:
                return datetime.strptime(found, pattern).date() if found else None  # noqa: DTZ007 - a day has no zone
            except ValueError:
                continue
        self.refuse(f"{column} “{found}” is not a date like 2016-03-01 or 01/03/2016")
        return None

    def choice(self, column: str, choices: type[Choice], otherwise: Choice) -> Choice:
        """One of the words; ``otherwise`` where the cell is empty."""
        found = self.optional(column)
        try:
            return choices(found.lower().replace(" ", "_")) if found else otherwise
        except ValueError:
            words = ", ".join(choice.value for choice in choices)
            self.refuse(f"{column} “{found}” is none of {words}")
            return otherwise

    def flag(self, column: str, *, otherwise: bool) -> bool:
        """Yes or no."""
        found = (self.optional(column) or "").lower()
        if found and found not in YES | NO:
            self.refuse(f"{column} “{found}” is neither yes nor no")
        return found in YES if found else otherwise


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of a file: those it must have, and those it may have."""

    needed: tuple[str, ...]
    optional: tuple[str, ...]


def read_rows(file: str, content: bytes, layout: Layout, faults: list[Fault]) -> list[ImportRow]:
    """The rows of a CSV file in UTF-8, with its head; empty lines are passed over. Raises UnreadableFile."""
    reader = csv.reader(io.StringIO(_decode(file, content), newline=""), strict=True)
    lines = _lines(file, reader)
    head = [name.strip().lower() for name in next(lines, (0, []))[1]]
    _check_head(file, head, layout)
    rows = []
    for number, cells in lines:
        if len(cells) != len(head):
            faults.append(Fault(file, number, f"{len(cells)} cells, where the first line has {len(head)}"))
        else:
            rows.append(ImportRow(file, number, dict(zip(head, cells, strict=True)), faults))
    return rows


def _decode(file: str, content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise UnreadableFile(f"{file} is UTF-16: save it as “CSV UTF-8” and import it again")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise UnreadableFile(
            f"{file} line {line} is not UTF-8 (byte 0x{content[error.start]:02X}): save the file as “CSV UTF-8” "
            "and import it again"
        ) from error


def _lines(file: str, reader: Any) -> Iterator[tuple[int, list[str]]]:
    """Each record that isn't empty, with the line it begins on."""
    begins = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield begins, cells
            begins = reader.line_num + 1
    except csv.Error as error:
        raise UnreadableFile(f"{file} line {begins} is not CSV: {error}") from error


def _check_head(file: str, head: Sequence[str], layout: Layout) -> None:
    missing = [name for name in layout.needed if name not in head]
    unknown = [name for name in head if name not in (*layout.needed, *layout.optional)]
    twice = sorted({name for name in head if head.count(name) > 1})
    problems = [
        f"{what} {', '.join(repr(name) for name in names)}"
        for what, names in (("it lacks", missing), ("it has unknown", unknown), ("it has twice", twice))
        if names
    ]
    if problems:
        known = ", ".join((*layout.needed, *layout.optional))
        raise UnreadableFile(f"the first line of {file} must name the columns: {'; '.join(problems)}. Known: {known}")
