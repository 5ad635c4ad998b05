"""What was understood from a received mail, and why it was judged as it was: a line each, for a person and for IT."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from coord_service.clock import LONDON
from coord_service.domain import itip
from coord_service.domain.decisions import DECISION_NAMES
from coord_service.domain.wall_time import say_clock, say_day
from coord_service.operations.reading_mail import read_kept
from coord_service.operations.tools import Tools
from coord_service.storage.tables import InboundMail

VERDICT_NAMES = {
    "applied": "Counted",
    "duplicate": "Known already",
    "older": "Out of date",
    "held": "Waits for a decision",
    "refused": "Not taken",
    "noted": "Noted",
    "poison": "Could not be read",
}
_KINDS = {
    itip.Kind.REPLY: "An answer of a calendar program",
    itip.Kind.COUNTER: "Another time proposed by a calendar program",
    itip.Kind.REFRESH: "A calendar program asks for the invitation again",
    itip.Kind.BOUNCE: "A report about a letter that was not delivered",
    itip.Kind.AUTO_REPLY: "An automatic reply",
    itip.Kind.OTHER: "Words, without anything for a calendar",
}
_MATCHED = {
    "uid": "By the UID of its calendar part",
    "bounce_address": "By the bounce address it was sent to",
    "references": "By the letter that it answers (In-Reply-To, References)",
    "": "By nothing: it names no meeting and no letter of ours",
}
_CHECKS = {
    itip.Authentication.PASSED: "Our mail server confirmed that it comes from this address",
    itip.Authentication.FAILED: "Our mail server could not confirm that it comes from this address",
    itip.Authentication.UNKNOWN: "Our mail server said nothing about whether the address is genuine",
    itip.Authentication.MISSING: (
        "Our mail server wrote no Authentication-Results into it, as it does into every mail: IT can see how it came"
    ),
}
_STRANGERS = {"ask": "somebody decides", "allow": "they are let in", "deny": "they are refused"}

Line = tuple[str, str]


def explain(tools: Tools, mail: InboundMail, staff: Mapping[int, str]) -> list[Line]:
    """What was made of a mail, in order: a name and a sentence a line. ``staff``: names by user id."""
    verdict = (mail.verdict or "", mail.why or "")
    return explain_message(read_kept(tools, mail), mail.evidence or {}, verdict, _decision(mail, staff))


def explain_message(
    message: itip.Message, evidence: Mapping[str, Any], verdict: tuple[str, str], decision: str = ""
) -> list[Line]:
    """The same of a message by itself: ``evidence`` as ``weigh`` gives it, and a verdict with its reason."""
    judged, why = verdict
    lines = [
        ("What it is", _kind(message)),
        ("Meeting found", _MATCHED.get(evidence.get("matched_by", ""), _MATCHED[""])),
        *_about_sender(message, evidence),
        *_about_answers(message, evidence),
        ("What was made of it", VERDICT_NAMES.get(judged, "Not looked at yet")),
        ("Why", why),
        ("Decided", decision),
        ("What was odd about it", "; ".join(message.problems)),
    ]
    return [(name, sentence) for name, sentence in lines if sentence]


def weigh(event: itip.Event, speaker: str, policy: itip.Policy) -> dict[str, Any]:
    """What a message was judged against: our copy, and the attendee's last answer, as they were before it."""
    known = event.attendee(speaker)
    return {
        "speaker": speaker,
        "our_sequence": event.sequence,
        "time_sequence": event.current_sequence,
        "known_sequence": known.answered_sequence if known else None,
        "known_dtstamp": known.answered_dtstamp.isoformat() if known and known.answered_dtstamp else None,
        "is_invited": known is not None,
        "strangers": policy.strangers.value,
        "is_shielded": policy.is_shielded,
    }


def _kind(message: itip.Message) -> str:
    name = _KINDS.get(message.kind, "A message that only an organizer sends")
    return f"{name} (METHOD:{message.method})" if message.method else name


def _about_sender(message: itip.Message, evidence: Mapping[str, Any]) -> Iterator[Line]:
    nobody = "Nobody: it is a calendar file by itself" if message.sender is None else "Nobody: the mail doesn’t say"
    yield "From", message.sender or nobody
    yield "Is the sender genuine", _CHECKS[itip.Authentication(evidence.get("authentication", "unknown"))]
    speaker = evidence.get("speaker", "")
    if speaker:
        known = "who is invited" if evidence.get("is_invited") else "who is not invited"
        own = "" if message.sender in {speaker, None} else ", though it comes from another address"
        yield "Speaks for", f"{speaker}, {known}{own}"
    if not evidence.get("is_invited", True):
        rule = "somebody decides: the team is shielded" if evidence.get("is_shielded") else ""
        yield "Rule for strangers", rule or _STRANGERS.get(evidence.get("strangers", ""), "")


def _about_answers(message: itip.Message, evidence: Mapping[str, Any]) -> Iterator[Line]:
    for answer in message.answers[:5]:
        yield "Says", _said(answer)
        if answer.start is not None and message.kind is itip.Kind.COUNTER:
            yield "Time proposed", _moment(answer.start)
        yield "UID", answer.uid
        yield "Version it answers (SEQUENCE)", f"{answer.sequence}{_our_version(evidence)}"
        yield "Written (DTSTAMP)", _moment(answer.dtstamp) if answer.dtstamp else "It doesn’t say"
        if evidence.get("known_sequence") is not None:
            stamp = evidence.get("known_dtstamp")
            when = f", written {_moment(datetime.fromisoformat(stamp))}" if stamp else ""
            yield "Their answer before it", f"SEQUENCE {evidence['known_sequence']}{when}"


def _our_version(evidence: Mapping[str, Any]) -> str:
    if "our_sequence" not in evidence:
        return ""
    return f"; the meeting was at {evidence['our_sequence']}, at the same time since {evidence['time_sequence']}"


def _said(answer: itip.Answer) -> str:
    lines = [
        f"{each.address}: {each.partstat.value}"
        + (f", to {', '.join(each.delegated_to)}" if each.delegated_to else "")
        + (f", for {', '.join(each.delegated_from)}" if each.delegated_from else "")
        + (f", sent by {each.sent_by}" if each.sent_by else "")
        for each in answer.attendees[:10]
    ]
    return "; ".join(lines)


def _moment(when: itip.When) -> str:
    if not isinstance(when, datetime):
        return say_day(when)
    local = when.astimezone(LONDON)
    return f"{say_day(local.date())}, {say_clock(local.time())}"


def _decision(mail: InboundMail, staff: Mapping[int, str]) -> str:
    if mail.decision is None or mail.settled_at is None:
        return ""
    by = f"by {staff.get(mail.settled_by, 'somebody')}, " if mail.settled_by else ""
    return f"{DECISION_NAMES[mail.decision]}, {by}{_moment(mail.settled_at)}"
