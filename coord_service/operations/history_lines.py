"""What happened to a request for advice as lines of a history: what was told, spoken, written and chased."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from coord_service.domain.advice import HAPPENING_NAMES, Happening
from coord_service.operations.receipts import CHASING
from coord_service.storage.chasing import CALL
from coord_service.storage.tables import AdviceEvent, Chase, Contact, OutboxLetter

LETTER_NAMES = {
    "ask_advice": "The request",
    "advice_receipt": "A receipt for the answer",
    "advice_not_enough": "What is still missing",
    "advice_not_needed": "That it is no longer needed",
    "fresh_link": "A fresh link",
}
AUDIENCE_NAMES = {
    "holder": "whoever holds it",
    "service_manager": "the service’s manager",
    "send_manager": "the SEND manager",
}


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """A line of a history. ``source`` is the record it stands in ("letter 34"); ``delivery`` is a letter's (waiting,
    sent, failed, bounced, withdrawn)."""

    at: datetime
    what: str
    words: str
    by: str
    source: str
    delivery: str | None = None
    letter_id: int | None = None


def told(events: Sequence[AdviceEvent], names: Mapping[int, str]) -> Iterator[HistoryLine]:
    """What happened; a call is shown from the contacts, whoever logged it. ``names`` are the staff's, by user id."""
    for event in events:
        if event.what != Happening.PHONED:
            by = names.get(user_id_of(event.by) or 0, event.by)
            what = HAPPENING_NAMES[Happening(event.what)]
            yield HistoryLine(event.at, what, event.words, by, f"event {event.id}")


def user_id_of(by: str) -> int | None:
    """The account behind ``user:3``; None for a name that somebody gave."""
    kind, _, number = by.partition(":")
    return int(number) if kind == "user" and number.isdecimal() else None


def spoken(contacts: Sequence[Contact]) -> Iterator[HistoryLine]:
    """Calls, talks and visits."""
    for contact in contacts:
        by = contact.by_user.person.name
        yield HistoryLine(contact.at, contact.kind.capitalize(), contact.note, by, f"contact {contact.id}")


def written(letters: Sequence[OutboxLetter]) -> Iterator[HistoryLine]:
    """Letters that chased nobody, with what became of them."""
    for letter in letters:
        if letter.letter not in CHASING:
            where = "Mail" if letter.connection_id is None else "Calendar"
            what = f"{where}: {LETTER_NAMES.get(letter.letter, letter.subject)}"
            at = letter.sent_at or letter.created_at
            words, source = delivery_words(letter), f"letter {letter.id}"
            yield HistoryLine(at, what, words, letter.recipient, source, delivery_of(letter), letter.id)


def chased(chases: Sequence[Chase], letters: Mapping[int, OutboxLetter]) -> Iterator[HistoryLine]:
    """The ledger, each chase with what became of its letter."""
    for chase in chases:
        source = f"chase {chase.id}"
        if chase.audience == CALL:
            yield HistoryLine(chase.chased_at, "Call to make", "A family is never written to.", "", source)
            continue
        letter = letters.get(chase.letter_id or 0)
        words = f"To {AUDIENCE_NAMES.get(chase.audience, chase.audience)}, {say_step(chase.step)}."
        if letter:
            words = f"{words} {delivery_words(letter)}".strip()
        delivery, number = (delivery_of(letter), letter.id) if letter else (None, None)
        yield HistoryLine(chase.chased_at, "Reminder", words, chase.address, source, delivery, number)


def say_step(step: str) -> str:
    """A step of a ladder in words: "+5" falls 5 working days after the due date, and "+15 repeat +20" 20 after it.

    In the ledger are repeats, too, that were counted: "+15 repeat 2".
    """
    days, _, repeat = step.partition(" repeat ")
    if not days.lstrip("+-").isdecimal():
        return {"promise": "as the promised day had passed", "manual": "by hand"}.get(step, step)
    is_counted = repeat.isdecimal()
    days = days if is_counted else repeat or days
    side = "before" if days.startswith("-") else "after"
    number = days.lstrip("+-")
    unit = "working day" if number == "1" else "working days"
    again = f", repeated ({repeat})" if is_counted else ", again" if repeat else ""
    return f"{number} {unit} {side} the due date{again}"


def delivery_of(letter: OutboxLetter) -> str:
    """What became of a letter, in one word."""
    return "bounced" if letter.bounced_at else letter.state.value


def delivery_words(letter: OutboxLetter) -> str:
    """What went wrong with a letter; nothing where nothing did."""
    if letter.bounced_at:
        return "Their mail server returned it: nobody has read it."
    return letter.error or ""
