"""The history of a request, and taking one up to change it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from coord_service.clock import day_in_london
from coord_service.domain.advice import AdviceStatus, Happening
from coord_service.domain.people import Actor
from coord_service.errors import NotFound, Refused
from coord_service.operations.audit import record
from coord_service.storage.advice import add_event, load_last_event, load_request
from coord_service.storage.database import Session
from coord_service.storage.tables import AdviceEvent, AdviceRequest


@dataclass(frozen=True, slots=True)
class Told:
    """A line of history: what happened, in words, and who says so (``user:3``, or the name that somebody gave)."""

    what: Happening
    words: str
    by: str
    details: Mapping[str, Any] = field(default_factory=dict)


def note(db: Session, request: AdviceRequest, told: Told, now: datetime) -> None:
    """Add a line to a request's history."""
    add_event(
        db,
        AdviceEvent(
            request_id=request.id,
            at=now,
            what=told.what.value,
            words=told.words,
            by=told.by,
            details=dict(told.details),
        ),
    )


def put_on_record(db: Session, actor: Actor, verb: str, request: AdviceRequest, now: datetime, **details: Any) -> None:
    """The audit entry of a change to a request."""
    record(db, actor, verb, ("advice_request", request.id), now, child_id=request.child_id, **details)


async def take_up(db: Session, request_id: int) -> AdviceRequest:
    """A request, locked to be changed. Raises NotFound."""
    request = await load_request(db, request_id, for_change=True)
    if request is None:
        raise NotFound("There is no such advice request.")
    return request


async def take_up_open(db: Session, request_id: int) -> AdviceRequest:
    """A request that is still open, locked to be changed. Raises NotFound, Refused when it is over."""
    request = await take_up(db, request_id)
    if request.status is not AdviceStatus.OPEN:
        raise Refused(f"This request is {request.status} already: look at it again before you change it.")
    return request


async def receive(db: Session, request: AdviceRequest, now: datetime) -> dict[str, Any]:
    """The advice is here; what its line of history has to say of the day.

    A further document of a request that was answered already does not move the day on which the advice came.
    """
    if request.status is AdviceStatus.RECEIVED:
        return {"on": await _came_on(db, request)}
    end(request, AdviceStatus.RECEIVED, now)
    return {}


async def _came_on(db: Session, request: AdviceRequest) -> str:
    last = await load_last_event(db, request.id, [Happening.RECEIVED.value])
    noted = last.details.get("on") if last else None
    return str(noted) if noted else day_in_london(request.ended_at or request.asked_at).isoformat()


def end(request: AdviceRequest, status: AdviceStatus, now: datetime) -> None:
    """Nothing is waited for any more: no promise, no answer to be dealt with."""
    request.status, request.ended_at = status, now
    request.promised_on = request.problem = None
