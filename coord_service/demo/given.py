"""Advice that was given, on record with when it was asked for and when it came."""

from datetime import datetime, timedelta

from coord_service.demo.advice import LAST_YEAR, QUESTION, Asked, service_key
from coord_service.demo.story import Story, actor_of
from coord_service.domain.advice import AdviceStatus, Happening, ReceiptBasis
from coord_service.operations.receipts import advice_due_on
from coord_service.storage.database import Session
from coord_service.storage.tables import AdviceEvent, AdviceRequest


async def add_given_advice(db: Session, story: Story, given: list[Asked]) -> None:
    """Put advice on record that came before today."""
    pairs = [(_request(story, asked, number), asked) for number, asked in enumerate(given)]
    db.add_all(request for request, _ in pairs)
    await db.flush()
    db.add_all(event for request, asked in pairs for event in _history(request, asked))


def _request(story: Story, asked: Asked, number: int) -> AdviceRequest:
    key, asked_at = service_key(asked), story.days_ago(asked.days_ago, 11, number % 60)
    people = story.scene.county.people[key]
    return AdviceRequest(
        child_id=asked.team.child.id,
        service_id=story.scene.county.services[key].id,
        person_id=people[number % len(people)].id if asked.to_person else None,
        kind=asked.kind,
        question=QUESTION,
        status=AdviceStatus.RECEIVED,
        asked_at=asked_at,
        received_on=asked_at.date(),
        receipt_basis=ReceiptBasis.ACCEPTED_BY_SERVER,
        due_on=advice_due_on(story.tools.rulebook, asked_at.date()),
        ended_at=_came_at(asked_at, asked),
    )


def _came_at(asked_at: datetime, asked: Asked) -> datetime:
    return asked_at + timedelta(days=asked.after, hours=3)


def _history(request: AdviceRequest, asked: Asked) -> list[AdviceEvent]:
    by = actor_of(asked.team.child.lead_worker).label
    came_at = _came_at(request.asked_at, asked)
    lines = [(request.asked_at, Happening.ASKED, "Asked."), (came_at, Happening.RECEIVED, "Came by secure mail.")]
    if asked.days_ago >= LAST_YEAR:
        lines.append((came_at, Happening.CHECKED, "Speaks of needs, provision and outcomes."))
    return [
        AdviceEvent(request_id=request.id, at=at, what=what.value, words=words, by=by, details={})
        for at, what, words in lines
    ]
