"""What is bent: the corpus, and messages and meetings of our own."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from coord_service.domain.itip import Attendee, Event, Method, Outgoing, PartStat, diff
from integrations.itip import write_calendar, write_copy
from tests.invitations import HEAD, NOW, PARENT, SHAH, START, hear, meeting, minutes, reply, series

CORPUS = Path(__file__).parents[1] / "corpus" / "itip"


def stock() -> list[bytes]:
    """Messages to begin with: real ones, odd ones, and all that we write ourselves."""
    files = [each.read_bytes() for each in sorted(CORPUS.iterdir()) if each.suffix in {".eml", ".ics"}]
    copies = [write_copy(each) for each in meetings()]
    sent = [write_calendar(each) for event in meetings() for each in diff(None, event, NOW).outgoing]
    answers = [write_calendar(Outgoing(SHAH, method, True, each)) for method in Method for each in meetings()[:2]]
    return [*files, *copies, *sent, *answers]


def meetings() -> list[Event]:
    """Organizer's copies in different states: once, a series, with a moved date, delegations, answers, a removal."""
    week = timedelta(weeks=6)
    once = meeting(SHAH, HEAD, PARENT)
    often = series(SHAH, HEAD, rdates=(START + timedelta(days=2),), exdates=(START + 2 * week,))
    answered = hear(often, reply(SHAH, PartStat.DECLINED, recurrence_id=START + week), reply(HEAD)).event
    passed = hear(once, reply(SHAH, PartStat.DELEGATED, delegated_to=("lee@nhs.example",))).event
    one = replace(answered.overrides[0], start=START + week + timedelta(hours=1), end=START + week + timedelta(hours=2))
    moved = diff(answered, replace(answered, overrides=(one,)), minutes(9)).event
    fewer = diff(once, replace(once, attendees=(Attendee(SHAH),)), minutes(9)).event
    return [each for each in (once, often, answered, passed, moved, fewer, replace(once, start=START.date(),
            end=START.date() + timedelta(days=1))) if each]  # fmt: skip
