"""calendarView/delta: rounds of pages over a span of time, and tokens that nobody can read."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from secrets import token_hex
from typing import Any

from tests.servers.graph.mailboxes import Mailbox, write_wall
from tests.servers.graph.refusing import Refusal, bad_request
from tests.servers.graph.views import event_json

REMOVED = {"reason": "deleted"}


@dataclass(frozen=True)
class State:
    """What a token stands for: the span, the count of changes that was told, and the items still to be told."""

    span: tuple[datetime, datetime]
    told: int
    waiting: tuple[dict[str, Any], ...] | None = None


@dataclass
class Deltas:
    """The tokens given out. ``page_size``: the most items of a page, whatever is asked for."""

    page_size: int = 1000
    states: dict[str, State] = field(default_factory=dict)

    def forget(self) -> None:
        """No token is good any longer."""
        self.states.clear()

    def page(self, mailbox: Mailbox, query: dict[str, str], prefer: str, zone: str) -> tuple[list[dict[str, Any]], str]:
        """A page, and the query of the link to what comes after it."""
        state = self._state(query)
        items = state.waiting
        told = state.told
        if items is None:
            items, told = _items(mailbox, state, zone), mailbox.latest
        size = min(self.page_size, _page_size(prefer))
        page, rest = items[:size], items[size:]
        token = token_hex(20)
        self.states[token] = State(state.span, told, rest or None)
        return list(page), f"${'skip' if rest else 'delta'}token={token}"

    def _state(self, query: dict[str, str]) -> State:
        if set(query) <= {"$deltatoken"} or set(query) <= {"$skiptoken"}:
            token = next(iter(query.values()), "")
            if not re.fullmatch("[0-9a-f]{40}", token):
                raise bad_request("BadRequest", "Badly formed token.")
            if token not in self.states:
                raise Refusal(410, "SyncStateNotFound")
            return self.states[token]
        if set(query) != {"startDateTime", "endDateTime"}:
            raise bad_request("ErrorInvalidUrlQuery", "The delta function takes startDateTime and endDateTime alone.")
        start, end = (datetime.fromisoformat(query[name]) for name in ("startDateTime", "endDateTime"))
        return State((start.astimezone(UTC), end.astimezone(UTC)), 0)


def _page_size(prefer: str) -> int:
    found = re.search(r"odata\.maxpagesize=(\d+)", prefer)
    return int(found[1]) if found else 10


def _items(mailbox: Mailbox, state: State, zone: str) -> tuple[dict[str, Any], ...]:
    """What changed: at first all that is in the span; then that, and as removed what was deleted or is outside it."""
    items = []
    for stored in mailbox.events.values():
        is_in = not stored.is_deleted and stored.start < state.span[1] and state.span[0] < stored.end
        if stored.changed > state.told and (is_in or state.told):
            whole = {"@odata.type": "#microsoft.graph.event", **event_json(mailbox, stored, zone)}
            items.append(
                whole if is_in else {"@odata.type": "#microsoft.graph.event", "id": stored.id, "@removed": REMOVED}
            )
    for own in mailbox.appointments:
        if own.changed > state.told:
            items += _appointment_items(mailbox, own.id, state, zone)
    return tuple(items)


def _appointment_items(mailbox: Mailbox, own_id: str, state: State, zone: str) -> list[dict[str, Any]]:
    own = next(each for each in mailbox.appointments if each.id == own_id)
    if own.is_deleted:
        return [{"id": own.id, "@removed": REMOVED}] if state.told else []
    times = list(mailbox.expand(own, *state.span))
    bare = [
        {"start": write_wall(each.start, zone), "end": write_wall(each.end, zone), "@odata.etag": 'W/"1"'}
        for each in times
        if each.start < state.span[1] and state.span[0] < each.end
    ]
    if own.event.rrule:
        return [
            {**each, "id": f"{own.id[:-1]}.{n}=", "type": "occurrence", "seriesMasterId": own.id}
            for n, each in enumerate(bare)
        ]
    subject, words = own.event.summary, own.event.description
    is_ours = own.event.organizer.address == mailbox.address
    more = {"id": own.id, "type": "singleInstance", "isOrganizer": is_ours, "subject": subject, "bodyPreview": words}
    return [{**each, **more, "attendees": [], "transactionId": None} for each in bare]
