"""Calendar invitations: what a change sends, what a message says, what an answer means (DESIGN §5)."""

import argparse
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from coord_service.clock import SystemClock
from coord_service.commands.terminal import BadInput, instant, read_bytes, write_json
from coord_service.domain.itip import Event, Message, Outgoing, Policy, Show, Strangers, apply, diff
from coord_service.domain.itip.values import Answer, Attendee, When
from coord_service.operations.explaining import explain_message, weigh
from integrations.itip import NotACalendar, read_copy, read_mail, write_calendar, write_copy


def register(parser: argparse.ArgumentParser) -> None:
    """Add ``read``, ``apply`` and ``diff``."""
    commands = parser.add_subparsers(dest="itip_command", required=True, metavar="read|apply|diff")
    read = commands.add_parser("read", help="what each mail or calendar file says")
    read.add_argument("files", nargs="+", metavar="FILE")
    read.set_defaults(act=_read)
    judge = commands.add_parser("apply", help="what each message means for a meeting, in the order given")
    judge.add_argument("--meeting", required=True, metavar="MEETING.ics", help="the organizer's copy")
    judge.add_argument("--strangers", choices=list(Strangers), type=Strangers, default=Strangers.ASK)
    judge.add_argument("--authserv", metavar="NAME", help="believe Authentication-Results of this mail server alone")
    judge.add_argument("--explain", action="store_true", help="add what the page of a received mail says about it")
    judge.add_argument("files", nargs="+", metavar="FILE")
    judge.set_defaults(act=_apply)
    compare = commands.add_parser("diff", help="what a change sends to whom; - for a new or a deleted meeting")
    compare.add_argument("--show", choices=list(Show), type=Show, default=Show.RECIPIENT)
    compare.add_argument("old", metavar="OLD.ics")
    compare.add_argument("new", metavar="NEW.ics")
    compare.set_defaults(act=_diff)
    for each in (read, judge, compare):
        each.add_argument("--now", type=instant, metavar="INSTANT", help="the present, instead of the clock's")


def run(arguments: argparse.Namespace) -> int:
    """Do what was asked; everything is read and judged before the first line is written."""
    act: Callable[[argparse.Namespace], list[dict[str, Any]]] = arguments.act
    for line in act(arguments):
        write_json(line)
    return 0


def _now(arguments: argparse.Namespace) -> datetime:
    return arguments.now or SystemClock().now()


def _read(arguments: argparse.Namespace) -> list[dict[str, Any]]:
    return [{"file": name, **_message(read_mail(raw))} for name, raw in _files(arguments)]


def _apply(arguments: argparse.Namespace) -> list[dict[str, Any]]:
    event = _copy(arguments.meeting)
    policy, lines = Policy(arguments.strangers), []
    for name, raw in _files(arguments):
        message = read_mail(raw, arguments.authserv)
        applied = apply(event, message, policy, _now(arguments))
        outgoing = [_outgoing(each) for each in applied.outgoing]
        lines.append({"file": name, "verdict": applied.verdict, "why": applied.why, "outgoing": outgoing})
        if arguments.explain:
            evidence = {**weigh(event, applied.speaker, policy), **_evidence(event, message)}
            lines[-1]["explanation"] = explain_message(message, evidence, (applied.verdict, applied.why))
        event = applied.event
    return [*lines, {"meeting": write_copy(event).decode()}]


def _evidence(event: Event, message: Message) -> dict[str, str]:
    return {"matched_by": "uid" if message.uid == event.uid else "", "authentication": message.authentication}


def _diff(arguments: argparse.Namespace) -> list[dict[str, Any]]:
    old = None if arguments.old == "-" else _copy(arguments.old)
    new = None if arguments.new == "-" else _copy(arguments.new)
    try:
        changes = diff(old, new, _now(arguments), arguments.show)
    except ValueError as error:
        raise BadInput(str(error)) from error
    return [_outgoing(each) for each in changes.outgoing]


def _files(arguments: argparse.Namespace) -> list[tuple[str, bytes]]:
    return [(name, read_bytes(name)) for name in arguments.files]


def _copy(name: str) -> Event:
    try:
        return read_copy(read_bytes(name))
    except NotACalendar as error:
        raise BadInput(f"{name} is not a meeting: {error}") from error


def _outgoing(outgoing: Outgoing) -> dict[str, Any]:
    return {
        "recipient": outgoing.recipient,
        "method": outgoing.method,
        "significant": outgoing.significant,
        "ics": write_calendar(outgoing).decode(),
    }


def _message(message: Message) -> dict[str, Any]:
    first, *further = message.answers or (Answer(""),)
    return {
        "kind": message.kind,
        "method": message.method,
        **_answer(first),
        "sender": message.sender or None,
        "instances": [_answer(each) for each in further],
        "problems": list(message.problems),
    }


def _answer(answer: Answer) -> dict[str, Any]:
    return {
        "uid": answer.uid or None,
        "sequence": answer.sequence,
        "dtstamp": _moment(answer.dtstamp),
        "recurrence_id": _moment(answer.recurrence_id),
        "organizer": answer.organizer or None,
        "attendees": [_attendee(each, answer) for each in answer.attendees],
        "start": _moment(answer.start),
        "end": _moment(answer.end),
    }


def _attendee(attendee: Attendee, answer: Answer) -> dict[str, Any]:
    """One line; COMMENT is the word of whoever answers, so of an attendee who stands alone."""
    spoken = answer.comment if len(answer.attendees) == 1 else ""
    return {
        "address": attendee.address,
        "partstat": attendee.partstat,
        "delegated_to": ",".join(attendee.delegated_to) or None,
        "delegated_from": ",".join(attendee.delegated_from) or None,
        "comment": attendee.comment or spoken or None,
    }


def _moment(when: When | None) -> str | None:
    if when is None:
        return None
    text = when.isoformat()
    return text.replace("+00:00", "Z") if isinstance(when, datetime) and when.tzinfo is UTC else text
