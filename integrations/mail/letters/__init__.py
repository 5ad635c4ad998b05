"""The words of every letter, one file each, written once: the text part and the HTML part come from the same lines.

A letter file is Jinja. Its first line is the subject; after a blank line come blocks divided by blank lines:

- ``[[Label|https://…]]`` alone in a block is a button (text part: the label, then the address);
- lines beginning with ``- `` are a list; lines beginning with ``| `` are a table, its first line the headings;
- anything else is a paragraph; ``[[Label|address]]`` inside one is a link.

Facts can't break out of it: line breaks and markup in a name are flattened before they reach the letter.
"""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined

LONDON = ZoneInfo("Europe/London")
LINK = re.compile(r"\[\[([^|\[\]]+)\|([^\[\]]+)\]\]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]+")


@dataclass(frozen=True, slots=True)
class Words:
    """A letter's words: subject, text part, HTML part."""

    subject: str
    text: str
    html: str


def one_line(value: Any) -> Any:
    """A fact as it may stand in a letter: no line breaks, no markup of ours."""
    if not isinstance(value, str):
        return value
    flat = _CONTROL.sub(" ", value)
    return flat.replace("[[", "[").replace("]]", "]").replace("|", "/")


def clock_time(value: datetime) -> str:
    """2:30pm, on London's clock."""
    local = value.astimezone(LONDON)
    hour = local.hour % 12 or 12
    return f"{hour}{local:%p}".lower() if local.minute == 0 else f"{hour}:{local:%M%p}".lower()


def long_day(value: date | datetime) -> str:
    """Tuesday 3 March 2026, on London's calendar."""
    local = value.astimezone(LONDON).date() if isinstance(value, datetime) else value
    return f"{local:%A} {local.day} {local:%B %Y}"


def short_day(value: date | datetime) -> str:
    """Tuesday 3 March: for subjects, where the year is plain from the rest."""
    return long_day(value).rsplit(" ", 1)[0]


def duration(value: timedelta) -> str:
    """1 hour 30 minutes."""
    hours, minutes = divmod(int(value.total_seconds()) // 60, 60)
    parts = [f"{hours} hour{'s' * (hours != 1)}"] * bool(hours) + [f"{minutes} minutes"] * bool(minutes)
    return " ".join(parts)


class _Url(str):
    """An address of our own making: kept as it is."""

    __slots__ = ()


def _finalize(value: Any) -> Any:
    return value if isinstance(value, _Url) else one_line(value)


def _environment() -> Environment:
    # Not HTML: the HTML part escapes every word itself, from the finished text.
    environment = Environment(  # noqa: S701
        loader=FileSystemLoader(Path(__file__).parent),
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "time": clock_time,
        "day": long_day,
        "short_day": short_day,
        "duration": duration,
        "link": lambda url, label: _Url(f"[[{one_line(label)}|{url}]]"),
        "paragraphs": lambda words: _Url("\n\n".join(one_line(line) for line in words.splitlines() if line.strip())),
    }
    return environment


_ENVIRONMENT = _environment()


def write_words(letter: str, facts: Mapping[str, Any]) -> Words:
    """The words of one letter. Raises jinja2.UndefinedError when a fact is missing: a letter never has a gap."""
    source = _ENVIRONMENT.get_template(f"{letter}.letter").render(facts)
    subject, _, body = source.partition("\n")
    blocks = [block.strip("\n") for block in re.split(r"\n\s*\n", body) if block.strip()]
    return Words(subject=subject.strip(), text=_text(blocks), html=_html(subject.strip(), blocks))


def _text(blocks: list[str]) -> str:
    return "\n\n".join(_text_block(block) for block in blocks) + "\n"


def _text_block(block: str) -> str:
    if block.startswith("| "):
        return "\n".join(" · ".join(_cells(line)) for line in block.splitlines())
    return LINK.sub(
        lambda found: f"{found[1]}:\n{found[2]}" if block == found[0] else f"{found[1]} ({found[2]})", block
    )


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def _html(subject: str, blocks: list[str]) -> str:
    inside = "\n".join(_html_block(block) for block in blocks)
    return _PAGE.format(title=html.escape(subject), inside=inside)


def _html_block(block: str) -> str:
    button = LINK.fullmatch(block)
    if button:
        return _BUTTON.format(label=html.escape(button[1]), url=html.escape(button[2]))
    lines = block.splitlines()
    if block.startswith("- "):
        return "<ul>" + "".join(f"<li>{_inline(line[2:])}</li>" for line in lines) + "</ul>"
    if block.startswith("| "):
        return _html_table([_table_cells(line) for line in lines])
    return "<p>" + "<br>".join(_inline(line) for line in lines) + "</p>"


def _table_cells(line: str) -> list[str]:
    # A link holds a bar of its own: hide it while the line is divided.
    hidden = LINK.sub(lambda found: f"[[{found[1]}\x00{found[2]}]]", line)
    return [cell.replace("\x00", "|") for cell in _cells(hidden)]


def _html_table(rows: list[list[str]]) -> str:
    head = "".join(f'<th scope="col" style="{_CELL}">{_inline(cell)}</th>' for cell in rows[0])
    body = "".join(
        "<tr>" + "".join(f'<td style="{_CELL}">{_inline(cell)}</td>' for cell in row) + "</tr>" for row in rows[1:]
    )
    return f'<table style="border-collapse:collapse"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def _inline(words: str) -> str:
    parts, at = [], 0
    for found in LINK.finditer(words):
        parts.append(html.escape(words[at : found.start()]))
        parts.append(f'<a href="{html.escape(found[2])}">{html.escape(found[1])}</a>')
        at = found.end()
    return "".join([*parts, html.escape(words[at:])])


_CELL = "border-bottom:1px solid #b1b4b6;padding:6px 12px 6px 0;text-align:left;vertical-align:top"
_BUTTON = (
    '<p><a href="{url}" style="display:inline-block;background:#00703c;color:#ffffff;padding:10px 16px;'
    'text-decoration:none;font-weight:bold">{label}</a></p>'
)
_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
</head>
<body style="font:16px/1.5 Helvetica,Arial,sans-serif;color:#0b0c0c;margin:0;padding:16px;max-width:36em">
{inside}
</body>
</html>
"""
