"""Whether to chase today, decided from what was sent, never from a flag.

A due date is never moved by anything here. A promised date and a pause hold the next chase back, and so do the holidays
where a school is written to; after an outage only the latest step is sent, not the ones that were missed; nobody is
written to twice in a day; a family is never written to: what they owe becomes a call for the lead worker.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from coord_service.clock import day_in_london
from coord_service.domain.ladders import Anchors, Audience, Climb, Ladder, Rung
from coord_service.domain.terms import SchoolTerms
from coord_service.domain.working_days import WorkingDays

ONE_DAY = timedelta(days=1)
MANUAL = "manual"
PROMISE = "promise"


class Ending(StrEnum):
    """What ends a chase for good."""

    RECEIVED = "received"
    REPLACED = "replaced"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Sent:
    """A row of the ledger: a chase (or, for a family, a call) that was made for this request.

    ``step`` and ``anchor_on`` are those of the decision; a chase that a person sent by hand has the step ``manual``.
    """

    step: str
    anchor_on: date
    on: date


@dataclass(frozen=True, slots=True)
class ChaseFacts:
    """What is known of one request. Dates are days in London.

    ``promised_on``: the day by which they said they would answer. ``paused_until_on``: the last day of a pause.
    ``over_on``: the day on which asking loses its point (the meeting that papers are for). ``next_limit_on``: the next
    statutory limit that lateness endangers, ``limit_known_on``: the day on which that limit was corrected.
    ``last_mail_on``: when the holder was last chased for anything at all.
    ``terms``: of schools, where somebody at a school would be written to; None for everybody else. ``owes_much``: the
    holder gets a list a week instead of a mail for every step; ``listed_on``: when they had the last one.
    """

    asked_on: date
    due_on: date
    sent: tuple[Sent, ...] = ()
    ended_by: Ending | None = None
    over_on: date | None = None
    next_limit_on: date | None = None
    limit_known_on: date | None = None
    promised_on: date | None = None
    paused_until_on: date | None = None
    last_mail_on: date | None = None
    is_held_by_family: bool = False
    terms: SchoolTerms | None = None
    owes_much: bool = False
    listed_on: date | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """Chase now. ``step`` and ``anchor_on`` together are unique for a request: the ledger's key."""

    step: str
    anchor_on: date
    audience: tuple[Audience, ...]
    letter: str
    is_reported: bool
    why: str
    is_for_list: bool = False  # it goes in the holder's list of the week


@dataclass(frozen=True, slots=True)
class Call:
    """The family owes this: a call for the lead worker, never a mail. The ledger's key is as for Due."""

    step: str
    anchor_on: date
    why: str


@dataclass(frozen=True, slots=True)
class Nothing:
    """Nothing to send now, and the working day on which to look again; None when the chase is over."""

    why: str
    look_again_on: date | None


Decision = Due | Call | Nothing


def next_chase(ladder: Ladder, facts: ChaseFacts, now: datetime, working_days: WorkingDays) -> Decision:
    """What the ladder asks for at this (aware) instant, with a sentence that says why.

    Ask again in the moment of sending: an answer a second earlier must stop the letter.
    """
    today = day_in_london(now)
    return (
        _over(facts, today)
        or _outside_hours(now, working_days)
        or _held_back(facts, today, working_days)
        or _in_holidays(facts, today, working_days)
        or _step(ladder, facts, today, working_days)
    )


def _over(facts: ChaseFacts, today: date) -> Nothing | None:
    if facts.ended_by is not None:
        return Nothing(f"It is over: {facts.ended_by}.", None)
    if facts.over_on is not None and today >= facts.over_on:
        return Nothing(f"It is over: what it was needed for was on {_day(facts.over_on)}.", None)
    return None


def _outside_hours(now: datetime, working_days: WorkingDays) -> Nothing | None:
    if working_days.within_hours(now):
        return None
    today = day_in_london(now)
    has_yet_to_open = now < working_days.opens_at(today)
    again = working_days.next_working_day(today if has_yet_to_open else today + ONE_DAY)
    return Nothing("Chases go out on working days between 8am and 6pm.", again)


def _held_back(facts: ChaseFacts, today: date, working_days: WorkingDays) -> Nothing | None:
    """By a pause, or a promise whose day has not passed; the later of the two says when to look again."""
    holds = [
        (until_on, words)
        for until_on, words in ((facts.paused_until_on, "Paused until"), (facts.promised_on, "Promised by"))
        if until_on is not None and today <= until_on
    ]
    if not holds:
        return None
    until_on, words = max(holds)
    return Nothing(f"{words} {_day(until_on)}.", working_days.next_working_day(until_on + ONE_DAY))


def _in_holidays(facts: ChaseFacts, today: date, working_days: WorkingDays) -> Nothing | None:
    """Mail to a school waits until it opens; no date waits with it."""
    if facts.terms is None or not facts.terms.is_closed(today):
        return None
    return Nothing("Schools are closed: mail waits, the due date does not.", facts.terms.reopen_on(today, working_days))


def _step(ladder: Ladder, facts: ChaseFacts, today: date, working_days: WorkingDays) -> Decision:
    anchors = Anchors(facts.asked_on, facts.due_on, facts.next_limit_on, facts.limit_known_on)
    climb = Climb(ladder, anchors, working_days)
    rung = climb.latest(today)
    due: Due | None = None
    if rung is not None and rung.on >= ladder.since_on and not _is_climbed(rung, facts):
        due = _due(rung, facts)
    elif _is_promise_broken(facts):
        due = _broken_promise(ladder, rung, facts)
    if due is None:
        following = climb.following(today)
        return Nothing(f"{_so_far(facts)}; next is step {following.name} on {_day(following.on)}.", following.on)
    written_on = _last_written_on(facts)
    if written_on is not None and written_on >= today:
        again = working_days.add(written_on, 1)
        return Nothing(f"Already written to on {_day(written_on)}: one mail a day to a person.", again)
    if facts.is_held_by_family:
        return Call(due.step, due.anchor_on, f"The family holds this. {due.why}")
    if facts.owes_much and due.step not in {*ladder.nearest, PROMISE}:
        return _listed(due, facts, today, working_days)
    return due


def _listed(due: Due, facts: ChaseFacts, today: date, working_days: WorkingDays) -> Due | Nothing:
    """One list in a week (from Monday): what falls after it waits for the next."""
    monday = today - today.weekday() * ONE_DAY
    if facts.listed_on is None or facts.listed_on < monday:
        return replace(due, is_for_list=True)
    again = working_days.next_working_day(monday + 7 * ONE_DAY)
    return Nothing(f"They owe much: it waits for their list of the week from {_day(again)}.", again)


def _is_climbed(rung: Rung, facts: ChaseFacts) -> bool:
    """Whether the ladder was climbed since this rung fell, or this rung was sent for this due date before."""
    return any(
        sent.on >= rung.on or (sent.step, sent.anchor_on) == (rung.name, facts.due_on)
        for sent in facts.sent
        if sent.step not in {MANUAL, PROMISE}
    )


def _is_promise_broken(facts: ChaseFacts) -> bool:
    """Whether a promised day passed (callers know it is not still to come) and nothing has been sent since."""
    promised_on = facts.promised_on
    return promised_on is not None and not any(sent.on > promised_on for sent in facts.sent if sent.step != MANUAL)


def _due(rung: Rung, facts: ChaseFacts) -> Due:
    step = rung.step
    why = f"Step {rung.name} fell on {_day(rung.on)}: due on {_day(facts.due_on)} and not received."
    return Due(rung.name, facts.due_on, step.audience, step.letter, step.is_reported, why)


def _broken_promise(ladder: Ladder, rung: Rung | None, facts: ChaseFacts) -> Due:
    """To whoever the ladder has reached, so that a promise never takes a manager off the letters."""
    assert facts.promised_on is not None
    step = rung.step if rung else ladder.steps[0]
    why = f"Promised by {_day(facts.promised_on)} and not received."
    return Due(PROMISE, facts.promised_on, step.audience, ladder.promise_letter, step.is_reported, why)


def _last_written_on(facts: ChaseFacts) -> date | None:
    return max([*(sent.on for sent in facts.sent), *([facts.last_mail_on] if facts.last_mail_on else [])], default=None)


def _so_far(facts: ChaseFacts) -> str:
    if not facts.sent:
        return "Nothing sent yet"
    last = max(facts.sent, key=lambda sent: sent.on)
    return f"Last sent was {last.step} on {_day(last.on)}"


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
