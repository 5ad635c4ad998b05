"""What every command shares: reading its input, writing JSON, and ending with exit 2 and one clear line."""

import argparse
import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn


class BadInput(Exception):
    """The command can't start on what it was given: exit 2, the sentence on stderr, nothing on stdout."""


class OneLineParser(argparse.ArgumentParser):
    """argparse without the usage block: scripts read one clear line."""

    def error(self, message: str) -> NoReturn:
        """End with exit 2 and the message on stderr."""
        sys.stderr.write(f"{self.prog}: {message}\n")
        raise SystemExit(2)


def read_bytes(name: str) -> bytes:
    """The bytes of a file, or of standard input for ``-``. Raises BadInput when it can't be read."""
    try:
        return sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        raise BadInput(f"can't read {name}: {error.strerror or error}") from error


def read_json(name: str) -> Any:
    """The JSON value in a file or on standard input. Raises BadInput for bad JSON or bytes that are not UTF-8."""
    try:
        return json.loads(read_bytes(name).decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{name} is not JSON: {error}") from error


def write_json(value: Any) -> None:
    """One JSON value on a line of its own, UTF-8 whatever the locale."""
    sys.stdout.buffer.write(json.dumps(value, ensure_ascii=False).encode() + b"\n")


def instant(text: str) -> datetime:
    """An ISO instant with an offset or Z, for argparse's ``type=``."""
    try:
        value = datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not an instant like 2026-03-03T14:30:00Z") from error
    if value.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text!r} has no offset: write Z or +01:00 behind it")
    return value
