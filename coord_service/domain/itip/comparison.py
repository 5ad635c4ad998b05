"""What counts as a change between two states of one VEVENT (RFC 5546 §2.1.4; DESIGN §5 ``diff``)."""

from coord_service.domain.itip.rules import instant, until_in_utc
from coord_service.domain.itip.values import Event, Status, When
from coord_service.domain.itip.views import lines_for_readers

# Bookkeeping of whoever wrote the copy: no reader sees a difference.
UNSEEN = ("CREATED", "LAST-MODIFIED", "X-COORD-")


def asks_again(old: Event, new: Event) -> bool:
    """Whether everybody must answer afresh: another time, another recurrence, or a meeting that is on again."""
    revived = old.status is Status.CANCELLED and new.status is not Status.CANCELLED
    return revived or _time(old) != _time(new)


def is_significant(old: Event, new: Event) -> bool:
    """Whether SEQUENCE must rise: time, recurrence or status."""
    return old.status is not new.status or _time(old) != _time(new)


def shows_change(old: Event, new: Event, address: str) -> bool:
    """Whether this reader's message would differ in anything but the answers; the order of lines doesn't count."""
    return is_significant(old, new) or _text(old, address) != _text(new, address)


def same_recurrence(old: Event, new: Event) -> bool:
    """Whether both happen on dates of the same pattern, whenever that begins."""
    return _rule_parts(old) == _rule_parts(new) and bool(old.rdates) == bool(new.rdates)


def _time(event: Event) -> tuple[object, ...]:
    zone = _zone(event.start) if event.is_series else ""
    return (
        instant(event.start),
        instant(event.end),
        zone,
        _rule_parts(event),
        frozenset(map(instant, event.rdates)),
        frozenset(map(instant, event.exdates)),
    )


def _zone(when: When) -> str:
    return str(getattr(when, "tzinfo", None))


def _rule_parts(event: Event) -> frozenset[str]:
    rule = until_in_utc(event.rrule.upper(), event.start)
    parts = {_in_order(each) for each in rule.split(";") if each}
    return frozenset(parts - {"INTERVAL=1", "WKST=MO"})


def _in_order(part: str) -> str:
    name, _, values = part.partition("=")
    return f"{name}={','.join(sorted(values.split(',')))}"


def _text(event: Event, address: str) -> tuple[object, ...]:
    person = event.attendee(address)
    return (
        event.summary,
        event.description,
        event.location,
        event.url,
        event.classification,
        event.transparency,
        event.organizer,
        sorted(each for each in lines_for_readers(event.extras) if not each.startswith(UNSEEN)),
        person and (person.role, person.cutype, sorted(person.delegated_from)),
    )
