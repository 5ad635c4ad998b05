"""Content lines and components (RFC 5545 §3.1, RFC 6868): our one parser, tolerant, linear in time, bounded.

icalendar's own parser takes about 30 µs a line and gives up on lines that real senders write; this one keeps every
line it can and says what it could not read.
"""

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Self

MOST_BYTES = 6_000_000
MOST_LINES = 120_000
MOST_DEPTH = 10
LONGEST_LINE = 200_000
LONGEST_NAME = 200
ENDS_EARLY = "it ends before END:"

# RFC 5545 §3.1 allows none of these; some senders have them, and half of the world's databases refuse NUL.
CONTROLS = bytes({*range(32), 127} - {*b"\t\n\r"})
# The head of a line ends at the first colon outside quotes. Possessive, so that hostile quotes stay linear.
HEAD = re.compile(r'(?:[^":]++|"[^"]*+")*+:')
PARAMETER = re.compile(r'(?:[^";]++|"[^"]*+"|")++')
PARAMETER_VALUE = re.compile(r'(?:[^",]++|"[^"]*+"|")++')
NAME = re.compile(r"[A-Za-z0-9-]+\Z")
# Charsets on the label of bytes that are no UTF-8: then it is Windows-1252, as from Outlook and its kin.
NOT_TRUE = {"utf-8", "utf8", "us-ascii", "ascii"}
CARET = re.compile(r"\^([n^'])")
CARET_MEANS = {"n": "\n", "^": "^", "'": '"'}
BACKSLASH = re.compile(r"\\(.)", re.DOTALL)


@dataclass(slots=True)  # not frozen: that would be a quarter of the time that reading takes
class Line:
    """One content line: its name in capitals, its parameters as written, its value as written, and the whole of it."""

    name: str
    parameters: dict[str, str]
    value: str
    raw: str

    def parameter(self, name: str) -> str:
        """A parameter's value, unquoted; "" when it isn't there."""
        raw = self.parameters.get(name, "")
        return plain(raw) if raw else ""

    def parameter_list(self, name: str) -> list[str]:
        """A parameter that may hold several values, such as DELEGATED-TO."""
        return [plain(each) for each in PARAMETER_VALUE.findall(self.parameters.get(name, ""))]

    @property
    def text(self) -> str:
        """The value as TEXT (RFC 5545 §3.3.11), its escapes undone."""
        if "\\" not in self.value:
            return self.value
        return BACKSLASH.sub(lambda found: "\n" if found[1] in "nN" else found[1], self.value)


@dataclass(slots=True)
class Component:
    """BEGIN to END: lines and inner components, in their order."""

    name: str
    lines: list[Line] = field(default_factory=list)
    inner: list[Self] = field(default_factory=list)

    def first(self, name: str) -> Line | None:
        """The first line of this name."""
        return next((each for each in self.lines if each.name == name), None)

    def every(self, name: str) -> list[Line]:
        """All lines of this name."""
        return [each for each in self.lines if each.name == name]

    def value(self, name: str) -> str:
        """The value of the first line of this name, stripped; "" when there is none."""
        line = self.first(name)
        return line.value.strip() if line else ""

    def text(self, name: str) -> str:
        """The first line of this name as TEXT; "" when there is none."""
        line = self.first(name)
        return line.text if line else ""


class TooMuch(ValueError):
    """The calendar is larger or deeper than any that people send; ``str()`` says how."""


def parse(
    raw: bytes,
    problems: list[str],
    charset: str = "",
    only: re.Pattern[str] | None = None,
    most_bytes: int = MOST_BYTES,
) -> list[Component]:
    """The outermost components of a calendar stream. What can't be read becomes a problem. Raises TooMuch.

    ``only`` (see :func:`lines_named`): nothing but these lines is looked at, so that what a person wrote is not.
    """
    root = Component("")
    stack = [root]
    for text in _unfolded(raw, charset, only, most_bytes):
        line = parse_line(text)
        if line is None:
            _complain(problems, text)
        elif line.name == "BEGIN":
            if len(stack) > MOST_DEPTH:
                raise TooMuch("its parts are nested too deeply")
            child = Component(line.value.strip().upper())
            stack[-1].inner.append(child)
            stack.append(child)
        elif line.name == "END":
            _close(stack, line.value.strip().upper(), problems)
        else:
            stack[-1].lines.append(line)
    if len(stack) > 1:
        problems.append(f"{ENDS_EARLY}{stack[-1].name[:40]}")
    return root.inner


def lines_named(*names: str) -> re.Pattern[str]:
    """For ``parse``'s ``only``: lines of these names, and those that begin and end components."""
    return re.compile(rf"^[ \t]*(?:BEGIN|END|{'|'.join(names)})[ \t]*[;:].*$", re.MULTILINE | re.IGNORECASE)


def parse_line(text: str) -> Line | None:
    """One unfolded content line; None when it has no name or no colon."""
    head, colon, value = text.partition(":")
    if '"' in head:
        found = HEAD.match(text)
        end = found.end() - 1 if found else text.lower().find(":mailto:")
        if end < 0:
            end = len(head)
        head, colon, value = text[:end], text[end : end + 1], text[end + 1 :]
    written, semicolon, rest = head.partition(";")
    name = _name(written[:LONGEST_NAME])
    if not colon or not name:
        return None
    return Line(name, _parameters(rest) if semicolon else {}, value, text)


@lru_cache(maxsize=512)
def _name(written: str) -> str:
    """A name in capitals; "" when it is none. A calendar has a few dozen, over and over."""
    name = written.strip().upper()
    return name if NAME.match(name) else ""


def plain(raw: str) -> str:
    """A parameter value without its quotes and with RFC 6868's carets undone."""
    value = raw.strip()
    if '"' in value:
        value = value.replace('"', "")
    return CARET.sub(lambda found: CARET_MEANS[found[1]], value) if "^" in value else value


def _parameters(text: str) -> dict[str, str]:
    parts = PARAMETER.findall(text) if '"' in text else text.split(";")
    found: dict[str, str] = {}
    for part in parts:
        name, _, value = part.partition("=")
        found.setdefault(name.strip().upper(), value)
    return found


def _unfolded(raw: bytes, charset: str, only: re.Pattern[str] | None, most_bytes: int) -> list[str]:
    """The lines of a stream, unfolded before decoding: a fold may lie inside a UTF-8 character."""
    if len(raw) > most_bytes:
        raise TooMuch(f"it is larger than {most_bytes // 1_000_000} MB")
    raw = _ascii_compatible(raw, charset).replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\0", b"")
    raw = raw.replace(b"\n ", b"").replace(b"\n\t", b"").translate(None, CONTROLS)
    if only is None and raw.count(b"\n") > MOST_LINES:
        raise TooMuch(f"it has more than {MOST_LINES:,} lines")
    text = _decoded(raw, charset)
    lines = only.findall(text) if only else [each for each in text.split("\n") if each and not each.isspace()]
    if len(lines) > MOST_LINES:
        raise TooMuch(f"it has more than {MOST_LINES:,} lines")
    if any(len(each) > LONGEST_LINE for each in lines):
        raise TooMuch(f"it has a line of more than {LONGEST_LINE:,} characters")
    return lines


def _ascii_compatible(raw: bytes, charset: str) -> bytes:
    name = charset.lower()
    if raw[:2] in {b"\xff\xfe", b"\xfe\xff"} or name.startswith("utf-16"):
        return raw.decode("utf-16" if raw[:2] in {b"\xff\xfe", b"\xfe\xff"} else name, "replace").encode()
    if name.startswith("iso-2022") or name in {"utf-7", "hz-gb-2312"}:
        return _by_name(raw, name).encode()
    return raw


def _decoded(raw: bytes, charset: str) -> str:
    """UTF-8 first, whatever the label says (RFC 5545 §3.1.4): the label is wrong more often than UTF-8 is by chance."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return _by_name(raw, "" if charset.lower() in NOT_TRUE else charset)


def _by_name(raw: bytes, charset: str) -> str:
    try:
        return raw.decode(charset or "cp1252", "replace")
    except LookupError:
        return raw.decode("cp1252", "replace")


def _close(stack: list[Component], name: str, problems: list[str]) -> None:
    if len(stack) > 1 and stack[-1].name == name:
        stack.pop()
    elif any(each.name == name for each in stack[1:]):
        problems.append(f"END:{name[:40]} before END:{stack[-1].name[:40]}")
        while stack.pop().name != name:
            pass
    else:
        problems.append(f"END:{name[:40]} without BEGIN")


def _complain(problems: list[str], text: str) -> None:
    if len(problems) < 20:
        problems.append(f"a line can't be read: {text[:40]!r}")
