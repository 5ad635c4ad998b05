"""ATTENDEE lines (RFC 5545 §3.8.4.1)."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from coord_service.domain.itip.addresses import bare_address, is_mail_address
from coord_service.domain.itip.values import Attendee, Cutype, PartStat, Role
from integrations.itip.lines import Component, Line
from integrations.itip.moments import Zones, read_value

MOST_PEOPLE = 1_000
LONGEST_TEXT = 4_000
NAMED = {
    *("CN", "ROLE", "PARTSTAT", "RSVP", "CUTYPE", "DELEGATED-TO", "DELEGATED-FROM", "MEMBER", "SENT-BY"),
    *("X-RESPONSE-COMMENT", "X-COORD-COMMENT", "X-COORD-SEQUENCE", "X-COORD-DTSTAMP"),
}
Token = TypeVar("Token", bound=StrEnum)


def read_people(event: Component, zones: Zones) -> tuple[Attendee, ...]:
    """The attendees, at most a thousand of them; COMMENT belongs to the one who answers alone (RFC 5546 §3.2.3)."""
    return tuple(read_attendee(each, zones) for each in event.every("ATTENDEE")[:MOST_PEOPLE])


def each_once(people: Iterable[Attendee]) -> tuple[Attendee, ...]:
    """Everybody once, in their first place: a copy that names somebody twice means the line with an answer."""
    found: dict[str, Attendee] = {}
    for each in people:
        known = found.get(each.address)
        if known is None or (known.answered_sequence is None and each.answered_sequence is not None):
            found[each.address] = each
    return tuple(found.values())


def read_attendee(line: Line, zones: Zones) -> Attendee:
    """One attendee. An unknown token is what RFC 5545 says it counts as."""
    address = bare_address(line.value)
    if not is_mail_address(address) and line.parameter("EMAIL"):
        address = bare_address(line.parameter("EMAIL"))  # Apple's server writes a path and adds EMAIL
    sequence, stamp = line.parameter("X-COORD-SEQUENCE"), line.parameter("X-COORD-DTSTAMP")
    answered = read_value(stamp, "", zones, "X-COORD-DTSTAMP") if stamp else None
    return Attendee(
        address=address,
        name=line.parameter("CN")[:LONGEST_TEXT],
        role=_token(Role, line.parameter("ROLE"), Role.REQUIRED),
        partstat=_token(PartStat, line.parameter("PARTSTAT"), PartStat.NEEDS_ACTION),
        rsvp=line.parameter("RSVP").upper() != "FALSE",
        cutype=_token(Cutype, line.parameter("CUTYPE"), Cutype.INDIVIDUAL),
        delegated_to=_addresses(line, "DELEGATED-TO"),
        delegated_from=_addresses(line, "DELEGATED-FROM"),
        member=_addresses(line, "MEMBER"),
        sent_by=bare_address(line.parameter("SENT-BY")),
        comment=(line.parameter("X-COORD-COMMENT") or line.parameter("X-RESPONSE-COMMENT"))[:LONGEST_TEXT],
        answered_sequence=int(sequence) if sequence.isdigit() and len(sequence) < 19 else None,
        answered_dtstamp=answered if isinstance(answered, datetime) else None,
        extras=tuple((name, line.parameter(name)) for name in line.parameters if _is_kept(name)),
    )


def _is_kept(name: str) -> bool:
    return name != "" and name not in NAMED and not name.startswith("X-COORD-")


def _addresses(line: Line, name: str) -> tuple[str, ...]:
    if name not in line.parameters:
        return ()
    return tuple(dict.fromkeys(found for each in line.parameter_list(name)[:50] if (found := bare_address(each))))


def _token(kind: type[Token], text: str, otherwise: Token) -> Token:
    try:
        return kind(text.upper()) if text else otherwise
    except ValueError:
        return otherwise
