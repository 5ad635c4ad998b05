"""One JSON object of a command's input, read key by key: every complaint names the place and what would be right.

null is the same as a missing key.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from coord_service.commands.terminal import BadInput


class JsonEntry:
    """An object and where it stands. Every method raises BadInput where the value is not what it asks for."""

    def __init__(self, value: Any, where: str, keys: Collection[str]) -> None:
        if not isinstance(value, dict):
            raise BadInput(f"{where} must be an object")
        if unknown := sorted(set(value) - set(keys)):
            raise BadInput(f"{where} has an unknown key {unknown[0]!r}")
        self._value = value
        self._where = where

    def place(self, key: str) -> str:
        """How to name a value of this object in a complaint."""
        return f"{self._where}: {key}"

    def has(self, key: str) -> bool:
        """Whether the key is there and not null."""
        return self._value.get(key) is not None

    def required(self, key: str) -> Any:
        """Any value but null."""
        if not self.has(key):
            raise BadInput(f"{self.place(key)} is missing")
        return self._value[key]

    def text(self, key: str) -> str:
        """A string that is not empty and can be written out again."""
        value = self.required(key)
        if not isinstance(value, str) or not value or any("\ud800" <= letter <= "\udfff" for letter in value):
            raise BadInput(f"{self.place(key)} must be a text that is not empty")
        return value

    def flag(self, key: str, *, default: bool) -> bool:
        """true or false."""
        value = self._value[key] if self.has(key) else default
        if not isinstance(value, bool):
            raise BadInput(f"{self.place(key)} must be true or false")
        return value

    def whole(self, key: str, least: int, most: int, default: int | None = None) -> int:
        """A whole number within bounds; without a default it must be there."""
        value = default if default is not None and not self.has(key) else self.required(key)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise BadInput(f"{self.place(key)} must be a whole number from {least} to {most}")
        return value

    def items(self, key: str, most: int, *, is_required: bool = False) -> list[Any]:
        """A list of at most so many; empty where the key is missing and may be."""
        value = self.required(key) if is_required or self.has(key) else []
        if not isinstance(value, list) or len(value) > most:
            raise BadInput(f"{self.place(key)} must be a list of at most {most}")
        return value

    def instant(self, key: str) -> datetime:
        """An ISO instant with an offset or Z."""
        value = self.text(key)
        try:
            instant = datetime.fromisoformat(value)
        except ValueError as error:
            raise BadInput(f"{self.place(key)} {value!r} is not an instant like 2026-03-03T14:30:00Z") from error
        if instant.tzinfo is None:
            raise BadInput(f"{self.place(key)} {value!r} has no offset: write Z or +01:00 behind it")
        return instant

    def instant_if_given(self, key: str) -> datetime | None:
        """The same, or None where the key is missing."""
        return self.instant(key) if self.has(key) else None
