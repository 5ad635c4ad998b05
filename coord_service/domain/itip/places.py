"""Which part of the meeting a message speaks of: all of it, or one date of a series (ITIP.md §2.3)."""

from dataclasses import dataclass, replace

from coord_service.domain.itip.recurrence import occurrence, occurs, override_at
from coord_service.domain.itip.rules import instant
from coord_service.domain.itip.values import Answer, Applied, Event, Question, Status, Verdict


@dataclass(frozen=True, slots=True)
class Ruling:
    """A message that changes nothing: what was made of it, and a sentence that says why."""

    verdict: Verdict
    why: str
    question: Question | None = None

    def of(self, event: Event) -> Applied:
        """The ruling as the result of a message, the copy being as it was."""
        return Applied(event, self.verdict, self.why, question=self.question)


def find_place(event: Event, answer: Answer) -> Event | Ruling:
    """The VEVENT that an answer is about, or why there is none."""
    if event.status is Status.CANCELLED:
        return Ruling(Verdict.NOTED, "the meeting is cancelled; the answer came after that")
    if answer.recurrence_id is None:
        return event
    if answer.this_and_future:
        why = "it speaks of one date and all later ones; somebody must say what that means here"
        return Ruling(Verdict.HELD, why, Question.DATES)
    place = _date_of(event, answer)
    if isinstance(place, Event) and place.status is Status.CANCELLED:
        return Ruling(Verdict.NOTED, "this date is cancelled; the answer came after that")
    return place


def put_back(event: Event, place: Event) -> Event:
    """The copy with one of its parts replaced; a date that had no override of its own gets one."""
    if place.recurrence_id is None or event.recurrence_id is not None:
        return place
    known = override_at(event, place.recurrence_id)
    if known is None:
        return replace(event, overrides=(*event.overrides, place))
    return replace(event, overrides=tuple(place if each is known else each for each in event.overrides))


def _date_of(event: Event, answer: Answer) -> Event | Ruling:
    date = answer.recurrence_id
    assert date is not None
    if override := override_at(event, date):
        return override
    own = event.recurrence_id or event.start
    if not event.is_series:
        alone = instant(own) == instant(date)
        return event if alone else Ruling(Verdict.REFUSED, "the meeting happens once; it has no such date")
    known = occurs(event, date)
    if known:
        return occurrence(event, date)
    if known is None:
        return Ruling(Verdict.HELD, "it could not be told whether the series has this date", Question.DATES)
    return Ruling(Verdict.REFUSED, "the series has no such date")
